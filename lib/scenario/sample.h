// Stand-ins for files that people compress: made from a seed, the same on every machine, of a fixed
// length. The five have the lengths (and about the compressibility) of the data files that the
// Autobahn|Testsuite takes its messages of sections 12 and 13 from, none of which is copied here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/octets.h"

namespace wsspec::scenario {

/// What zlib at level 6 makes of them, whatever the seed; unit tests pin the ranges.
enum class SampleKind : std::uint8_t {
  json,    ///< 194056 octets: a list of records, all ASCII; 5.9 : 1
  bitmap,  ///< 263222 octets: a BMP of 512 x 512 grey pixels; 1.2 : 1
  prose,   ///< 222218 octets: lines of words, in Latin-1 (no UTF-8); 2.8 : 1
  html,    ///< 263647 octets, which are 263620 characters of UTF-8; 4.8 : 1
  pdf,     ///< 1042328 octets: packed streams, page and cross-reference tables; 1.1 : 1
};

std::optional<SampleKind> sample_kind(std::string_view name);
const std::vector<std::string>& sample_names();
std::uint64_t sample_length(SampleKind kind);
/// All of it; takes some milliseconds.
wire::OctetVector make_sample(SampleKind kind, std::uint64_t seed);

}  // namespace wsspec::scenario
