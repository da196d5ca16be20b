// The JSON report key by key, and the event stream.
#include "report/json.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "samples.h"

using namespace wsspec;
using namespace wsspec::report;
using Json = nlohmann::ordered_json;

namespace {

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}

Json run(std::initializer_list<Result> results, bool interrupted = false) {
  JsonReport report;
  report.on_start(samples::run_info(results.size()));
  for (const Result& result : results) report.on_result(result);
  report.on_end(samples::end_of(results, interrupted));
  return Json::parse(report.document());
}

}  // namespace

TEST_CASE("the JSON report has exactly the pinned keys, in their order") {
  const Json doc = run({samples::fail("utf8/a")});
  CHECK(keys(doc) == std::vector<std::string>{"schema", "tool", "target", "scenario_set", "started",
                                              "strict", "summary", "loop", "scenarios"});
  CHECK(keys(doc["loop"]) ==
        std::vector<std::string>{"worst_lag_ms", "longest_step_ms", "long_steps"});
  CHECK(keys(doc["tool"]) == std::vector<std::string>{"version"});
  CHECK(keys(doc["target"]) == std::vector<std::string>{"url", "server"});
  CHECK(keys(doc["summary"]) ==
        std::vector<std::string>{"pass", "tolerated", "fail", "skipped", "error", "duration_ms"});
  CHECK(keys(doc["scenarios"][0]) ==
        std::vector<std::string>{"name", "title", "tags", "level", "impact", "rule", "spec",
                                 "verdict", "class", "cause", "timed", "expected", "observed",
                                 "diagnosis", "because", "duration_ms", "transcript"});
  CHECK(keys(doc["scenarios"][0]["observed"]) ==
        std::vector<std::string>{"code", "name", "reason", "closer", "end", "http_status",
                                 "close_ms", "eof_ms", "lag_ms", "sent", "answered", "barrier",
                                 "evidence"});
}

TEST_CASE("a share of a group's connections stands in the report as numbers") {
  Result lost = samples::fail("close/a");
  lost.connections = Result::Connections{.matched = 3, .total = 5};
  const Json doc = run({lost, samples::fail("close/b")});
  CHECK(doc["scenarios"][0]["connections"] == Json{{"matched", 3}, {"total", 5}});
  CHECK_FALSE(doc["scenarios"][1].contains("connections"));
}

TEST_CASE("the JSON report holds what was found") {
  const Json doc = run({samples::fail("utf8/a"), samples::pass("utf8/b")});
  CHECK(doc["schema"] == "wsspec-report/1");
  CHECK(doc["tool"]["version"] == "0.1.0");
  CHECK(doc["target"] == Json{{"url", "ws://127.0.0.1:9001"}, {"server", "uvicorn"}});
  CHECK(doc["scenario_set"] == "00ff");
  CHECK(doc["started"] == "2025-01-02T03:04:05Z");
  CHECK(doc["strict"] == false);
  CHECK(doc["summary"]["pass"] == 1);
  CHECK(doc["summary"]["fail"] == 1);
  CHECK(doc["summary"]["duration_ms"] == 1234.568);
  const Json& one = doc["scenarios"][0];
  CHECK(one["name"] == "utf8/a");
  CHECK(one["title"] == "'/' in two octets");
  CHECK(one["tags"] == Json::array({"u-ov-02"}));
  CHECK(one["impact"] == "data");
  CHECK(one["rule"] == "");
  CHECK(one["cause"].is_null());
  CHECK(one["verdict"] == "fail");
  CHECK(one["class"] == "other-code");
  CHECK(one["timed"] == false);
  CHECK(one["expected"] == Json::parse(R"([{"close": 1007}])"));
  CHECK(one["observed"]["code"] == 1002);
  CHECK(one["observed"]["name"] == "protocol error");
  CHECK(one["observed"]["reason"] == "bad \x1b[2J");  // JSON escapes it, the value stays true
  CHECK(one["observed"]["closer"] == "server");
  CHECK(one["observed"]["end"] == "eof");
  CHECK(one["observed"]["close_ms"] == 2.1);
  CHECK(one["observed"]["sent"] == 1);
  CHECK(one["duration_ms"] == 12.346);
}

TEST_CASE("how TLS ended is told for wss only") {
  Result secure = samples::pass("utf8/a");
  secure.observed.tls = {samples::text("TLSv1.3"), result::TlsObserved::End::truncated};
  const Json doc = run({secure, samples::pass("utf8/b")});
  CHECK(doc["scenarios"][0]["observed"]["tls"] ==
        Json::parse(R"({"version": "TLSv1.3", "end": "truncated"})"));
  CHECK_FALSE(doc["scenarios"][1]["observed"].contains("tls"));
}

TEST_CASE("fails and errors have their transcript, the others none") {
  const Json doc = run({samples::fail("utf8/a"), samples::error("utf8/b"), samples::pass("utf8/c"),
                        samples::tolerated("utf8/d"), samples::skipped("utf8/e")});
  const Json& lines = doc["scenarios"][0]["transcript"];
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == Json{{"direction", "sent"},
                         {"at_ms", 0.4},
                         {"what", "text fin"},
                         {"length", 5},
                         {"octets", "48 65 6c 6c 6f"}});
  CHECK(lines[1]["direction"] == "received");
  CHECK(lines[1]["length"] == 9);
  CHECK(lines[1]["octets"] == "03 ea 1b");
  CHECK(lines[2]["direction"] == "note");
  CHECK(doc["scenarios"][1]["transcript"].empty());
  for (int i : {2, 3, 4}) CHECK_FALSE(doc["scenarios"][i].contains("transcript"));
}

