// Hex, base64 and JSON strings: what they mean, and where they are wrong.
#include "payload/forms.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace wsspec;
using namespace wsspec::payload;

namespace {

/// In pieces of every size, which must not matter. "?OFFSET" where it is wrong.
std::string read(Form form, std::string_view text) {
  std::string first;
  for (std::size_t size = 1; size <= text.size() + 1; ++size) {
    FormReader reader(form);
    wire::OctetVector out;
    std::optional<FormProblem> wrong;
    for (std::size_t at = 0; at < text.size() && !wrong; at += size)
      wrong = reader.feed(wire::as_octets(text.substr(at, size)), out);
    if (!wrong) wrong = reader.finish(out);
    const std::string got =
        wrong ? "?" + std::to_string(wrong->offset) : std::string(wire::as_chars(out));
    if (size == 1) first = got;
    CHECK(got == first);
  }
  return first;
}

}  // namespace

TEST_CASE("forms: hex as people write it") {
  for (const char* text : {"616263", "61 62 63", "61:62:63", "0x61,0x62, 0x63", "\\x61\\x62\\x63",
                           "61\n62\r\n63\n", "0X61 0x6263"})
    CHECK(read(Form::hex, text) == "abc");
  CHECK(read(Form::hex, "").empty());
  CHECK(read(Form::hex, "0x00FF") == std::string("\0\xff", 2));
}

TEST_CASE("forms: what is no hex, and where") {
  CHECK(read(Form::hex, "61 6g") == "?4");
  CHECK(read(Form::hex, "6 1") == "?1");
  CHECK(read(Form::hex, "616") == "?3");
  CHECK(read(Form::hex, "x61") == "?0");
  CHECK(read(Form::hex, "1x61") == "?1");
  CHECK(read(Form::hex, "61\\") == "?3");
  CHECK(read(Form::hex, "\xff") == "?0");
}

TEST_CASE("forms: base64 in both alphabets, with and without padding") {
  CHECK(read(Form::base64, "YWJj") == "abc");
  CHECK(read(Form::base64, "YWI=\n") == "ab");
  CHECK(read(Form::base64, "YQ==") == "a");
  CHECK(read(Form::base64, "YQ") == "a");
  CHECK(read(Form::base64, "+/8=") == read(Form::base64, "-_8"));
  CHECK(read(Form::base64, "Y W\nJ j") == "abc");
}

TEST_CASE("forms: broken base64, and where") {
  CHECK(read(Form::base64, "YWJj!") == "?4");
  CHECK(read(Form::base64, "YWJjZ") == "?5");
  CHECK(read(Form::base64, "YQ=") == "?3");
  CHECK(read(Form::base64, "Y===") == "?1");
  CHECK(read(Form::base64, "YQ==YQ==") == "?4");
  CHECK(read(Form::base64, "====") == "?0");
  CHECK(read(Form::base64, "YQ===") == "?4");
}

TEST_CASE("forms: a JSON string, its escapes and raw octets") {
  CHECK(read(Form::json_string, " \"a\\n\\\"\\u00e9\\/\" \n") == "a\n\"\xc3\xa9/");
  CHECK(read(Form::json_string, "\"\\ud83d\\ude00\"") == "\xf0\x9f\x98\x80");
  CHECK(read(Form::json_string, "\"\\ud83dx\\ude00\"") == "\xed\xa0\xbdx\xed\xb8\x80");
  CHECK(read(Form::json_string, "\"\\ud83d\\ud83d\\ude00\"") == "\xed\xa0\xbd\xf0\x9f\x98\x80");
  CHECK(read(Form::json_string, "\"\\ud83d\\n\"") == "\xed\xa0\xbd\n");
  CHECK(read(Form::json_string, "\"\\u0000\"") == std::string(1, '\0'));
  CHECK(read(Form::json_string, "\"\xff\"") == "\xff");
}

TEST_CASE("forms: what is no JSON string, and where") {
  CHECK(read(Form::json_string, "") == "?0");
  CHECK(read(Form::json_string, "abc") == "?0");
  CHECK(read(Form::json_string, "\"abc") == "?4");
  CHECK(read(Form::json_string, "\"a\"b") == "?3");
  CHECK(read(Form::json_string, "\"\\x\"") == "?2");
  CHECK(read(Form::json_string, "\"\\u12g4\"") == "?5");
  CHECK(read(Form::json_string, "\"a\nb\"") == "?2");
}

TEST_CASE("forms: the place has a line and a column") {
  const auto wrong = decode(Form::hex, wire::as_octets("61\n62 zz"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().line == 2);
  CHECK(wrong.error().column == 4);
  CHECK(wrong.error().offset == 6);
}
