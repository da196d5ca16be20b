// The words beside the caret agree with the validator, for every short text.
#include "diagnose/utf8_fault.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "diagnose/origin.h"
#include "wire/utf8.h"

using namespace wsspec;

namespace {

std::string why(const wire::OctetVector& text) {
  const auto fault = wire::check_utf8(text);
  REQUIRE(fault);
  return diagnose::utf8_fault_reason(text, fault->at, fault->truncated);
}

std::string origin(std::string_view text) {
  return diagnose::known_signature(wire::as_octets(text));
}

}  // namespace

TEST_CASE("each rule of RFC 3629 has its clause") {
  CHECK(why({'a', 0xc0, 0xaf}) ==
        "0xC0 never occurs in UTF-8 (it could only begin an overlong form)");
  CHECK(why({0xf5}) ==
        "0xF5 never occurs in UTF-8 (it could only begin a character above U+10FFFF)");
  CHECK(why({0xff}) == "0xFF never occurs in UTF-8 (it is half of UTF-16's byte order mark)");
  CHECK(why({0xed, 0xa0, 0x80}) == "0xA0 after 0xED would make a surrogate (U+D800 to U+DFFF)");
  CHECK(why({0xe0, 0x80, 0x80}) == "0x80 after 0xE0 is an overlong form");
  CHECK(why({0xf0, 0x80, 0x80, 0x80}) == "0x80 after 0xF0 is an overlong form");
  CHECK(why({0xf4, 0x90, 0x80, 0x80}) == "0x90 after 0xF4 is above U+10FFFF");
  CHECK(why({0xc3, 0xa9, 0x80}) == "0x80 is a continuation octet without a beginning");
  CHECK(why({0xe2, 0x82, 0x28}) == "0x28 where a continuation octet (80 to BF) was due");
  CHECK(why({0xe2, 0x82}) == "the text ends inside a 3-octet character (2 octets are there)");
  CHECK(why({'a', 0xf0}) == "the text ends inside a 4-octet character (1 octet is there)");
}

TEST_CASE("a cut excerpt and an odd mark never mislead") {
  const wire::OctetVector cut = {0x82, 0x82, 0x28};
  CHECK(diagnose::utf8_fault_reason(cut, 1, false) == "0x82 does not fit what stands before it");
  CHECK(diagnose::utf8_fault_reason({}, 0, false) == "the text ends inside a character");
  CHECK(diagnose::utf8_fault_reason(cut, 99, true) == "the text ends inside a character");
}

TEST_CASE("all texts of up to four octets over the borders of the ranges are explained exactly") {
  constexpr std::uint8_t kOctets[] = {0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf,
                                      0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xff};
  constexpr std::size_t kCount = std::size(kOctets);
  for (std::size_t length = 1; length <= 4; ++length) {
    std::size_t total = 1;
    for (std::size_t i = 0; i < length; ++i) total *= kCount;
    for (std::size_t number = 0; number < total; ++number) {
      wire::OctetVector text;
      for (std::size_t i = 0, rest = number; i < length; ++i, rest /= kCount)
        text.push_back(kOctets[rest % kCount]);
      const auto fault = wire::check_utf8(text);
      if (!fault) continue;
      const auto words = diagnose::utf8_fault_reason(text, fault->at, fault->truncated);
      const bool vague = words.find("does not fit") != std::string::npos;
      const bool right = fault->truncated
                             ? words.find("octet character (") != std::string::npos
                             : words.starts_with(fmt::format("0x{:02X} ", text[fault->at]));
      if (vague || !right) FAIL(words);
    }
  }
}

TEST_CASE("well-known data is recognised") {
  CHECK(origin("\x1f\x8b\x08\x01xx") == "a gzip stream");
  CHECK(origin("\x78\x9c\x4b\x4c\x4a\x06") == "a zlib stream");
  CHECK(origin("\x28\xb5\x2f\xfd\x01\x02") == "a Zstandard stream");
  CHECK(origin("\x89PNG\r\n\x1a\n\x01\x01") == "a PNG image");
  CHECK(origin("\xff\xd8\xff\xe0\x01") == "a JPEG image");
  CHECK(origin("%PDF-1.7\n") == "a PDF document");
  CHECK(origin("PK\x03\x04\x14\x01") == "a ZIP archive");
  CHECK(origin("\xff\xfeh\x01i\x01") == "text in UTF-16LE (byte order mark)");
}

TEST_CASE("good text and hand-made faults are not mistaken for anything") {
  CHECK(origin("").empty());
  CHECK(origin("caf\xc3\xa9").empty());
  CHECK(origin("Hello \xc0\xaf!").empty());
  CHECK(origin("\xc0\xaf").empty());
  CHECK(origin("\xed\xa0\x80").empty());
  CHECK(origin("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80").empty());
  CHECK(origin("\xff\xfe").empty());
}
