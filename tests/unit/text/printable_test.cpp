// One border, one type: what show() makes of a text, and how each report renders it.
#include "text/printable.h"

#include <doctest/doctest.h>

#include "wire/utf8.h"

using namespace wsspec;
using text::Printable;
using text::show;

namespace {

text::Secrets with(std::string_view value) {
  text::Secrets secrets;
  secrets.add(value);
  return secrets;
}

}  // namespace

TEST_CASE("one text, three renderings") {
  const Printable text = show("a\x1b[2J<b>\xff\xe2\x80\xae", {});
  CHECK(text.for_terminal() == "a\\x1B[2J<b>\\xFF\\u{202E}");
  CHECK(text.for_json() == "a\x1b[2J<b>\\xFF\xe2\x80\xae");  // well-formed; JSON escapes the rest
  CHECK(text.for_xml() == "a\\x1B[2J&lt;b&gt;\\xFF\\u{202E}");
  CHECK(Printable::of_ours("not run").for_terminal() == "not run");
  CHECK(Printable().empty());
  CHECK(show("", {}).empty());
}

TEST_CASE("a secret is gone from every rendering, also where it is cut or needs escapes") {
  const std::string secret =
      "s3cr3t\"\x1b\xff"
      "token";
  const Printable text = show("token " + secret + " refused", with(secret));
  for (const std::string& shown : {text.for_terminal(), text.for_json(), text.for_xml()})
    CHECK(shown == "token *** refused");
  for (std::size_t limit = 0; limit < 30; ++limit) {
    const Printable cut = show("token " + secret + " refused", with(secret), limit);
    CHECK(cut.for_terminal(limit).find("s3cr") == std::string::npos);
  }
}

TEST_CASE("a longer text is cut between two characters, and says so") {
  const std::string text =
      "ab\xe2\x82\xac"
      "cd";  // a three-octet character
  for (std::size_t limit = 0; limit < text.size(); ++limit) {
    const std::string shown = show(text, {}, limit).for_json();
    CAPTURE(limit);
    CHECK(!wire::check_utf8(wire::as_octets(shown)));
    CHECK(shown.ends_with("… (7 octets)"));
    CHECK(shown.size() <= limit + std::string("… (7 octets)").size());
  }
  CHECK(show(text, {}, text.size()).for_json() == text);
  CHECK(show("0123456789", {}).for_terminal(4) == "0123… (10 octets)");
}

TEST_CASE("texts are ordered and compared as they are") {
  CHECK(show("a", {}) == Printable::of_ours("a"));
  CHECK(show("a", {}) < show("b", {}));
}
