// URLs taken apart: what fuzzing found, and the shapes that people type.
#include "wire/url.h"

#include <doctest/doctest.h>

using wsspec::wire::parse_url;

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
