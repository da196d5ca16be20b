// ${...}: arithmetic, names, members, types, and what waits for the run.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "helpers.h"

using namespace wsspec::loader;

namespace {

// The text that `expression` becomes inside a payload.
std::string value_of(const std::string& expression) {
  const LoadOutput out = load_text(
      "{\"suite\": \"s\", \"params\": {\"n\": 7, \"t\": \"x${n}\", \"l\": [1, 2], "
      "\"o\": {\"k\": {\"m\": 5}, \"w\": \"k\"}, \"w\": \"k\", \"again\": \"${n + 1}\", \"f\": "
      "1.5}, \"scenarios\": "
      "[{\"id\": \"a\", \"steps\": [{\"send\": {\"text\": \"" +
      expression + "\"}}]}]}");
  if (!out.problems.empty()) return "problem: " + out.problems[0].what;
  return octets(sent(out.scenarios.at(0), 0).payload);
}

}  // namespace

TEST_CASE("arithmetic") {
  CHECK(value_of("${1 + 2 * 3}") == "7");
  CHECK(value_of("${(1 + 2) * 3}") == "9");
  CHECK(value_of("${-n + 2}") == "-5");
  CHECK(value_of("${7 / 2} ${-7 / 2} ${7 % 4}") == "3 -3 3");
  CHECK(value_of("${10-2-3}") == "5");
  CHECK(value_of("${ n }") == "7");
  CHECK(value_of("${18446744073709551615}") == "18446744073709551615");
  CHECK(value_of("${n / 0}") == "problem: division by zero");
  CHECK(value_of("${9223372036854775807 + 1}") == "problem: this expression goes beyond 64 bits");
  CHECK(value_of("${t + 1}") == "problem: '+' needs whole numbers, not a string");
  CHECK(value_of("${f + 1}") == "problem: '+' needs whole numbers, not a number");
  CHECK(value_of("${1 +}") == "problem: a name or a number is missing in this expression");
  CHECK(value_of("${(1}") == "problem: ')' is missing in this expression");
  CHECK(value_of("${1 2}") == "problem: '2' is not understood in this expression");
  CHECK(value_of("${}") == "problem: an empty expression");
  CHECK(value_of("${n") == "problem: this expression has no '}'");
}

TEST_CASE("names and members") {
  CHECK(value_of("${t}") == "x7");
  CHECK(value_of("${again}") == "8");
  CHECK(value_of("${again * 2}") == "16");
  CHECK(value_of("<${o.k.m}>") == "<5>");
  CHECK(value_of("<${l}${o}>") == "<[1,2]{\"k\":{\"m\":5},\"w\":\"k\"}>");
  CHECK(value_of("${l.1}") == "2");
  CHECK(value_of("${l.2}") == "problem: 'l' has no entry 2: it has 2");
  CHECK(value_of("${o.x}") == "problem: 'o' has no member 'x'");
  CHECK(value_of("${n.x}") == "problem: 'n' is a number and has no members");
  CHECK(value_of("${nn}") == "problem: unknown parameter 'nn'");
  CHECK(value_of("${o[w].m} ${l[n - 6]} ${o[o.w]}") == "5 2 {\"m\":5}");
  CHECK(value_of("${o[t]}") == "problem: 'o' has no member 'x7'");
  CHECK(value_of("${o[f]}") == "problem: a name or a whole number is wanted in [ ], not a number");
  CHECK(value_of("${o[w}") == "problem: ']' is missing in this expression");
  CHECK(value_of("${l[i]}") ==
        "problem: 'i' is known only while a scenario runs; it cannot choose a member");
  CHECK(value_of("${capture[w]}") == "problem: what was captured has members with a point only");
  CHECK(value_of("$${n} $$${n} $ {n} }") == "${n} $${n} $ {n} }");
  CHECK(value_of("${seed}") == "1");
  CHECK(value_of("${env.WSSPEC_NO_SUCH}") ==
        "problem: the environment variable WSSPEC_NO_SUCH is not set");
  setenv("WSSPEC_TEST_VALUE", "a${b}c", 1);
  CHECK(value_of("${env.WSSPEC_TEST_VALUE}") == "a${b}c");
}

TEST_CASE("a parameter that refers to itself ends in a problem") {
  const LoadOutput out = load_text(R"({"suite": "s", "params": {"a": "${b}${b}", "b": "${a}${a}"},
    "scenarios": [{"id": "a", "steps": [{"send": {"text": "${a}"}}]}]})");
  REQUIRE(!out.problems.empty());
  CHECK(out.problems[0].what == "parameter 'a' refers to itself");
}

