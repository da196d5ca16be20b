// The index.json of Autobahn|Testsuite: its layout to the letter, and what each verdict becomes.
#include "report/autobahn.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "samples.h"

using namespace wsspec;
using namespace wsspec::report;
using result::Class;
using result::Closer;
using result::End;
using result::Verdict;
using Json = nlohmann::json;
using Kind = scenario::Outcome::Kind;

namespace {

Expected outcome(Kind kind) {
  Expected out;
  out.kind = kind;
  return out;
}

Result of_case(const std::string& id, Verdict verdict) {
  Result out = samples::result("autobahn/" + id, verdict);
  out.tags = {samples::text("big"), samples::text("autobahn:" + id)};
  out.observed.code = 1000;
  out.observed.closer = Closer::client;
  out.observed.end = End::eof;
  return out;
}

std::string document(const std::vector<Result>& results, const std::string& agent = "") {
  AutobahnReport report(samples::text(agent));
  report.on_start(samples::run_info(results.size()));
  for (const Result& result : results) report.on_result(result);
  return report.document();
}

Json only(const Result& result) {
  return Json::parse(document({result}))["uvicorn"].begin().value();
}

std::string behavior(const Result& result) {
  return only(result)["behavior"];
}
std::string close(const Result& result) {
  return only(result)["behaviorClose"];
}

/// A failure that `kind` decided: what was due and did not come.
Result failed(Kind kind, Class cls) {
  Result out = of_case("1.1.1", Verdict::fail);
  out.cls = cls;
  out.expected = {outcome(kind)};
  return out;
}

}  // namespace

TEST_CASE("the autobahn report is laid out as the original's") {
  Result refused = of_case("2.10", Verdict::tolerated);
  refused.observed.code.reset();
  CHECK(document({of_case("10.1.1", Verdict::pass), refused}, "Our Server/1.0 (é)") ==
        "{\n"
        "   \"Our Server/1.0 (é)\": {\n"
        "      \"10.1.1\": {\n"
        "         \"behavior\": \"OK\",\n"
        "         \"behaviorClose\": \"OK\",\n"
        "         \"duration\": 12,\n"
        "         \"remoteCloseCode\": 1000,\n"
        "         \"reportfile\": \"our_server_1_0_case_10_1_1.json\"\n"
        "      },\n"
        "      \"2.10\": {\n"
        "         \"behavior\": \"NON-STRICT\",\n"
        "         \"behaviorClose\": \"OK\",\n"
        "         \"duration\": 12,\n"
        "         \"remoteCloseCode\": null,\n"
        "         \"reportfile\": \"our_server_1_0_case_2_10.json\"\n"
        "      }\n"
        "   }\n"
        "}\n");
}

TEST_CASE("without an agent's name it is the Server header, else UnknownServer") {
  CHECK(Json::parse(document({})) == Json{{"uvicorn", Json::object()}});
  AutobahnReport report({});
  report.on_start({});
  CHECK(Json::parse(report.document()) == Json{{"UnknownServer", Json::object()}});
  CHECK(Json::parse(document({}, "a\"\xff\n")).begin().key() == "a\"\\xFF\n");
}

TEST_CASE("what a verdict becomes") {
  CHECK(behavior(of_case("1.1.1", Verdict::pass)) == "OK");
  CHECK(behavior(of_case("1.1.1", Verdict::tolerated)) == "NON-STRICT");
  CHECK(behavior(of_case("1.1.1", Verdict::fail)) == "FAILED");
  CHECK(behavior(of_case("1.1.1", Verdict::error)) == "FAILED");
  CHECK(behavior(of_case("12.1.1", Verdict::skipped)) == "UNIMPLEMENTED");
  CHECK(close(of_case("12.1.1", Verdict::skipped)) == "UNIMPLEMENTED");
  Result may = of_case("7.13.1", Verdict::tolerated);
  may.level = wsspec::scenario::Level::may;
  CHECK(behavior(may) == "INFORMATIONAL");
  CHECK(close(may) == "INFORMATIONAL");
  Result overtaken = of_case("3.2", Verdict::pass);
  overtaken.expected = {outcome(Kind::echo), samples::close_outcome(1002)};
  CHECK(behavior(overtaken) == "NON-STRICT");
  overtaken.observed.answered = 1;
  CHECK(behavior(overtaken) == "OK");
}

TEST_CASE("what the end of a connection becomes") {
  Result wrong = failed(Kind::close, Class::other_code);
  wrong.observed.code = 1011;
  CHECK(close(wrong) == "WRONG CODE");
  CHECK(only(wrong)["remoteCloseCode"] == 1011);

  Result no_code = wrong;
  no_code.observed.code = 1005;
  CHECK(close(no_code) == "WRONG CODE");
  CHECK(only(no_code)["remoteCloseCode"].is_null());

  Result swallowed = failed(Kind::close, Class::accepted);
  swallowed.observed.code.reset();
  swallowed.observed.closer = Closer::none;
  swallowed.observed.end = End::open;
  CHECK(close(swallowed) == "FAILED BY CLIENT");

  Result unanswered = swallowed;  // our Close
  unanswered.observed.closer = Closer::client;
  CHECK(close(unanswered) == "UNCLEAN");
  Result cut = failed(Kind::close, Class::drop);
  cut.observed.code.reset();
  CHECK(close(cut) == "UNCLEAN");

  Result left_open = failed(Kind::drop, Class::hung);
  left_open.observed.end = End::open;
  CHECK(close(left_open) == "FAILED BY CLIENT");

  Result refused = failed(Kind::accepted, Class::other_code);  // a good message
  refused.observed.closer = Closer::server;
  CHECK(close(refused) == "FAILED");
  CHECK(close(failed(Kind::close, Class::broken)) == "FAILED");
}

TEST_CASE("only what has an autobahn tag is in it, each id once, and the worst counts") {
  Result other = of_case("1.1.1", Verdict::fail);
  other.tags = {samples::text("u-ov-02")};
  CHECK(Json::parse(document({other}))["uvicorn"].empty());

  Result two = of_case("9.7.1", Verdict::pass);
  two.tags = {samples::text("autobahn:9.7.1"), samples::text("autobahn:9.8.1")};
  const Json ids = Json::parse(document({two}))["uvicorn"];
  CHECK(ids.size() == 2);
  CHECK(ids.contains("9.8.1"));

  const auto pass = of_case("1.1.1", Verdict::pass), fail = of_case("1.1.1", Verdict::fail);
  for (const auto& results : {std::vector{pass, fail}, std::vector{fail, pass}})
    CHECK(Json::parse(document(results))["uvicorn"]["1.1.1"]["behavior"] == "FAILED");
  const auto skipped = of_case("1.1.1", Verdict::skipped);
  CHECK(Json::parse(document({skipped, pass}))["uvicorn"]["1.1.1"]["behavior"] == "OK");
}
