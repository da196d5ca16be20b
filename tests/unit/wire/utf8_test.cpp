// The validator against the oracle of utf8_oracle.h: on every short input, at every split point,
// and around the block size of the ASCII path. tests/bench/utf8_exhaustive.cpp runs all 2^32 inputs
// of four octets; here the fourth octet takes one value of every class.
#include "wire/utf8.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "hex.h"
#include "utf8_oracle.h"

namespace wsspec::wire {
namespace {

using test::hex;
using test::oracle;
using test::same;

constexpr std::array<std::uint8_t, 24> kClasses{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                                0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                                0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};

/// Feeds the pieces one after the other; the fault's index counts from the start of the text.
std::optional<Utf8Fault> feed_cut(Octets text, std::span<const std::size_t> cuts) {
  Utf8Validator validator;
  std::optional<Utf8Fault> fault;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : text.size();
    if (const auto at = validator.feed(text.subspan(begin, end - begin))) {
      CHECK_FALSE(fault);
      fault = Utf8Fault{begin + *at, false};
    }
    begin = end;
  }
  CHECK(validator.faulty() == fault.has_value());
  if (!fault && !validator.complete()) fault = Utf8Fault{text.size(), true};
  return fault;
}

/// Counts instead of one CHECK an input: there are millions of them.
struct Mismatches {
  std::size_t count = 0;
  std::size_t inputs = 0;
  std::string first;

