// Globs, selection and hints.
#include <doctest/doctest.h>

#include <algorithm>

#include "scenario/select.h"

using namespace wsspec::scenario;

namespace {

// The obvious recursive definition, as the oracle.
bool slow_match(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p.substr(0, 2) == "**") {
    return slow_match(p.substr(2), t) || (!t.empty() && slow_match(p, t.substr(1)));
  }
  if (p[0] == '*') {
    return slow_match(p.substr(1), t) || (!t.empty() && t[0] != '/' && slow_match(p, t.substr(1)));
  }
  if (t.empty()) return false;
  return (p[0] == '?' ? t[0] != '/' : p[0] == t[0]) && slow_match(p.substr(1), t.substr(1));
}

Scenario scenario(std::string name, std::vector<std::string> tags = {}, Level level = Level::must) {
  Scenario out;
  out.name = std::move(name);
  out.tags = std::move(tags);
  out.level = level;
  return out;
}

}  // namespace

TEST_CASE("globs agree with the obvious definition on all short patterns and texts") {
  std::vector<std::string> patterns{""}, names{""};
  const auto grow = [](std::vector<std::string>& list, std::string_view letters, int rounds) {
    std::size_t from = 0;
    for (int i = 0; i < rounds; ++i) {
      const std::size_t to = list.size();
      for (; from < to; ++from) {
        for (const char c : letters) list.push_back(list[from] + c);
      }
    }
  };
  grow(patterns, "a/*?", 4);
  grow(names, "a/", 4);
  int wrong = 0;
  for (const std::string& pattern : patterns) {
    for (const std::string& name : names) {
      wrong += glob_match(pattern, name) != slow_match(pattern, name);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a hostile glob takes no exponential time") {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  CHECK(!glob_match(pattern, std::string(2000, 'b')));
}

TEST_CASE("selectors") {
  const Scenario a = scenario("utf8/overlong-slash", {"u-ov-02", "autobahn:6.4.1"});
  CHECK(selects("utf8", a));
  CHECK(selects("utf*", a));
  CHECK(!selects("utf", a));
  CHECK(selects("utf8/over*", a));
  CHECK(selects("utf8/**", a));
  CHECK(selects("**", a));
  CHECK(!selects("utf8/over", a));
  CHECK(selects("tag:u-ov-*", a));
  CHECK(!selects("tag:u-ok-*", a));
  CHECK(selects("autobahn:6.4.*", a));
  CHECK(selects("tag:autobahn:6.*", a));
  CHECK(!selects("autobahn:7.*", a));
  CHECK(is_file_selector("x/y.json"));
  CHECK(is_file_selector("/tmp"));
  CHECK(!is_file_selector("utf8"));
}

TEST_CASE("what a command names") {
  const std::vector<Scenario> all = {
      scenario("a/x"), scenario("a/slow", {"slow"}), scenario("a/load", {"load"}),
      scenario("b/y", {"t"}, Level::should), scenario("b/slow", {"slow", "t"}, Level::may)};
  using List = std::vector<std::size_t>;
  const auto pick = [&](Selection selection) { return select(all, selection); };
  CHECK(pick({}) == List{0, 3});
  CHECK(pick({{}, {}, {}, true}) == List{0, 1, 3, 4});
  CHECK(pick({{"a"}, {}, {}, false}) == List{0});
  CHECK(pick({{"a"}, {}, {}, true}) == List{0, 1});
  CHECK(pick({{"a", "a/load"}, {}, {}, false}) == List{0, 2});
  CHECK(pick({{"tag:load"}, {}, {}, false}) == List{2});
  CHECK(pick({{"a/slow"}, {}, {}, false}) == List{1});
  CHECK(pick({{"a/sl*"}, {}, {}, false}).empty());
  CHECK(pick({{"tag:slow"}, {}, {}, false}) == List{1, 4});
  CHECK(pick({{"tag:t"}, {"b/slow"}, {}, false}) == List{3});
  CHECK(pick({{"b"}, {}, {Level::should}, false}) == List{3});
  CHECK(pick({{}, {}, {Level::must, Level::should}, false}) == List{0, 3});
}

TEST_CASE("the suites that a selector may name") {
  CHECK(may_select({}, "utf8"));
  CHECK(may_select({"utf8"}, "utf8"));
  CHECK(may_select({"utf8/valid*"}, "utf8"));
  CHECK(may_select({"framing", "utf?/*"}, "utf8"));
  CHECK(may_select({"tag:big"}, "utf8"));
  CHECK(may_select({"autobahn:6.*"}, "utf8"));
  CHECK(may_select({"**"}, "utf8"));
  CHECK(may_select({"close*"}, "close-codes"));
  CHECK_FALSE(may_select({"framing", "close/x"}, "utf8"));
  CHECK_FALSE(may_select({"close/*"}, "close-codes"));
}

TEST_CASE("many selectors at once agree with each of them alone") {
  const std::vector<std::string> selectors = {
      "utf8",    "utf*",  "utf8/a", "utf8/a?",  "**",        "clos*/b",
      "close/b", "tag:x", "tag:*",  "auto:6.4", "auto:6*",   "tag:auto:6.*",
      "utf",     "a",     "close",  "*/b",      "utf8/**/a", "tag:y?"};
  std::vector<Scenario> all = {scenario("utf8/a", {"x"}), scenario("utf8/ab", {"auto:6.4.1"}),
                               scenario("close/b"), scenario("close/a", {"y1", "auto:6.4"})};
  const auto named = [](const std::string& one, const Scenario& it) {
    return one.find(':') != std::string::npos || one == it.name;
  };
  for (const std::string& first : selectors)
    for (const std::string& second : selectors)
      for (const Scenario& one : all) {
        auto wanted = Selectors::Match::none;
        for (const std::string& selector : {first, second}) {
          if (!selects(selector, one)) continue;
          if (named(selector, one))
            wanted = Selectors::Match::named;
          else if (wanted == Selectors::Match::none)
            wanted = Selectors::Match::glob;
        }
        CAPTURE(first);
        CAPTURE(second);
        CHECK(Selectors({first, second}).match(one) == wanted);
      }
  for (const std::string& selector : selectors) {
    const bool none = std::none_of(all.begin(), all.end(),
                                   [&](const Scenario& one) { return selects(selector, one); });
    CAPTURE(selector);
    CHECK(unmatched({selector}, all).size() == (none ? 1 : 0));
  }
}
