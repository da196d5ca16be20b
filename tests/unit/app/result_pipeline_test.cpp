// Which results make which exit code, what is said of it, and what passes to the reports.
#include "app/result_pipeline.h"

#include <doctest/doctest.h>

using namespace wsspec;
using report::Impact;
using result::Class;
using result::Verdict;

namespace {

struct Kept : report::Observer {
  void on_start(const report::Run& one) override { run = one; }
  void on_result(const report::Result& one) override { results.push_back(one); }
  void on_notice(const report::Printable& text) override { notice = text; }
  void on_end(const report::RunEnd& one) override { end = one; }
  report::Run run;
  std::vector<report::Result> results;
  report::Printable notice;
  report::RunEnd end;
};

result::ScenarioResult result_of(Verdict verdict, Impact impact = Impact::interop,
                                 Class cls = Class::none) {
  result::ScenarioResult out;
  out.name = "suite/case";
  out.suite = "suite";
  out.level = scenario::Level::must;
  out.verdict = verdict;
  out.impact = impact;
  out.cls = cls;
  return out;
}

struct Ended {
  Kept kept;
  int code = -1;
  std::string reason() const { return kept.end.reason.for_terminal(); }
};

Ended run(const std::vector<result::ScenarioResult>& results, const RunOptions& options = {},
          bool interrupted = false, std::string_view unreachable = {}) {
  Ended out;
  const std::vector<report::Observer*> observers{&out.kept};
  ResultPipeline pipeline(observers, options, {});
  pipeline.start({}, unreachable);
  for (const auto& one : results) pipeline.on_result(one);
  out.code = pipeline.end(pipeline.summary(), interrupted);
  CHECK(out.kept.end.exit_code == out.code);
  return out;
}

/// What a result through a proxy becomes, beside the direct one of the same scenario.
report::Result through(const result::ScenarioResult& direct,
                       const result::ScenarioResult& proxied) {
  DirectRun known;
  const RunOptions options;
  const std::vector<report::Observer*> none;
  ResultPipeline quiet(none, options, {});
  quiet.record_in(known);
  quiet.on_result(direct);
  Kept kept;
  const std::vector<report::Observer*> observers{&kept};
  ResultPipeline pipeline(observers, options, {});
  pipeline.compare_with(known);
  pipeline.on_result(proxied);
  return kept.results.at(0);
}

result::ScenarioResult closed(Verdict verdict, Class cls, int code) {
  result::ScenarioResult out = result_of(verdict, Impact::interop, cls);
  out.observed.code = code;
  return out;
}

RunOptions fail_on(Impact impact) {
  RunOptions out;
  out.fail_on = impact;
  return out;
}

}  // namespace

TEST_CASE("a fail counts from the impact of --fail-on on") {
  for (const Impact impact : {Impact::critical, Impact::data, Impact::interop, Impact::letter})
    for (const Impact from : {Impact::critical, Impact::data, Impact::interop, Impact::letter}) {
      const Ended ended = run({result_of(Verdict::fail, impact)}, fail_on(from));
      CAPTURE(scenario::impact_name(impact));
      CAPTURE(scenario::impact_name(from));
      const bool counts = impact <= from;  // gravest first
      CHECK(ended.code == (counts ? kExitFindings : kExitGood));
      CHECK(ended.kept.results[0].counts == counts);
      CHECK(ended.kept.results[0].verdict == Verdict::fail);  // in every report
      CHECK(ended.kept.end.summary.fail == 1);
      CHECK(ended.kept.end.uncounted[static_cast<std::size_t>(impact)] == (counts ? 0 : 1));
      CHECK(ended.kept.run.fail_on == from);
    }
}

TEST_CASE("the class raises the impact") {
  const auto ended = run({result_of(Verdict::fail, Impact::letter, Class::died)});
  CHECK(ended.code == kExitFindings);
  CHECK(ended.kept.results[0].impact == Impact::critical);
  CHECK(ended.reason() == "1 finding of impact critical");
}

TEST_CASE("the exit code's reason") {
  const auto letter = result_of(Verdict::fail, Impact::letter);
  const auto data = result_of(Verdict::fail, Impact::data);
  const auto interop = result_of(Verdict::fail, Impact::interop);
  const auto pass = result_of(Verdict::pass), error = result_of(Verdict::error);
  const auto skipped = result_of(Verdict::skipped);
  CHECK(run({data, data, letter}).reason() == "2 findings of impact data");
  CHECK(run({interop, data}).reason() == "1 finding of impact data, 1 finding of impact interop");
  CHECK(run({pass}).reason().empty());
  CHECK(run({pass, letter, letter}).reason() == "2 findings below --fail-on interop");
  CHECK(run({pass, letter, letter}).code == kExitGood);
  CHECK(run({pass, error}).code == kExitNotJudged);
  CHECK(run({pass, error}).reason() == "1 scenario not judged");
  CHECK(run({skipped}).code == kExitNotJudged);
  CHECK(run({skipped}).reason() == "everything was skipped");
  CHECK(run({}).code == kExitNotJudged);
  CHECK(run({data}, {}, true).code == kExitInterrupted);
  CHECK(run({data}, {}, true).reason() == "interrupted");
  const Ended away = run({error, error}, {}, false, "refused");
  CHECK(away.code == kExitNotJudged);
  CHECK(away.reason() == "the target could not be tested, no scenario was judged");
  CHECK(away.kept.run.unreachable.for_terminal() == "refused");
}