TEST_CASE("cause, rule and evidence are told under their names") {
  Result result = samples::fail("utf8/a");
  result.cause = samples::text("fault-echoed");
  result.rule = samples::text("6455-8.1-a");
  result.impact = Impact::critical;
  result.observed.evidence = result::Evidence::ping;
  const Json one = run({result})["scenarios"][0];
  CHECK(one["cause"] == "fault-echoed");
  CHECK(one["rule"] == "6455-8.1-a");
  CHECK(one["impact"] == "critical");
  CHECK(one["observed"]["evidence"] == "ping");
  CHECK(one["observed"]["barrier"] == "ping");  // its first name stays
}

TEST_CASE("what is absent is null, strings stay strings") {
  Result skipped = samples::skipped("rate/a");
  skipped.duration_ms = std::numeric_limits<double>::quiet_NaN();
  const Json doc = run({skipped});
  const Json& one = doc["scenarios"][0];
  CHECK(one["class"].is_null());
  for (const char* key : {"code", "name", "http_status", "close_ms", "eof_ms"})
    CHECK_MESSAGE(one["observed"][key].is_null(), key);
  CHECK(one["observed"]["reason"] == "");
  CHECK(one["observed"]["barrier"] == "");
  CHECK(one["duration_ms"].is_null());
}

TEST_CASE("only an interrupted run says so, and it is a whole document") {
  CHECK(!run({samples::pass("utf8/a")}).contains("interrupted"));
  CHECK(run({samples::pass("utf8/a")}, true)["interrupted"] == true);
  CHECK(run({}, true)["scenarios"].empty());

  JsonReport cut;  // nobody called on_end
  cut.on_start(samples::run_info(9));
  cut.on_result(samples::fail("utf8/a"));
  const Json doc = Json::parse(cut.document());
  CHECK(doc["interrupted"] == true);
  CHECK(doc["summary"]["fail"] == 1);
}

TEST_CASE("JSON stays valid whatever the server sends") {
  std::mt19937 random(7);
  JsonReport report;
  std::string events;
  EventsReport stream([&](std::string_view line) { events += line; });
  Run info = samples::run_info(2000);
  info.server = samples::text("\xff\x1b]0;x\x07");
  report.on_start(info);
  for (unsigned i = 0; i < 2000; ++i) {
    const Result result = samples::hostile_result(random, i);
    report.on_result(result);
    stream.on_result(result);
    stream.on_notice(result.observed.reason);
  }
  const Json doc = Json::parse(report.document());  // throws when not valid
  CHECK(doc["scenarios"].size() == 2000);
  CHECK(doc["target"]["server"] == "\\xFF\x1b]0;x\x07");
  std::size_t lines = 0;
  for (std::size_t at = 0; at < events.size(); ++lines) {
    const std::size_t end = events.find('\n', at);
    REQUIRE(end != std::string::npos);
    const Json event = Json::parse(events.substr(at, end - at));
    REQUIRE((event["event"] == "result" || event["event"] == "notice"));
    at = end + 1;
  }
  CHECK(lines == 4000);
}

TEST_CASE("events are one JSON object a line, as they happen") {
  std::vector<Json> seen;
  EventsReport events([&](std::string_view line) {
    REQUIRE(line.find('\n') == line.size() - 1);
    seen.push_back(Json::parse(line));
  });
  events.on_start(samples::run_info(1));
  events.on_notice(samples::text("slow"));
  events.on_result(samples::fail("utf8/a"));
  events.on_end(samples::end_of({samples::fail("utf8/a")}, true));
  REQUIRE(seen.size() == 4);
  CHECK(seen[0]["event"] == "start");
  CHECK(seen[0]["selected"] == 1);
  CHECK(seen[0]["target"]["server"] == "uvicorn");
  CHECK(seen[1] == Json{{"event", "notice"}, {"text", "slow"}});
  CHECK(seen[2]["event"] == "result");
  CHECK(seen[2]["observed"]["code"] == 1002);
  CHECK(seen[3]["summary"]["fail"] == 1);
  CHECK(seen[3]["interrupted"] == true);
}

TEST_CASE("what a repeat shows comes into the result's own object, and as an event") {
  JsonReport report;
  std::string line;
  EventsReport events([&](std::string_view text) { line = text; });
  Result first = samples::fail("utf8/a"), second = samples::fail("utf8/a");
  second.serial = 1;
  report.on_start(samples::run_info(2));
  report.on_result(first);
  report.on_result(second);
  second.reproduction = {.alone = false, .with = {samples::text("utf8/b")}, .jobs = 2};
  report.on_repeated(second);
  events.on_repeated(second);
  report.on_end(samples::end_of({first, second}));
  const Json doc = Json::parse(report.document());
  const Json known{{"alone", false}, {"with", {"utf8/b"}}, {"jobs", 2}};
  CHECK(doc["summary"]["fail"] == 2);
  CHECK(!doc["scenarios"][0].contains("reproduction"));
  CHECK(doc["scenarios"][1]["reproduction"] == known);
  CHECK(Json::parse(line) ==
        Json{{"event", "repeated"}, {"name", "utf8/a"}, {"reproduction", known}});
}

TEST_CASE("events of a run that was cut short have their end") {
  std::vector<Json> seen;
  EventsReport events([&](std::string_view line) { seen.push_back(Json::parse(line)); });
  events.on_start(samples::run_info(2));
  events.on_result(samples::pass("utf8/a"));
  events.cut_short(samples::text("out of memory"));
  REQUIRE(seen.size() == 4);
  CHECK(seen[2]["text"] == "out of memory");
  CHECK(seen[3]["event"] == "end");
  CHECK(seen[3]["interrupted"] == true);
  CHECK(seen[3]["summary"]["pass"] == 1);
}
