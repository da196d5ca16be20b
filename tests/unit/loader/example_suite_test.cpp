// A whole suite file with a bit of everything, and what it must become.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace wsspec::loader;

namespace {

constexpr const char* kExample = R"({
  "$schema": "../scenario.schema.json",
  "suite": "utf8",
  "title": "Text messages must be UTF-8",
  "params": { "hold_ms": 250 },
  "defaults": { "level": "must", "spec": "RFC 6455 8.1", "within_ms": 2000,
                "tolerate_for": { "1007": [ { "drop": true, "because": "RFC 6455 7.1.7: an endpoint may drop the connection" } ] } },
  "scenarios": [
    { "id": "overlong-slash", "title": "'/' in two octets", "tags": ["u-ov-02"],
      "steps": [ { "send": { "text": { "hex": "c0 af" } } }, { "expect": { "close": 1007 } } ] },
    { "id": "valid-split-${at}", "title": "A four-octet character split after octet ${at}", "for_each": { "at": [1, 2, 3] },
      "steps": [ { "send": { "text": { "hex": "f0 9f 98 80" }, "fragments": ["${at}"] } }, { "expect": { "accepted": true } } ] },
    { "id": "fail-fast-inside-a-frame", "title": "The proving octet arrives, the rest of the frame does not", "level": "should", "tags": ["u-fr-17"],
      "steps": [ { "send": { "text": { "hex": "ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80 65" }, "hold": { "at": 13, "release_ms": "${hold_ms}" } } },
                 { "expect": { "close": 1007 } } ] }
  ]
}
)";

}  // namespace

TEST_CASE("the example suite loads into five scenarios") {
  const LoadOutput out = load_text(kExample);
  REQUIRE(texts(out.problems) == "");
  REQUIRE(out.scenarios.size() == 5);

  const Scenario& overlong = out.scenarios[0];
  CHECK(overlong.name == "utf8/overlong-slash");
  CHECK(overlong.suite_title == "Text messages must be UTF-8");
  CHECK(overlong.title == "'/' in two octets");
  CHECK(overlong.spec == "RFC 6455 8.1");
  CHECK(overlong.level == Level::must);
  CHECK(overlong.tags == std::vector<std::string>{"u-ov-02"});
  CHECK(overlong.default_within_ms == 2000);
  CHECK(overlong.weight == 1);
  CHECK(overlong.file == "test.json");
  CHECK(overlong.line == 9);
  REQUIRE(overlong.steps.size() == 2);
  const Item& item = sent(overlong, 0);
  CHECK(item.kind == Item::Kind::text);
  CHECK(octets(item.payload) == std::string("\xc0\xaf"));
  CHECK(overlong.steps[0].summary == R"({"send":{"text":{"hex":"c0 af"}}})");
  const ExpectStep& expect = expected(overlong, 1);
  CHECK(expect.outcome.kind == Outcome::Kind::close);
  CHECK(expect.outcome.codes.has(1007));
  CHECK(!expect.outcome.codes.has(1008));
  CHECK(!expect.within_ms);
  REQUIRE(expect.tolerate.size() == 1);
  CHECK(expect.tolerate[0].kind == Outcome::Kind::drop);
  CHECK(expect.tolerate[0].because == "RFC 6455 7.1.7: an endpoint may drop the connection");

  for (std::uint64_t at = 1; at <= 3; ++at) {
    const Scenario& split = out.scenarios[at];
    CHECK(split.name == "utf8/valid-split-" + std::to_string(at));
    CHECK(split.title == "A four-octet character split after octet " + std::to_string(at));
    CHECK(sent(split, 0).fragments.sizes == std::vector<std::uint64_t>{at});
    CHECK(expected(split, 1).outcome.kind == Outcome::Kind::accepted);
    CHECK(expected(split, 1).tolerate.empty());
    CHECK(!split.steps[0].late);
  }

  const Scenario& fast = out.scenarios[4];
  CHECK(fast.level == Level::should);
  REQUIRE(sent(fast, 0).hold);
  CHECK(sent(fast, 0).hold->at == 13);
  CHECK(sent(fast, 0).hold->release_ms == 250);
}

TEST_CASE("--set replaces a parameter, an unknown one is refused with a hint") {
  LoadInput input = input_of(kExample);
  input.settings = {{"utf8.hold_ms", "400"}, {"policy.message_rate", "5"}};
  const LoadOutput out = load(input);
  REQUIRE(texts(out.problems) == "");
  CHECK(sent(out.scenarios[4], 0).hold->release_ms == 400);

  input.settings = {{"utf8.hold_m", "400"}};
  CHECK(texts(load(input).problems) ==
        "--set utf8.hold_m: error: suite 'utf8' has no parameter 'hold_m'\n"
        "  hint: did you mean 'hold_ms'?\n");
  input.settings = {{"utf9.hold_ms", "400"}};
  CHECK(texts(load(input).problems) ==
        "--set utf9.hold_ms: error: 'utf9' is neither a key of the target profile nor a suite\n"
        "  hint: did you mean 'utf8'?\n");
}

TEST_CASE("the digest covers names and texts, not folders") {
  LoadInput input = input_of(kExample);
  const std::string first = digest(input);
  CHECK(first.size() == 64);
  input.suites[0].name = "/elsewhere/test.json";
  CHECK(digest(input) == first);
  input.suites[0].text += " ";
  CHECK(digest(input) != first);
}

TEST_CASE("built-in suites: only what a selector may name is made, with or without steps") {
  LoadInput input;
  input.suites = built_in_suites();
  input.tables = built_in_tables();
  input.selectors = {"utf8/overlong*", "close-codes"};
  const LoadOutput some = load(input);
  REQUIRE(some.problems.empty());
  REQUIRE_FALSE(some.scenarios.empty());
  for (const auto& one : some.scenarios) {
    CAPTURE(one.name);
    CHECK((one.suite == "utf8" || one.suite == "close-codes"));
    CHECK_FALSE(one.steps.empty());
    CHECK(one.line > 0);
  }
  input.steps = false;
  const LoadOutput heads = load(input);
  REQUIRE(heads.problems.empty());
  REQUIRE(heads.scenarios.size() == some.scenarios.size());
  for (std::size_t i = 0; i < heads.scenarios.size(); ++i) {
    CHECK(heads.scenarios[i].name == some.scenarios[i].name);
    CHECK(heads.scenarios[i].title == some.scenarios[i].title);
    CHECK(heads.scenarios[i].line == some.scenarios[i].line);
    CHECK(heads.scenarios[i].steps.empty());
  }
}

TEST_CASE("a file of the user's is read whole, whatever is selected") {
  LoadInput input = input_of(kExample);
  input.selectors = {"other"};
  input.steps = false;
  const LoadOutput out = load(input);
  REQUIRE(out.scenarios.size() == 5);
  CHECK_FALSE(out.scenarios[0].steps.empty());
}
