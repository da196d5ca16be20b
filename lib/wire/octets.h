// The octet types that every layer speaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace wsspec::wire {

/// A read-only view of octets; never owns them.
using Octets = std::span<const std::uint8_t>;
using OctetVector = std::vector<std::uint8_t>;

inline Octets as_octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The octets as characters, unchecked: may hold anything. Never print it raw.
inline std::string_view as_chars(Octets octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

inline OctetVector to_vector(Octets octets) {
  return {octets.begin(), octets.end()};
}
inline OctetVector to_vector(std::string_view text) {
  return to_vector(as_octets(text));
}

}  // namespace wsspec::wire