  void add(bool equal, Octets text) {
    ++inputs;
    if (equal || ++count > 1) return;
    for (const std::uint8_t octet : text) {
      char part[4];
      std::snprintf(part, sizeof part, "%02x ", octet);
      first += part;
    }
  }
};

/// What a validator that was fed all of `text` says, given the fault of its last feed.
std::optional<Utf8Fault> verdict(const Utf8Validator& validator,
                                 std::optional<std::size_t> fault_at, std::size_t size) {
  if (fault_at) return Utf8Fault{*fault_at, false};
  if (!validator.complete()) return Utf8Fault{size, true};
  return std::nullopt;
}

TEST_CASE("the proving octet is the one after Unicode's maximal subpart") {
  struct Row {
    const char* octets;
    std::size_t at;
  };
  for (const Row& row :
       {Row{"e0 80", 1}, Row{"c0", 0}, Row{"c0 af", 0}, Row{"c1 bf", 0}, Row{"ed a0", 1},
        Row{"ed a0 80", 1}, Row{"f4 90", 1}, Row{"f4 90 80 80", 1}, Row{"f5", 0}, Row{"80", 0},
        Row{"ff", 0}, Row{"f0 8f bf bf", 1}, Row{"e2 82 41", 2}, Row{"f0 9f 98 41", 3},
        Row{"41 c3 28", 2}, Row{"c3 c3 a9", 1}}) {
    CAPTURE(row.octets);
    const auto fault = check_utf8(hex(row.octets));
    REQUIRE(fault);
    CHECK(fault->at == row.at);
    CHECK_FALSE(fault->truncated);
  }
}

TEST_CASE("a text that ends inside a character is truncated, at its length") {
  for (const char* octets : {"c3", "e2", "e2 82", "f0", "f0 9f", "f0 9f 98", "41 42 ed 9f"}) {
    CAPTURE(octets);
    const auto fault = check_utf8(hex(octets));
    REQUIRE(fault);
    CHECK(fault->truncated);
    CHECK(fault->at == hex(octets).size());
  }
}

TEST_CASE("the borders of what is allowed are allowed") {
  for (const char* octets : {"", "00", "7f", "c2 80", "df bf", "e0 a0 80", "ed 9f bf", "ee 80 80",
                             "ef bf bf", "f0 90 80 80", "f4 8f bf bf", "ef bb bf", "ef bf be"}) {
    CAPTURE(octets);
    CHECK_FALSE(check_utf8(hex(octets)));
  }
}

TEST_CASE("a validator stays faulty, silently, until it is reset") {
  Utf8Validator validator;
  CHECK(validator.complete());
  CHECK(validator.feed(hex("41 ff")) == 1);
  CHECK(validator.faulty());
  CHECK_FALSE(validator.complete());
  CHECK_FALSE(validator.feed(hex("ff")));
  CHECK(validator.faulty());
  validator.reset();
  CHECK_FALSE(validator.faulty());
  CHECK(validator.complete());
  CHECK_FALSE(validator.feed(hex("c3")));
  CHECK_FALSE(validator.complete());
  CHECK_FALSE(validator.feed({}));
  CHECK_FALSE(validator.feed(hex("a9")));
  CHECK(validator.complete());
}

TEST_CASE("all inputs of one and two octets give the oracle's fault, whole and split") {
  Mismatches wrong;
  for (unsigned a = 0; a < 256; ++a) {
    const std::array<std::uint8_t, 1> one{static_cast<std::uint8_t>(a)};
    wrong.add(same(check_utf8(one), oracle(one)), one);
    for (unsigned b = 0; b < 256; ++b) {
      const std::array<std::uint8_t, 2> two{static_cast<std::uint8_t>(a),
                                            static_cast<std::uint8_t>(b)};
      const auto expected = oracle(two);
      wrong.add(same(check_utf8(two), expected), two);
      Utf8Validator validator;
      auto at = validator.feed(Octets(two).first(1));
      if (const auto second = validator.feed(Octets(two).last(1))) at = 1 + *second;
      wrong.add(same(verdict(validator, at, 2), expected), two);
    }
  }
  CHECK(wrong.inputs == 256 + 2 * 65536);
  CHECK_MESSAGE(wrong.count == 0, wrong.first);
}

TEST_CASE("all inputs of three octets, and four with a fourth of each class, give the oracle's") {
  // Prefixes are shared: the validator after `a b c` is copied for each fourth octet, which makes
  // the same check the one of a text fed octet by octet. All 24 classes follow where the fourth
  // octet is the third or fourth of a character. Elsewhere (after a fault, after a whole
  // character, after a lone lead octet) one class follows, chosen so that over all `a b` every
  // octet `c` meets every class; the full product is utf8_exhaustive.cpp's.
  Mismatches wrong;
  std::array<std::uint8_t, 4> text{};
  const Octets three = Octets(text).first(3);
  for (unsigned ab = 0; ab < 65536; ++ab) {
    text[0] = static_cast<std::uint8_t>(ab >> 8);
    text[1] = static_cast<std::uint8_t>(ab);
    Utf8Validator behind_two;
    const auto at_two = behind_two.feed(Octets(text).first(2));
    for (unsigned c = 0; c < 256; ++c) {
      text[2] = static_cast<std::uint8_t>(c);
      const auto expected = oracle(three);
      wrong.add(same(check_utf8(three), expected), three);
      Utf8Validator behind_three = behind_two;
      auto at = at_two;
      if (const auto last = behind_three.feed(three.subspan(2))) at = 2 + *last;
      wrong.add(same(verdict(behind_three, at, 3), expected), three);
      const bool lone_lead = text[2] >= 0xc0;
      if (at || behind_three.complete() || lone_lead) {
        text[3] = kClasses[(ab + c) % kClasses.size()];
        wrong.add(same(check_utf8(text), oracle(text)), text);
        continue;
      }
      for (const std::uint8_t d : kClasses) {
        text[3] = d;
        Utf8Validator behind_four = behind_three;
        const auto last = behind_four.feed(Octets(text).last(1));
        wrong.add(
            same(verdict(behind_four, last ? std::optional(3 + *last) : last, 4), oracle(text)),
            text);
      }
    }
  }
  CHECK(wrong.inputs > 2U * 256 * 256 * 256);
  CHECK_MESSAGE(wrong.count == 0, wrong.first);
}

TEST_CASE("the fault is the same at every pair of split points") {
  for (const char* octets :
       {"ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80 65 64 69 74 65 64",
        "ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65", "41 f0 9f 98 80 e2 82 ac c3 a9 42",
        "f0 9f 98 80 f0 9f 98", "c3 a9 e0 80 80", "41 42 43 44 c0 af", "f0 9f 98 80 80"}) {
    const OctetVector text = hex(octets);
    const auto expected = oracle(text);
    CAPTURE(octets);
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        CHECK(same(feed_cut(text, std::array{first, second}), expected));
      }
    }
  }
}

