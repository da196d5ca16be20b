// What of a server's octets and of a user's secrets may be shown.
#include "text/escape.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "wire/close_code.h"
#include "wire/utf8.h"

using namespace wsspec;
using namespace wsspec::text;

namespace {

/// Nothing in it can move a cursor, reorder a line or break an encoding.
bool displayable(const std::string& text) {
  if (wire::check_utf8(wire::as_octets(text))) return false;
  for (std::string_view rest = text; !rest.empty();) {
    const Character c = first_character(rest);
    if (!c.well_formed || c.code < 0x20 || (c.code >= 0x7f && c.code <= 0x9f)) return false;
    if (c.code >= 0x200b && c.code <= 0x200f) return false;
    if (c.code >= 0x2028 && c.code <= 0x202e) return false;
    if (c.code >= 0x2066 && c.code <= 0x2069) return false;
    rest.remove_prefix(c.size);
  }
  return true;
}

std::string random_octets(std::mt19937& random) {
  static constexpr std::string_view kSeeds[] = {
      "\xe2\x80\xae", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "abc", "\x1b[", "\xc2\x9b"};
  std::string out;
  for (unsigned i = static_cast<unsigned>(random() % 20); i > 0; --i) {
    if (random() % 3 == 0) out += kSeeds[random() % std::size(kSeeds)];
    out += static_cast<char>(random() & 0xff);
  }
  return out;
}

}  // namespace

TEST_CASE("printable keeps what a person can read") {
  CHECK(printable("bad frame", 99) == "bad frame");
  CHECK(printable("Grüße, κόσμε, 😀, \\x1b", 99) == "Grüße, κόσμε, 😀, \\x1b");
  CHECK(printable("", 99).empty());
}

TEST_CASE("printable escapes what moves the cursor, hides or is no UTF-8") {
  CHECK(printable("a\x1b[2Jb\r\n\t", 99) == "a\\x1B[2Jb\\x0D\\x0A\\x09");
  CHECK(printable(std::string_view("\0\x7f", 2), 99) == "\\x00\\x7F");
  CHECK(printable("\xc2\x9b"
                  "31m",
                  99) == "\\u{009B}31m");  // C1 CSI
  CHECK(printable("\xe2\x80\xaegnp.exe", 99) == "\\u{202E}gnp.exe");
  CHECK(printable("a\xe2\x80\x8b"
                  "b\xef\xbb\xbf",
                  99) == "a\\u{200B}b\\u{FEFF}");
  CHECK(printable("\xf3\xa0\x81\x81", 99) == "\\u{E0041}");  // a tag character
  CHECK(printable("\xef\xbf\xbf", 99) == "\\u{FFFF}");
  CHECK(printable("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xce", 99) ==
        "\\xC0\\xAF\\xED\\xA0\\x80\\xF4\\x90\\x80\\x80\\xCE");
}

TEST_CASE("printable is bounded and cuts between characters") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdef", 5) == "abcde… (6 octets)");
  CHECK(printable("a😀b", 3) == "a… (6 octets)");
  CHECK(printable("abc", 0) == "… (3 octets)");
}

TEST_CASE("printable of anything is displayable, bounded, and stable when repeated") {
  std::mt19937 random(20250101);
  for (int i = 0; i < 20000; ++i) {
    const std::string raw = random_octets(random);
    const std::string shown = printable(raw, 1000);
    REQUIRE(displayable(shown));
    REQUIRE(printable(shown, 10000) == shown);
    REQUIRE(printable(raw, 8).size() <= 8 * 4 + 30);
  }
}

TEST_CASE("first_character agrees with the wire layer's validator on every short text") {
  // All texts of up to two octets, and all three- and four-octet ones over the octets at the
  // borders of RFC 3629's ranges.
  const auto agrees = [](std::string_view text) {
    bool good = true;
    for (std::string_view rest = text; good && !rest.empty();) {
      const Character c = first_character(rest);
      good = c.well_formed;
      rest.remove_prefix(c.size);
    }
    return good == !wire::check_utf8(wire::as_octets(text)).has_value();
  };
  for (int a = 0; a < 256; ++a) {
    const char one[] = {static_cast<char>(a)};
    REQUIRE(agrees({one, 1}));
    for (int b = 0; b < 256; ++b) {
      const char two[] = {static_cast<char>(a), static_cast<char>(b)};
      REQUIRE(agrees({two, 2}));
    }
  }
  const int edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                       0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
  for (int a : edges)
    for (int b : edges)
      for (int c : edges)
        for (int d : edges) {
          const char four[] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                               static_cast<char>(d)};
          REQUIRE(agrees({four, 4}));
          REQUIRE(agrees({four, 3}));
        }
}

TEST_CASE("json_text escapes what acts or hides, and keeps every value") {
  CHECK(json_text("{\"a\": \"κ €\"}") == "{\"a\": \"κ €\"}");
  CHECK(json_text("\"\xc2\x9b\xe2\x80\xae\x7f\xf3\xa0\x81\x81\"") ==
        "\"\\u009b\\u202e\\u007f\\udb40\\udc41\"");
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    const nlohmann::json value = well_formed(random_octets(random));
    const std::string text = json_text(value.dump());
    CHECK(displayable(text));
    CHECK(nlohmann::json::parse(text) == value);
  }
}

TEST_CASE("well_formed replaces ill-formed octets only") {
  CHECK(well_formed("a\x1b\n\xc0z") == "a\x1b\n\\xC0z");
  CHECK(well_formed("κ\xe2\x80\xae") == "κ\xe2\x80\xae");
}

TEST_CASE("xml escapes markup and what XML 1.0 cannot hold") {
  CHECK(xml("<a b=\"c\">&]]>") == "&lt;a b=&quot;c&quot;&gt;&amp;]]&gt;");
  CHECK(xml(std::string_view("\0\x1b\xff\xef\xbf\xbe", 6)) == "\\x00\\x1B\\xFF\\u{FFFE}");
  CHECK(xml("a\n\tb\r") == "a&#10;&#9;b\\x0D");
}

TEST_CASE("hex shows octets and says how many there are") {
  CHECK(hex(wire::as_octets("\xc0\xaf"), 16) == "c0 af");
  CHECK(hex(wire::as_octets("abc"), 2) == "61 62 … (3 octets)");
  CHECK(hex({}, 2).empty());
  CHECK(hex(wire::as_octets("a"), 0) == "… (1 octets)");
}

TEST_CASE("close codes have the registry's names, and only some may travel") {
  CHECK(std::string(wire::close_code_name(1007)) == "invalid frame payload data");
  CHECK(std::string(wire::close_code_name(3008)) == "timeout");
  CHECK(std::string(wire::close_code_name(3001)) == "registered for libraries");
  CHECK(std::string(wire::close_code_name(4001)) == "private use");
  CHECK(std::string(wire::close_code_name(2999)) == "unassigned");
  for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1014, 3000, 3999, 4000, 4999})
    CHECK_MESSAGE(wire::may_travel(code), code);
  for (int code : {-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
    CHECK_MESSAGE(!wire::may_travel(code), code);
  for (int code = -5; code < 70000; ++code) REQUIRE(wire::close_code_name(code) != nullptr);
}
