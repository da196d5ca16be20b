// Patterns of scenario files: RE2's syntax, searched for in octets.
#include "scenario/pattern.h"

#include <doctest/doctest.h>

using namespace wsspec::scenario;

namespace {

bool found(const char* pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern);
  REQUIRE_MESSAGE(compiled, pattern);
  return compiled->found_in(text);
}

std::string refused(const std::string& pattern) {
  const auto compiled = Pattern::compile(pattern);
  return compiled ? "compiled" : compiled.error().reason;
}

}  // namespace

TEST_CASE("a pattern is searched for anywhere; ^ and $ are the ends of the whole text") {
  struct Row {
    const char* pattern;
    const char* text;
    bool found;
  };
  const Row rows[] = {
      {"b", "abc", true},
      {"^b", "abc", false},
      {"", "", true},
      {"^$", "", true},
      {"^$", "\n", false},
      {"a$", "a\n", false},
      {"^b", "a\nb", false},
      {"(?m)^b$", "a\nb\nc", true},
      {"a.b", "a\nb", false},
      {"(?s)a.b", "a\nb", true},
      {"a.b", "a\rb", true},
      {"a[^x]b", "a\nb", true},
      {"^\\d{2}\\/\\w+$", "42/a_b", true},
      {"\\x41\\t", "A\t", true},
      {"\\brate\\b", "the rate is", true},
      {"\\brate\\b", "separate", false},
      {"upgrade", "Upgrade", false},
      {"(?i)upgrade", "UpGrade", true},
      {"^permessage-deflate($|[^A-Za-z0-9_-])", "permessage-deflate; a", true},
      {"^permessage-deflate($|[^A-Za-z0-9_-])", "permessage-deflate-x", false},
      {"(^|[^\\r])\\n|\\r[^\\n]", "a\r\nb\r\n", false},
      {"(^|[^\\r])\\n|\\r[^\\n]", "a\r\nb\n", true},
      {"(^|[^\\r])\\n|\\r[^\\n]", "a\rb\r\n", true},
      {"^HTTP/1\\.1 101[ \\r]", "HTTP/1.1 101\r\n", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(found(row.pattern, row.text) == row.found);
  }
}

TEST_CASE("the text is octets: what is not UTF-8 is searched like any other, NUL too") {
  CHECK(found("^a.b$",
              "a\xff"
              "b"));
  CHECK(found("^a[^x]b$",
              "a\x80"
              "b"));
  CHECK(found("b$", std::string_view("a\0b", 3)));
  CHECK(found("\\xff", "a\xff"));
  CHECK(found("\xc3\xa9", "caf\xc3\xa9 au lait"));
  CHECK_FALSE(found("\xc3\xa9", "cafe"));
  CHECK(found("^..$", "\xc3\xa9"));
  CHECK_FALSE(found("^.$", "\xc3\xa9"));
  for (int octet = 0; octet < 256; ++octet) {
    if (octet == '\n') continue;
    const char text[] = {'a', static_cast<char>(octet), 'b'};
    CAPTURE(octet);
    CHECK(found("^a.b$", std::string_view(text, 3)));
  }
}

TEST_CASE("a pattern that RE2 cannot do is refused with its reason") {
  CHECK(refused("a(?!b)") == "invalid perl operator: (?!");
  CHECK(refused("a(?=b)") == "invalid perl operator: (?=");
  CHECK(refused("(?<=a)b") == "invalid perl operator: (?<");
  CHECK(refused("(a)\\1") == "invalid escape sequence: \\1");
  CHECK(refused("(a") == "missing ): (a");
  CHECK(refused("a{2000}") == "invalid repetition size: {2000}");
  CHECK(refused("(a{100}){100}") == "invalid repetition size: {100}");
  CHECK(refused("(" + std::string(200, 'a') + "){1000}") == "pattern too large - compile failed");
}

TEST_CASE("a text may be long, and a pattern that would take a backtracking engine for ever") {
  const std::string as(std::size_t{1} << 20, 'a');
  CHECK_FALSE(found("(a*)*b", as));
  CHECK_FALSE(found("(a|aa)+$b", as));
  CHECK(found("a{1000}$", as));
  CHECK_FALSE(found("b", as + "b"));  // beyond the first MiB
  CHECK(found("b", as.substr(1) + "b"));
}

TEST_CASE("a rule for a text says which half of it is broken") {
  TextRule rule;
  CHECK(rule.empty());
  CHECK_FALSE(rule.broken_by("a"));
  rule.matches = *Pattern::compile("a");
  rule.not_matches = *Pattern::compile("b");
  CHECK_FALSE(rule.empty());
  CHECK_FALSE(rule.broken_by("a"));
  REQUIRE(rule.broken_by("c"));
  CHECK_FALSE(rule.broken_by("c")->found);
  CHECK(rule.broken_by("c")->source == "a");
  REQUIRE(rule.broken_by("ab"));
  CHECK(rule.broken_by("ab")->found);
  CHECK(rule.broken_by("ab")->source == "b");
}
