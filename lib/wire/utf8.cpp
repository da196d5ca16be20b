// A DFA over octets with eight states, one table look-up an octet, decides; before it goes a faster
// look at whole characters, which passes over those that are certainly good and stops in front of
// anything else: a fault, or the end of the piece.
//
// A state says which octets may come next; that is all RFC 3629's table 4 needs:
//
//   0  a lead octet                       4  a0-bf, then one tail   (after e0: no overlong form)
//   1  one tail octet (80-bf)             5  80-9f, then one tail   (after ed: no surrogate)
//   2  two tail octets                    6  90-bf, then two tails  (after f0: no overlong form)
//   3  three tail octets (after f1-f3)    7  80-8f, then two tails  (after f4: <= U+10FFFF)
//
// An octet that a state does not allow is the first one that proves the text ill-formed, because
// every prefix that the DFA accepts can still become a character. That is the end of Unicode's
// "maximal subpart" and so the same octet however the text was cut into pieces.
#include "wire/utf8.h"

#include <array>
#include <bit>
#include <cstring>

namespace wsspec::wire {
namespace {

constexpr std::uint8_t kBad = 0xff;

/// Plain arrays: in a debug build std::array would make two calls of each look-up.
struct Table {
  std::uint8_t next[8][256];
};

constexpr Table make_table() {
  Table table{};
  for (auto& row : table.next) {
    for (std::uint8_t& next : row) next = kBad;
  }
  const auto allow = [&table](int state, unsigned first, unsigned last, std::uint8_t next) {
    for (unsigned octet = first; octet <= last; ++octet) table.next[state][octet] = next;
  };
  allow(0, 0x00, 0x7f, 0);
  allow(0, 0xc2, 0xdf, 1);  // c0 and c1 could only begin overlong forms
  allow(0, 0xe0, 0xe0, 4);
  allow(0, 0xe1, 0xec, 2);
  allow(0, 0xed, 0xed, 5);
  allow(0, 0xee, 0xef, 2);
  allow(0, 0xf0, 0xf0, 6);
  allow(0, 0xf1, 0xf3, 3);
  allow(0, 0xf4, 0xf4, 7);  // f5 and above could only begin characters beyond U+10FFFF
  allow(1, 0x80, 0xbf, 0);
  allow(2, 0x80, 0xbf, 1);
  allow(3, 0x80, 0xbf, 2);
  allow(4, 0xa0, 0xbf, 1);
  allow(5, 0x80, 0x9f, 1);
  allow(6, 0x90, 0xbf, 2);
  allow(7, 0x80, 0x8f, 2);
  return table;
}

constexpr Table kTable = make_table();

constexpr std::size_t kBlock = 32;
constexpr std::uint64_t kTopBits = 0x8080808080808080U;

/// True when none of 32 octets has its top bit set. Four words joined before the test, so that a
/// compiler can make two SSE2 or one AVX2 operation of it without any intrinsic here.
bool ascii_block(const std::uint8_t* octets) {
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), octets, sizeof words);
  return ((words[0] | words[1] | words[2] | words[3]) & kTopBits) == 0;
}

/// The length of the good character of 2 to 4 octets at `c`, of which four may be read; else 0.
std::size_t good_character(const std::uint8_t* c) {
  const std::uint32_t word = std::uint32_t{c[0]} << 24 | std::uint32_t{c[1]} << 16 |
                             std::uint32_t{c[2]} << 8 | std::uint32_t{c[3]};
  if ((word & 0xe0c00000) == 0xc0800000) return word >= 0xc2000000 ? 2 : 0;
  if ((word & 0xf0c0c000) == 0xe0808000) {
    const std::uint32_t upper = word & 0x0f200000;  // 0: an overlong form; d and 1: a surrogate
    return upper != 0 && upper != 0x0d200000 ? 3 : 0;
  }
  const bool four = (word & 0xf8c0c0c0) == 0xf0808080;
  return four && word - 0xf0900000 <= 0xf48fffff - 0xf0900000 ? 4 : 0;
}

/// From a character's first octet at `at` to that of the first one that is not certainly good, or
/// that is too near the end to look at in blocks.
std::size_t pass_over(const std::uint8_t* data, std::size_t at, std::size_t size) {
  while (size - at >= kBlock) {
    if (ascii_block(data + at)) {
      at += kBlock;
      continue;
    }
    std::uint64_t word;
    std::memcpy(&word, data + at, sizeof word);
    word &= kTopBits;
    if (word == 0) {
      at += sizeof word;
      continue;
    }
    const int bits = std::endian::native == std::endian::little ? std::countr_zero(word)
                                                                : std::countl_zero(word);
    at += static_cast<std::size_t>(bits) / 8;
    do {
      const std::size_t length = good_character(data + at);
      if (length == 0) return at;
      at += length;
    } while (size - at >= 4 && data[at] >= 0x80);
  }
  return at;
}

}  // namespace

std::optional<std::size_t> Utf8Validator::feed(Octets chunk) {
  if (faulty()) return std::nullopt;
  const std::uint8_t* const data = chunk.data();
  const std::size_t size = chunk.size();
  std::uint8_t state = state_;
  std::size_t at = 0;
  while (at < size) {
    if (state == 0) at = pass_over(data, at, size);
    // What it stopped at, or the rest of a character that an earlier piece began.
    while (at < size) {
      state = kTable.next[state][data[at]];
      if (state == kBad) {
        state_ = kFaulty;
        return at;
      }
      ++at;
      if (state == 0 && size - at >= kBlock) break;
    }
  }
  state_ = state;
  return std::nullopt;
}

std::optional<Utf8Fault> check_utf8(Octets text) {
  Utf8Validator validator;
  if (const auto at = validator.feed(text)) return Utf8Fault{*at, false};
  if (!validator.complete()) return Utf8Fault{text.size(), true};
  return std::nullopt;
}

}  // namespace wsspec::wire
