// UTF-8 from the ABNF of RFC 3629 section 4, as slow and obvious as possible: the nine kinds of
// characters are written down as the RFC writes them, and a text is read by crossing out the kinds
// that the next octet does not fit. It shares no idea with the validator's table of states.
#pragma once

#include <cstddef>
#include <optional>

#include "wire/octets.h"
#include "wire/utf8.h"

namespace wsspec::wire::test {

struct Range {
  std::uint8_t first, last;
};

struct Kind {
  std::size_t size;
  Range octets[4];
};

inline constexpr Range kTail{0x80, 0xbf};

inline constexpr Kind kAbnf[9] = {
    {1, {{0x00, 0x7f}}},                              // UTF8-1
    {2, {{0xc2, 0xdf}, kTail}},                       // UTF8-2
    {3, {{0xe0, 0xe0}, {0xa0, 0xbf}, kTail}},         // UTF8-3
    {3, {{0xe1, 0xec}, kTail, kTail}},                //
    {3, {{0xed, 0xed}, {0x80, 0x9f}, kTail}},         //
    {3, {{0xee, 0xef}, kTail, kTail}},                //
    {4, {{0xf0, 0xf0}, {0x90, 0xbf}, kTail, kTail}},  // UTF8-4
    {4, {{0xf1, 0xf3}, kTail, kTail, kTail}},         //
    {4, {{0xf4, 0xf4}, {0x80, 0x8f}, kTail, kTail}},  //
};

// Plain arrays and pointers: it is called some 10^8 times, also in debug and sanitizer builds.
inline std::optional<Utf8Fault> oracle(Octets text) {
  const std::uint8_t* const octets = text.data();
  const std::size_t length = text.size();
  std::size_t begin = 0;  // of the current character
  while (begin < length) {
    unsigned possible = 0x1ff;  // one bit a kind
    std::size_t size = 0;       // of the character, once it is whole
    for (std::size_t i = 0; size == 0; ++i) {
      if (begin + i == length) return Utf8Fault{length, true};
      const std::uint8_t octet = octets[begin + i];
      for (unsigned k = 0; k < 9; ++k) {
        if ((possible >> k & 1) == 0) continue;
        const Range range = kAbnf[k].octets[i];
        if (octet < range.first || octet > range.last) {
          possible &= ~(1U << k);
        } else if (kAbnf[k].size == i + 1) {
          size = kAbnf[k].size;
        }
      }
      if (possible == 0) return Utf8Fault{begin + i, false};
    }
    begin += size;
  }
  return std::nullopt;
}

inline bool same(const std::optional<Utf8Fault>& a, const std::optional<Utf8Fault>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->at == b->at && a->truncated == b->truncated);
}

}  // namespace wsspec::wire::test
