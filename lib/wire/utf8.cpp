// A DFA over octets with eight states, one table look-up an octet, decides; before it goes a faster
// look at whole characters, which passes over those that are certainly good and stops in front of
// anything else: a fault, or the end of the piece. Where the processor has SSSE3, a still faster
// look at 64 octets goes before that one.
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

#include "wire/utf8_fault.h"

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

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
std::size_t pass_over_portable(const std::uint8_t* data, std::size_t at, std::size_t size) {
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

#if defined(__x86_64__)

// Sixteen octets at a time, after J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
// Instruction Per Byte" (2021). What is wrong with two octets in a row is a set of eight kinds.
// Three tables of sixteen say which kinds are possible given the first octet's upper and lower half
// and the second's upper half; what all three have is an error. Only whether a third or fourth
// octet is due needs more than two in a row.
namespace simd {

constexpr char kTooShort = 1 << 0;   // a first octet, then no continuation
constexpr char kTooLong = 1 << 1;    // ASCII, then a continuation
constexpr char kOverlong3 = 1 << 2;  // e0 80 to 9f
constexpr char kTooLarge = 1 << 3;   // f4 90 and above
constexpr char kSurrogate = 1 << 4;  // ed a0 to bf
constexpr char kOverlong2 = 1 << 5;  // c0, c1
constexpr char kOverlong4 = 1 << 6;  // f0 80 to 8f; f5 and above with 80 to 8f
constexpr char kTwoMore =
    static_cast<char>(1 << 7);  // two continuations: good where a third is due
constexpr char kAny = kTooShort | kTooLong | kTwoMore;
constexpr char kAbove = kAny | kTooLarge | kOverlong4;
constexpr char kAlike = kTooLong | kOverlong2 | kTwoMore;

__attribute__((target("ssse3"))) __m128i errors(__m128i now, __m128i before) {
  const __m128i half = _mm_set1_epi8(0x0f);
  const auto upper = [&](__m128i octets) __attribute__((target("ssse3"))) {
    return _mm_and_si128(_mm_srli_epi16(octets, 4), half);
  };
  const __m128i one = _mm_alignr_epi8(now, before, 15);
  const __m128i first_upper = _mm_shuffle_epi8(
      _mm_setr_epi8(kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong,
                    kTwoMore, kTwoMore, kTwoMore, kTwoMore, kTooShort | kOverlong2, kTooShort,
                    kTooShort | kOverlong3 | kSurrogate, kTooShort | kTooLarge | kOverlong4),
      upper(one));
  const __m128i first_lower = _mm_shuffle_epi8(
      _mm_setr_epi8(kAny | kOverlong3 | kOverlong2 | kOverlong4, kAny | kOverlong2, kAny, kAny,
                    kAny | kTooLarge, kAbove, kAbove, kAbove, kAbove, kAbove, kAbove, kAbove,
                    kAbove, kAbove | kSurrogate, kAbove, kAbove),
      _mm_and_si128(one, half));
  const __m128i second_upper = _mm_shuffle_epi8(
      _mm_setr_epi8(kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort,
                    kTooShort, kAlike | kOverlong3 | kOverlong4, kAlike | kOverlong3 | kTooLarge,
                    kAlike | kSurrogate | kTooLarge, kAlike | kSurrogate | kTooLarge, kTooShort,
                    kTooShort, kTooShort, kTooShort),
      upper(now));
  const __m128i pairs = _mm_and_si128(_mm_and_si128(first_upper, first_lower), second_upper);
  // The top bit where e0 to ff stood two octets before, or f0 to ff three: a continuation is due.
  const __m128i third = _mm_subs_epu8(_mm_alignr_epi8(now, before, 14), _mm_set1_epi8(0x60));
  const __m128i fourth = _mm_subs_epu8(_mm_alignr_epi8(now, before, 13), _mm_set1_epi8(0x70));
  const __m128i due = _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8(kTwoMore));
  return _mm_xor_si128(due, pairs);
}

/// As pass_over_portable().
__attribute__((target("ssse3"))) std::size_t pass_over(const std::uint8_t* data, std::size_t begin,
                                                       std::size_t size) {
  constexpr std::size_t kStep = 16;
  const auto load = [](const std::uint8_t* octets) __attribute__((target("ssse3"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(octets));
  };
  __m128i before = _mm_setzero_si128();
  std::size_t at = begin;
  for (; size - at >= 4 * kStep; at += 4 * kStep) {
    const __m128i a = load(data + at), b = load(data + at + kStep), c = load(data + at + 2 * kStep),
                  d = load(data + at + 3 * kStep);
    const __m128i all = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
    if (_mm_movemask_epi8(_mm_or_si128(all, before)) != 0) {
      const __m128i wrong = _mm_or_si128(_mm_or_si128(errors(a, before), errors(b, a)),
                                         _mm_or_si128(errors(c, b), errors(d, c)));
      if (_mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) != 0xffff) break;
    }
    before = d;
  }
  // The last character may go on behind the blocks that were looked at.
  for (std::size_t back = 1; back <= 3 && back <= at - begin; ++back) {
    const std::uint8_t octet = data[at - back];
    if ((octet & 0xc0) == 0x80) continue;
    const std::size_t length = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    return length > back ? at - back : at;
  }
  return at;
}

}  // namespace simd

std::size_t pass_over(const std::uint8_t* data, std::size_t at, std::size_t size) {
  static const bool fast = __builtin_cpu_supports("ssse3") != 0;
  // Where it stops at once there is a fault near: the slower one goes closer to it.
  const std::size_t reached = fast ? simd::pass_over(data, at, size) : at;
  return pass_over_portable(data, reached, size);
}

#else

std::size_t pass_over(const std::uint8_t* data, std::size_t at, std::size_t size) {
  return pass_over_portable(data, at, size);
}

#endif

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

std::size_t Utf8FaultCounter::feed(Octets chunk) {
  std::size_t count = 0;
  std::uint8_t state = state_;
  for (const std::uint8_t octet : chunk) {
    std::uint8_t next = kTable.next[state][octet];
    if (next == kBad) {
      if (state != 0) ++count;  // the begun character; this octet may begin another
      next = kTable.next[0][octet];
      if (next == kBad) {
        ++count;
        next = 0;
      }
    }
    state = next;
  }
  state_ = state;
  return count;
}

std::optional<Utf8Fault> check_utf8(Octets text) {
  Utf8Validator validator;
  if (const auto at = validator.feed(text)) return Utf8Fault{*at, false};
  if (!validator.complete()) return Utf8Fault{text.size(), true};
  return std::nullopt;
}

}  // namespace wsspec::wire