TEST_CASE("parameters may refer to each other 64 deep") {
  for (const int length : {63, 64, 200}) {
    CAPTURE(length);
    std::string params = fmt::format(R"("p{}": "end")", length);
    for (int i = 0; i < length; ++i) params += fmt::format(R"(, "p{}": "${{p{}}}")", i, i + 1);
    const LoadOutput out = load_text(R"({"suite": "s", "params": {)" + params +
                                     R"(}, "scenarios": [{"id": "a", "steps": [
                                     {"send": {"text": "${p0}"}}]}]})");
    if (length < 64) {
      REQUIRE(out.problems.empty());
      CHECK(octets(sent(out.scenarios[0], 0).payload) == "end");
    } else {
      REQUIRE(out.problems.size() == 1);
      CHECK(out.problems[0].what == "more than 64 parameters refer to each other here");
    }
  }
}

TEST_CASE("a range of numbers that no double holds is refused") {
  for (const char* range :
       {"[1, 9223372036854775807]", "[-9223372036854775808, 1]", "[1, 2, 18446744073709551615]"}) {
    const LoadOutput out = load_text(std::string(R"({"suite": "s", "scenarios": [{"id": "a-${n}",
      "for_each": {"n": {"range": )") +
                                     range + R"(}}, "steps": [{"wait_ms": 1}]}]})");
    REQUIRE(out.problems.size() == 1);
    CHECK(out.problems[0].what == "a number of a range is from -2^53 to 2^53");
  }
}

TEST_CASE("a string of one expression keeps the type, any other becomes text") {
  const LoadOutput out = load_text(R"({"suite": "s", "params": {"item": {"text": "hi"}, "ms": 5},
    "scenarios": [{"id": "a", "title": "${ms}", "steps": [{"send": "${item}"}, {"wait_ms": "${ms}"}]},
                  {"id": "b", "steps": [{"wait_ms": "${ms}0"}]}]})");
  CHECK(out.scenarios[0].title == "5");
  CHECK(octets(sent(out.scenarios[0], 0).payload) == "hi");
  CHECK(as<WaitStep>(out.scenarios[0].steps[1]).ms == 5);
  REQUIRE(out.problems.size() == 1);
  CHECK(out.problems[0].what == "'wait_ms' must be a whole number, not a string");
}

TEST_CASE("another suite's parameters are reached by its name, --set reaches them all") {
  LoadInput input;
  input.suites.push_back({"g.json", R"({"suite": "group", "params": {"n": 3}})", false});
  input.suites.push_back({"s.json", suite_with(R"({"wait_ms": "${group.n * 2}"})"), false});
  LoadOutput out = load(input);
  REQUIRE(texts(out.problems) == "");
  CHECK(as<WaitStep>(out.scenarios[0].steps[0]).ms == 6);
  input.settings = {{"group.n", "10"}};
  CHECK(as<WaitStep>(load(input).scenarios[0].steps[0]).ms == 20);
}

TEST_CASE("run-time names make a step late; it is checked with stand-ins") {
  const LoadOutput out = load_text(R"({"suite": "s", "params": {"base": 5}, "scenarios": [
    {"id": "a", "for_each": {"v": [2]}, "steps": [
      {"repeat": {"times": "${v}", "steps": [
        {"send": {"text": "m${i} ${base} ${i + base * v} $${x}"}},
        {"wait_ms": "${conn * 10}"},
        {"expect": {"message": {"equals": "${capture.id}"}, "within_ms": "${capture.o.ms}"}},
        {"send": {"text": {"repeat": "a", "times": "${i + 1}"}}}]}}]}]})");
  REQUIRE(texts(out.problems) == "");
  const Step& outer = out.scenarios[0].steps[0];
  CHECK(!outer.late);
  const auto& steps = as<RepeatStep>(outer).steps;
  RunValues values{3, 2, {{"id", "\"x${i}\""}, {"o", "{\"ms\": 70}"}}};
  REQUIRE(steps[0].late);
  CHECK(steps[0].summary == R"({"send":{"text":"m${i} 5 ${(i + 10)} $${x}"}})");
  auto first = resolve(steps[0], values);
  REQUIRE(first);
  CHECK(!first->late);
  CHECK(octets(as<SendStep>(*first).items[0].payload) == "m3 5 13 ${x}");
  CHECK(as<WaitStep>(*resolve(steps[1], values)).ms == 20);
  const auto third = resolve(steps[2], values);
  REQUIRE(third);
  CHECK(octets(*as<ExpectStep>(*third).outcome.message.equals) == "x${i}");
  CHECK(as<ExpectStep>(*third).within_ms == 70);
  CHECK(octets(as<SendStep>(*resolve(steps[3], values)).items[0].payload) == "aaaa");

  values.captures.clear();
  const auto failed = resolve(steps[2], values);
  REQUIRE(!failed);
  CHECK(failed.error().what == "nothing was captured as 'id'");
  CHECK(failed.error().line == 6);
  values.captures = {{"id", "1"}, {"o", "{\"ms\": \"soon\"}"}};
  CHECK(resolve(steps[2], values).error().what ==
        "'within_ms' must be a whole number, not a string");
}

