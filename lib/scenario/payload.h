// Payloads as chunk sources: a tree that says how octets come about, and a reader that makes them
// piece by piece, so that 16 MiB (or a burst of a million messages) never stand in one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/octets.h"

namespace wsspec::scenario {

/// One pass over a payload's octets.
class PayloadReader {
 public:
  virtual ~PayloadReader() = default;
  /// Fills `out` and returns how many octets it wrote; less than out.size() only at the end, 0 =
  /// the end.
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;
};

/// The recipe. Cheap to copy (shared, immutable).
class Payload {
 public:
  Payload();  ///< empty
  static Payload octets(wire::OctetVector octets);
  static Payload text(std::string_view text);
  static Payload repeat(Payload of, std::uint64_t times);
  /// The first `length` octets of `of` repeated for ever. `of` must not be empty.
  static Payload cycle(Payload of, std::uint64_t length);
  static Payload concat(std::vector<Payload> parts);
  /// Seeded octets: the same on every machine, any length.
  static Payload random(std::uint64_t length, std::uint64_t seed);
  /// Every code point from `first` to `last` once, in order, as UTF-8; surrogates are left out.
  static Payload code_points(std::uint32_t first, std::uint32_t last);
  /// One octet of `of` flipped, dropped, inserted or swapped with its neighbour, by the seed.
  /// Built whole: `of` may have at most kMaxBuilt octets.
  static Payload mutate(const Payload& of, std::uint64_t seed);
  /// A gzip / zlib stream of `of` at level 6, built whole (at most kMaxBuilt octets in).
  static Payload gzip(const Payload& of);
  static Payload zlib(const Payload& of);

  /// `of` as the inside of a JSON string: quotes, backslashes and controls below 20 are escaped,
  /// all other octets (UTF-8 or not) stay as they are. Its length is counted by one pass.
  static Payload json_escaped(const Payload& of);

  /// Masked frames of a client, lawful ones and bad ones mixed (random_frames.h).
  static Payload frames(std::uint64_t count, std::uint64_t seed);
  static constexpr std::uint64_t kMaxFrames = 10000;

  static constexpr std::uint64_t kMaxBuilt = 16u << 20;
  static constexpr std::uint32_t kMaxCodePoint = 0x10ffff;

  std::uint64_t length() const;
  std::unique_ptr<PayloadReader> open() const;
  /// The first octets, at most `limit`.
  wire::OctetVector head(std::size_t limit) const;

  struct Node;

 private:
  explicit Payload(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

}  // namespace wsspec::scenario
