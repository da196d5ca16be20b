// `--deflate`: the scenarios of the suites once more, with every message compressed (RFC 7692).
// Invalid text inside a compressed message must be refused like any other.
#pragma once

#include <vector>

#include "scenario/model.h"

namespace wsspec::scenario {

enum class DeflateMode : std::uint8_t {
  off,   ///< as the files say
  on,    ///< compressed where that keeps a scenario's meaning, else as the files say
  both,  ///< as the files say, and compressed as well
};

/// A compressed scenario is called as the other one with kCompressedSuffix, and tagged `deflate`.
/// Left as they are: those that compress by themselves, hold octets back (where the proof is would
/// no longer be known), speak of a policy, or send no text or binary message at all.
std::vector<Scenario> with_compressed(std::vector<Scenario> scenarios, DeflateMode mode);

inline constexpr const char* kCompressedSuffix = "+deflate";

}  // namespace wsspec::scenario