TEST_CASE("a fault in or after a run of ASCII is found at each offset from 0 to 200") {
  // Not only one octet: characters that begin in one block of the ASCII path and end in the next.
  for (const char* fault : {"ff", "80", "c0 af", "e0 80 80", "ed a0 80", "f4 90 80 80", "e2 82",
                            "f0 9f 98", "f0 9f 98 80", "c3 a9", "e2 82 ac"}) {
    for (std::size_t offset = 0; offset <= 200; ++offset) {
      for (const std::size_t after : {0U, 1U, 31U, 32U, 70U}) {
        OctetVector text(offset, 'a');
        const OctetVector octets = hex(fault);
        text.insert(text.end(), octets.begin(), octets.end());
        text.insert(text.end(), after, 'z');
        const bool equal = same(check_utf8(text), oracle(text));
        const bool cut_equal =
            same(feed_cut(text, std::array{offset / 2, offset, offset + 1}), oracle(text));
        if (!equal || !cut_equal) {
          FAIL_CHECK("wrong: " << fault << " at " << offset << " before " << after);
        }
      }
    }
  }
}

TEST_CASE("two octets of every class at each offset among characters of one to four octets") {
  // Long enough for the steps of 64 octets, and for characters across the borders between them.
  OctetVector text;
  for (int i = 0; text.size() < 150; ++i) {
    const OctetVector part =
        hex(std::array{"41", "c3 a9", "e2 82 ac", "f0 9f 98 80", "ed 9f bf", "f4 8f bf bf"}[i % 6]);
    text.insert(text.end(), part.begin(), part.end());
  }
  std::size_t wrong = 0;
  for (std::size_t offset = 0; offset + 1 < text.size(); ++offset) {
    for (const std::uint8_t first : kClasses) {
      for (const std::uint8_t second : kClasses) {
        OctetVector changed = text;
        changed[offset] = first;
        changed[offset + 1] = second;
        if (!same(check_utf8(changed), oracle(changed))) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("every character is good at every offset within the steps of the fast path") {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0x80; code <= 0x10ffff; code += code < 0x11000 ? 1 : 37) {
    if (code >= 0xd800 && code < 0xe000) continue;
    OctetVector text(code % 61, 'a');
    const auto put = [&](std::uint32_t octet) { text.push_back(static_cast<std::uint8_t>(octet)); };
    for (int i = 0; i < 40; ++i) {
      if (code < 0x800) {
        put(0xc0 | code >> 6);
      } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
      } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
      }
      put(0x80 | (code & 0x3f));
    }
    if (check_utf8(text)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("random texts of characters and noise, cut at random, give the oracle's fault") {
  std::mt19937 random(20240611);
  const std::array<OctetVector, 6> parts{hex("41"),          hex("c3 a9"),    hex("e2 82 ac"),
                                         hex("f0 9f 98 80"), hex("ef bf bf"), OctetVector(40, 'x')};
  for (int round = 0; round < 4000; ++round) {
    OctetVector text;
    const std::size_t count = random() % 60;
    for (std::size_t i = 0; i < count; ++i) {
      const OctetVector& part = parts[random() % parts.size()];
      text.insert(text.end(), part.begin(), part.end());
    }
    // Half of the rounds: one octet changed to anything, or the end cut off.
    if (!text.empty() && round % 2 == 0) {
      text[random() % text.size()] = static_cast<std::uint8_t>(random());
    }
    if (!text.empty() && round % 3 == 0) text.resize(random() % text.size());
    const auto expected = oracle(text);
    std::array<std::size_t, 3> cuts{};
    for (std::size_t& cut : cuts) cut = random() % (text.size() + 1);
    std::sort(cuts.begin(), cuts.end());
    const bool equal = same(check_utf8(text), expected) && same(feed_cut(text, cuts), expected);
    if (!equal) FAIL_CHECK("wrong in round " << round);
  }
}

}  // namespace
}  // namespace wsspec::wire