TEST_CASE("the nonce is a connection's own word") {
  const LoadOutput out = load_text(suite_with(R"({"send": {"text": "room-${nonce}"}})"));
  REQUIRE(texts(out.problems) == "");
  const Step& step = out.scenarios[0].steps[0];
  REQUIRE(step.late);
  const auto resolved = resolve(step, RunValues{0, 0, {}, "ab12"});
  REQUIRE(resolved);
  CHECK(octets(as<SendStep>(*resolved).items[0].payload) == "room-ab12");
  CHECK(load_text(suite_with(R"({"send": {"text": "${nonce.x}"}})")).problems.at(0).what ==
        "'nonce' is one value and has no members");
}

TEST_CASE("a step is shown with its round, without what was captured and without secrets") {
  setenv("WSSPEC_TEST_SECRET", "from-outside", 1);
  const LoadOutput out = load_text(suite_with(
      R"({"expect": {"message": {"json": {"/t": "${capture.t}", "/n": "${i}"}}}},
         {"send": {"text": "${i}: ${env.WSSPEC_TEST_SECRET} ${capture.t}"}},
         {"wait_ms": "${capture.n}"})"));
  REQUIRE(texts(out.problems) == "");
  const auto& steps = out.scenarios[0].steps;
  const RunValues values{4, 0, {{"t", "\"t0ken\""}, {"n", "123456"}}, "n"};
  CHECK(as<WaitStep>(*resolve(steps[2], values)).ms == 123456);
  const Step expect = shown(steps[0], values);
  CHECK(expect.summary == R"({"expect":{"message":{"json":{"/t":"***","/n":4}}}})");
  CHECK(as<ExpectStep>(expect).outcome.json() == R"({"message":{"json":{"/t":"***","/n":4}}})");
  CHECK(shown(steps[1], values).summary ==
        R"({"send":{"text":"4: ${env.WSSPEC_TEST_SECRET} ***"}})");
  CHECK(shown(steps[2], values).summary == R"({"wait_ms":"${capture.n}"})");
}

TEST_CASE("a slip in a late step is found when the file is loaded") {
  CHECK(load_text(suite_with(R"({"send": {"txet": "${i}"}})")).problems.size() == 1);
  CHECK(load_text(suite_with(R"({"wait_ms": "${i + x}"})")).problems.size() == 1);
  CHECK(load_text(suite_with(R"({"wait_ms": 1})", R"("title": "${i}")")).problems.size() == 1);
}

TEST_CASE("path and headers of connect wait for the connection") {
  const LoadOutput out = load_text(
      suite_with(R"({"wait_ms": 1})",
                 R"("connect": {"path": "/r/${conn}", "headers": [["T", "${capture.t} $${x}"]]})"));
  REQUIRE(texts(out.problems) == "");
  const ConnectOptions& connect = out.scenarios[0].connect;
  const RunValues values{0, 4, {{"t", "\"tok\""}}};
  CHECK(*resolve(*connect.path, values) == "/r/4");
  CHECK(*resolve(connect.headers[0].second, values) == "tok ${x}");
  CHECK(!resolve(connect.headers[0].second, RunValues{}));
  CHECK(*resolve(std::string("plain"), values) == "plain");
}

TEST_CASE("for_each: lists, ranges, cross products, earlier variables") {
  const LoadOutput out = load_text(R"({"suite": "s", "scenarios": [
    {"id": "r-${n}", "for_each": {"n": {"range": [1, 3]}}, "steps": [{"wait_ms": "${n}"}]},
    {"id": "d-${n}", "for_each": {"n": {"range": [9, 0, -4]}}, "steps": [{"wait_ms": "${n}"}]},
    {"id": "x-${a}-${b.k}", "tags": ["t${a}", "${b.tags}"],
     "for_each": {"a": [1, 2], "b": [{"k": "p", "tags": ["u", "v"]}, {"k": "q", "tags": []}]},
     "steps": [{"wait_ms": 1}]},
    {"id": "t-${a}-${b}", "for_each": {"a": [1, 2], "b": {"range": [1, "${a}"]}},
     "steps": [{"wait_ms": 1}]},
    {"id": "e-${a.n}", "for_each": {"a": {"entries": ["x y", "z"]}}, "tags": ["${a.value}"],
     "steps": [{"wait_ms": 1}]}]})");
  REQUIRE(texts(out.problems) == "");
  std::string names;
  for (const Scenario& scenario : out.scenarios) names += scenario.name.substr(2) + " ";
  CHECK(names == "r-1 r-2 r-3 d-9 d-5 d-1 x-1-p x-1-q x-2-p x-2-q t-1-1 t-2-1 t-2-2 e-0 e-1 ");
  CHECK(out.scenarios[6].tags == std::vector<std::string>{"t1", "u", "v"});
  CHECK(out.scenarios[7].tags == std::vector<std::string>{"t1"});
  CHECK(out.scenarios[13].tags == std::vector<std::string>{"x y"});
}