TEST_CASE("what no server was there for is skipped, and the run is not good") {
  auto left = result_of(Verdict::skipped);
  left.fact = result::fact(result::Cause::server_down);
  const auto pass = result_of(Verdict::pass), data = result_of(Verdict::fail, Impact::data);
  const Ended ended = run({pass, left, left});
  CHECK(ended.code == kExitNotJudged);
  CHECK(ended.reason() == "2 scenarios not judged");
  CHECK(ended.kept.results.back().without_server);
  CHECK(run({data, left}).code == kExitFindings);
  // Inside --require a skip is a finding, but not where nothing can be judged at all.
  RunOptions require;
  require.require = {"suite"};
  CHECK(run({pass, left}, require).code == kExitFindings);
  left.fact = result::fact(result::Cause::target_unreachable);
  CHECK(run({left}, require, false, "refused").code == kExitNotJudged);
}

TEST_CASE("findings win over errors, an interrupt over both") {
  const auto data = result_of(Verdict::fail, Impact::data), error = result_of(Verdict::error);
  CHECK(run({data, error}).code == kExitFindings);
  CHECK(run({error, data}, {}, true).code == kExitInterrupted);
  CHECK(run({result_of(Verdict::fail, Impact::letter), error}).code == kExitNotJudged);
}

TEST_CASE("--strict counts every fail, and the tolerated ones but for level may") {
  RunOptions strict;
  strict.strict = true;
  auto tolerated = result_of(Verdict::tolerated);
  CHECK(run({tolerated}).code == kExitGood);
  CHECK(run({tolerated}, strict).code == kExitFindings);
  CHECK(run({tolerated}, strict).reason() == "1 tolerated finding (--strict)");
  tolerated.level = scenario::Level::may;
  CHECK(run({tolerated}, strict).code == kExitGood);
  const Ended letter = run({result_of(Verdict::fail, Impact::letter)}, strict);
  CHECK(letter.code == kExitFindings);
  CHECK(letter.reason() == "1 finding of impact letter");
  CHECK(letter.kept.results[0].counts);
}

TEST_CASE("--require makes a skip inside its glob count") {
  RunOptions options;
  for (const auto& [glob, counts] :
       {std::pair{"suite", true}, {"suite/*", true}, {"other", false}}) {
    options.require = {glob};
    const Ended ended = run({result_of(Verdict::pass), result_of(Verdict::skipped)}, options);
    CAPTURE(options.require.front());
    CHECK(ended.code == (counts ? kExitFindings : kExitGood));
    CHECK(ended.kept.results[1].counts == counts);
    if (counts) CHECK(ended.reason() == "1 skip inside --require");
  }
}

TEST_CASE("what a scenario captured is hidden in all that comes after") {
  Kept kept;
  const std::vector<report::Observer*> observers{&kept};
  const RunOptions options;
  ResultPipeline pipeline(observers, options, {});
  pipeline.start({}, "");
  auto first = result_of(Verdict::fail);
  first.captured = {"session-5ecret"};
  first.observed.reason = "no session-5ecret here";
  pipeline.on_result(first);
  auto second = result_of(Verdict::fail);
  second.observed.reason = "again session-5ecret";
  pipeline.on_result(second);
  pipeline.on_notice("session-5ecret");
  CHECK(kept.results[0].observed.reason.for_terminal() == "no *** here");
  CHECK(kept.results[1].observed.reason.for_terminal() == "again ***");
  CHECK(kept.notice.for_terminal() == "***");
}

TEST_CASE("through a proxy only what differs is a finding") {
  const auto good = closed(Verdict::pass, Class::exact, 1007);
  const auto other = closed(Verdict::pass, Class::exact, 1002);
  const auto bad = closed(Verdict::fail, Class::other_code, 1011);
  const auto worse = result_of(Verdict::fail, Impact::interop, Class::drop);
  const auto lax = closed(Verdict::tolerated, Class::drop, 1006);
  const auto error = result_of(Verdict::error);
  const auto skipped = result_of(Verdict::skipped);
  struct Row {
    result::ScenarioResult direct, proxied;
    Verdict verdict;
  };
  for (const Row& row : {Row{good, good, Verdict::pass}, Row{bad, bad, Verdict::pass},
                         Row{good, bad, Verdict::fail}, Row{lax, bad, Verdict::fail},
                         Row{good, error, Verdict::fail}, Row{good, lax, Verdict::tolerated},
                         Row{good, other, Verdict::tolerated}, Row{bad, good, Verdict::tolerated},
                         Row{bad, worse, Verdict::tolerated}, Row{good, skipped, Verdict::skipped},
                         Row{skipped, bad, Verdict::skipped}, Row{error, bad, Verdict::skipped}})
    CHECK(through(row.direct, row.proxied).verdict == row.verdict);
  const auto finding = through(good, worse);
  CHECK(finding.counts);
  CHECK(finding.cls == Class::drop);
  CHECK(finding.diagnosis.for_terminal().starts_with(
      "Only through the proxy; without it: Close 1007"));
  CHECK(through(good, good).diagnosis.empty());
}
