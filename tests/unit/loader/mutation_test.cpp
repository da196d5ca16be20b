// 20,000 damaged copies of a file that uses the whole language: the loader never throws, never
// crashes, and says something about each file that it refuses. Fixed seed.
#include <doctest/doctest.h>

#include "helpers.h"
#include "scenario/splitmix.h"

using namespace wsspec::loader;

namespace {

constexpr const char* kRich = R"({"suite":"rich","title":"T","params":{"n":3,"t":"${n}"},
"defaults":{"level":"should","impact":"data","spec":"S","within_ms":9,"tags":["d"],
"tolerate_for":{"1007":[{"drop":true,"because":"b"}]}},
"scenarios":[
{"id":"a-${v}-${c.id}","rule":"6455-5.1-a",
"for_each":{"v":{"range":[1,2]},"c":{"table":"t"}},"requires":["echo"],
"connect":{"path":"/p/${conn}","headers":[["A","${capture.x}"]],"token":"wrong"},
"connections":{"g":{"count":"${policy.connections.limit + 1}"}},
"steps":[
{"connect":{"token":1},"on":"g"},
{"send":[{"text":{"hex":"${c.hex}"},"fragments":[1,0],"hold":{"at":1,"release_ms":"${n * 2}"}},
{"close":{"code":1000,"reason":"r"}},{"frame":{"fin":false,"rsv":1,"opcode":3,"mask":"00 01 02 03",
"length":70000,"length_encoding":16,"payload":{"repeat":"ab","times":3}}}],"after_close":true},
{"send":{"handshake":{"raw":"GET ${path} ${key} $${z}"}}},
{"send":{"binary":{"concat":[{"base64":"aGk="},{"random":4,"seed":1},{"mutate":"abc"},{"zlib":"q"},
{"cycle":"ab","length":5}]},"chop":{"size":1,"pause_ms":2}}},
{"repeat":{"times":"${v}","every_ms":1,"steps":[{"send":{"ping":"${i + (2 - -1) % 2}"}},
{"expect":{"pong":true}}]}},
{"burst":{"send":{"text":"x"},"count":9,"per_second":1.5,"until":"closed"}},
{"expect":{"any_of":[{"close":[1008,"4000-4999"]},{"http":{"status":[401],"headers":{"H":"^a"}}}],
"within_ms":"${capture.w}","tolerate":[{"silence_ms":1}],"how_many":{"exactly":1}},"on":"g"},
{"expect":{"message":{"type":"text","json":{"/a":[1,{"b":null}]}},"capture":{"x":"/y"}}},
{"read":{"per_second":5}},{"trigger":"x"},{"disconnect":true},{"wait_ms":1}]}]})";

constexpr int kRounds = 20000;  // a minute and a half with sanitizers

constexpr const char* kTable = R"([{"id":"r1","hex":"c0 af"}])";

constexpr const char* kTokens[] = {
    "\"",   "{",   "}",     "[",    "]",    ",",      ":",
    "${",   "}",   "null",  "true", "-1",   "1e9",    "18446744073709551615",
    "\"\"", "{}",  "[]",    "${n}", "${i}", "${v.x}", "\\u0000",
    "\xff", "$${", "policy"};

std::string damaged(std::string text, SplitMix64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.next() % n); };
  const std::size_t changes = 1 + below(3);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = below(text.size());
    switch (below(6)) {
      case 0:
        text[at] = static_cast<char>(random.next());
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, kTokens[below(std::size(kTokens))]);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(30)));
        break;
      case 4: {  // a number becomes another
        const std::size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos) text[digit] = static_cast<char>('0' + below(10));
        break;
      }
      default:
        if (below(20) == 0) text.resize(at);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("damaged suite files and tables") {
  SplitMix64 random(20260101);
  LoadInput input = input_of(kRich);
  input.tables["t"] = {"t.json", kTable, false};
  LoadOutput good = load(input);
  REQUIRE(texts(good.problems) == "");
  REQUIRE(good.scenarios.size() == 2);
  int loaded = 0;
  RunValues values{1, 1, {{"x", "\"v\""}, {"w", "5"}}};
  for (int round = 0; round < kRounds; ++round) {
    input.suites[0].text = damaged(kRich, random);
    input.tables["t"].text = round % 8 == 0 ? damaged(kTable, random) : kTable;
    const LoadOutput out = load(input);
    for (const Problem& problem : out.problems) {
      REQUIRE(!problem.what.empty());
      REQUIRE(problem.caret <= static_cast<int>(problem.source.size()));
      REQUIRE(problem.source.size() <= 160);
    }
    if (!out.problems.empty()) continue;
    ++loaded;
    for (const Scenario& scenario : out.scenarios) {
      for (const Step& step : scenario.steps) {
        (void)resolve(step, values);
        if (const auto* expect = std::get_if<ExpectStep>(&step.what)) {
          REQUIRE(!expect->outcome.json().empty());
          REQUIRE(!expect->outcome.text().empty());
        }
      }
    }
  }
  CHECK(loaded > kRounds / 40);  // the damage is not all fatal: later stages are reached
}

TEST_CASE("damaged profiles") {
  constexpr const char* profile = R"({"url":"ws://h","headers":[["A","${capture.x}"]],
"message":{"send":{"text":"a"},"reply":true},"carrier":{"prefix":"<","suffix":{"hex":"3e"}},
"capabilities":{"echo":true},"prologue":[{"send":{"text":"${policy.token.valid}"}}],
"triggers":{"r":[{"wait_ms":1}]},"policy":{"message_rate":5,"text_only":true,
"token":{"send":{"query":"t"},"valid":"${capture.t}","wrong":["x"]},
"strikes":{"limit":3,"breach":{"text":"?"},"action":"refuse","status":[429],"scope":"token"}}})";
  SplitMix64 random(7);
  REQUIRE(texts(load_profile({"p.json", profile, false}, {}).problems) == "");
  int loaded = 0;
  for (int round = 0; round < kRounds / 4; ++round) {
    const auto out = load_profile({"p.json", damaged(profile, random), false},
                                  {{"policy.message_rate.limit", "7"}});
    if (!out.problems.empty()) continue;
    ++loaded;
    LoadInput input = input_of(kRich);
    input.tables["t"] = {"t.json", kTable, false};
    input.profile = &out.profile;
    (void)load(input);
  }
  CHECK(loaded > kRounds / 200);
}
