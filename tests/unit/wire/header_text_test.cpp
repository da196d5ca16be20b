#include "wire/header_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace wire = wsspec::wire;

TEST_CASE("lines end with CRLF or a bare LF, and the last one at the end of the text") {
  std::string_view text = "a\r\nb\n\r\nc\rd\n e";
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(wire::take_line(text));
  CHECK(lines == std::vector<std::string>{"a", "b", "", "c\rd", " e"});
  CHECK(wire::take_line(text).empty());
}

TEST_CASE("no header value holds a control character but tab") {
  CHECK_FALSE(wire::holds_control("a \t~\xC3\xA9"));
  for (const std::string bad : {"a\r", "\nb", "\x7f", "a\x01z"}) CHECK(wire::holds_control(bad));
  CHECK(wire::holds_control(std::string(1, '\0')));
}

TEST_CASE("the other case of letters is that of ASCII alone") {
  CHECK(wire::other_case("aZ-09@[`{") == "Az-09@[`{");
  CHECK(wire::other_case("\xC3\xA9\xC3\x89") == "\xC3\xA9\xC3\x89");
}
