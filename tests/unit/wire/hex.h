// Octets written as the RFCs write them.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "wire/octets.h"

namespace wsspec::wire::test {

/// "81 05 48" as octets; anything but hex digits only separates.
inline OctetVector hex(std::string_view text) {
  OctetVector out;
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) continue;
    digits += c;
    if (digits.size() < 2) continue;
    out.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return out;
}

inline OctetVector operator+(OctetVector a, const OctetVector& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace wsspec::wire::test