TEST_CASE("for_each: at most 10,000 scenarios") {
  const std::string loop = R"("for_each": {"a": {"range": [1, 100]}, "b": {"range": [1, 101]}})";
  const LoadOutput out = load_text(R"({"suite": "s", "scenarios": [{"id": "a${a}-${b}", )" + loop +
                                   R"(, "steps": [{"wait_ms": 1}]}]})");
  REQUIRE(out.problems.size() == 1);
  CHECK(out.problems[0].what == "'for_each' makes more than 10000 scenarios");
}

TEST_CASE("for_each: all suites together are bounded too") {
  const std::string one = R"("for_each": {"n": {"range": [1, 3]}}, "steps": [{"wait_ms": 1}]})";
  LoadInput input = input_of(R"({"suite": "s", "scenarios": [{"id": "a${n}", )" + one +
                             R"(, {"id": "b${n}", )" + one + "]}");
  input.max_scenarios = 6;
  CHECK(texts(load(input).problems) == "");
  input.max_scenarios = 5;
  const LoadOutput out = load(input);
  REQUIRE(out.problems.size() == 1);
  CHECK(out.problems[0].what == "all suites together make more than 5 scenarios");
  CHECK(out.scenarios.size() == 5);
}

TEST_CASE("for_each: an empty list after long ones is reported, once and soon") {
  const auto out = load_text(suite_with(R"({"wait_ms": 1})",
                                        R"("for_each": {"a": {"range": [1, 9999]},
                                           "b": {"range": [1, 9999]}, "c": []})"));
  REQUIRE(out.problems.size() == 2);
  CHECK(out.problems[0].what == "an empty list makes no scenario");
  CHECK(out.problems[1].what == "'for_each' makes more than 10000 scenarios");
}

TEST_CASE("tables: rows are literal, names are found or hinted at") {
  LoadInput input = input_of(R"({"suite": "s", "scenarios": [
    {"id": "${case.id}", "title": "${case.title}", "tags": ["${case.id}"],
     "for_each": {"case": {"table": "ill-formed"}},
     "steps": [{"send": {"text": {"hex": "${case.hex}"}, "hold": {"at": "${case.proves_at + 1}"}}}]}]})");
  input.tables["ill-formed"] = {"t.json", R"([
    {"id": "u-1", "title": "costs $${5} and ${i}", "hex": "c0 af", "proves_at": 0},
    {"id": "u-2", "title": "two", "hex": "e0", "proves_at": 1}])",
                                false};
  LoadOutput out = load(input);
  REQUIRE(texts(out.problems) == "");
  REQUIRE(out.scenarios.size() == 2);
  CHECK(out.scenarios[0].title == "costs $${5} and ${i}");
  CHECK(out.scenarios[1].name == "s/u-2");
  CHECK(sent(out.scenarios[1], 0).hold->at == 2);

  input.tables["ill-formd"] = input.tables["ill-formed"];
  input.tables.erase("ill-formed");
  CHECK(load(input).problems.at(0).hint == "did you mean 'ill-formd'?");
  input.tables["ill-formed"] = {"t.json", "[{]", false};
  out = load(input);
  REQUIRE(out.problems.size() == 1);
  CHECK(out.problems[0].file == "t.json");
}
