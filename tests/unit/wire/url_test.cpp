// URLs taken apart: what fuzzing found, and the shapes that people type.
#include "wire/url.h"

#include <doctest/doctest.h>

#include <utility>

using wsspec::wire::parse_url;
using wsspec::wire::percent_decoded;
using wsspec::wire::strict_percent_decoded;

TEST_CASE("an address in brackets") {
  const auto url = parse_url("ws://[::1]:9001/path?a#b");
  REQUIRE(url);
  CHECK(url->host == "::1");
  CHECK(url->port == 9001);
  CHECK(url->target == "/path?a");
  CHECK(url->authority() == "[::1]:9001");
  CHECK(parse_url("wss://[fe80::1%eth0]/")->host == "fe80::1%eth0");
}

TEST_CASE("brackets hold an IPv6 address and stand nowhere else in a host") {
  for (const char* text : {"ws://[[]/", "ws://[]/", "ws://[host]/", "ws://[::1[]/", "ws://[::g]/",
                           "ws://a[b/", "ws://a]b/", "ws://[::1"}) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error() == "an IPv6 address stands in brackets: ws://[::1]:9001/");
  }
}

TEST_CASE("percent-escapes in both cases, once") {
  struct Row {
    const char *text, *plain;
  };
  for (const Row& row : {Row{"", ""},
                         {"abc", "abc"},
                         {"%41%7a%7A", "Azz"},
                         {"a%20b%", nullptr},
                         {"%4", nullptr},
                         {"%4g%g4", nullptr},
                         {"%2541", "%41"}}) {
    const char* text = row.text;
    const char* plain = row.plain;
    CAPTURE(text);
    CHECK(strict_percent_decoded(text) ==
          (plain ? std::optional<std::string>(plain) : std::nullopt));
    if (plain) CHECK(percent_decoded(text) == plain);
  }
  CHECK(strict_percent_decoded("%00") == std::string(1, '\0'));
}

TEST_CASE("a percent sign that begins no escape stays") {
  CHECK(percent_decoded("a%20b%") == "a b%");
  CHECK(percent_decoded("%4") == "%4");
  CHECK(percent_decoded("%4g%g4") == "%4g%g4");
  CHECK(percent_decoded("%%41") == "%A");
}
