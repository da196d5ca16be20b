// Seeded octets for masking keys and nonces: SplitMix64, the same on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "scenario/splitmix.h"

namespace wsspec::session {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return state_.next(); }
  template <std::size_t N>
  std::array<std::uint8_t, N> octets() {
    std::array<std::uint8_t, N> out{};
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < N; ++i) {
      if (i % 8 == 0) bits = next();
      out[i] = static_cast<std::uint8_t>(bits >> (8 * (i % 8)));
    }
    return out;
  }

 private:
  scenario::SplitMix64 state_;
};

/// FNV-1a: a seed from a name.
inline std::uint64_t seed_of(std::string_view name, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace wsspec::session
