// What the engine asks the judge beside verdicts: may a probe be sent, what is an expectation
// about, is a scenario about a policy, how slow were the answers.
#include <doctest/doctest.h>

#include "records.h"

using namespace wsspec;
using namespace wsspec::judge::test;

namespace {

/// Of one outcome: may a probe be sent, is it about the handshake's answer, about the end.
struct Row {
  std::string name;
  scenario::Outcome outcome;
  bool probe, http, end;
};

}  // namespace

TEST_CASE("what each outcome is about, and whether a ping of our own would disturb it") {
  const std::vector<Row> rows = {
      {"close", closes(1007), true, false, true},
      {"accepted", accepted(), true, false, false},
      {"echo", echoed(), true, false, false},
      {"message", message(), false, false, false},
      {"pong", ponged(), false, false, false},
      {"http", http({400}), false, true, false},
      {"drop", drops(), true, false, true},
      {"open_for", stays_open(100), false, false, false},
      {"silence", silent(100), false, false, false},
      {"by_payload", by_payload(), true, false, true},
      {"by_policy", by_policy("x"), true, true, true},
      {"any_of nothing of these", any_of({message(), silent(1)}), false, false, false},
      {"any_of a close among others", any_of({message(), closes(1007)}), true, false, true},
      {"any_of an http among others", any_of({http({400}), message()}), false, true, false},
      {"any_of inside any_of", any_of({message(), any_of({http({400}), drops()})}), true, true,
       true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    scenario::ExpectStep step;
    step.outcome = row.outcome;
    CHECK(judge::probe_allowed(step.outcome, step) == row.probe);
    CHECK(judge::wants_http(step) == row.http);
    CHECK(judge::wants_end(step) == row.end);

    // As one that is tolerated, it is asked for as well; a probe is the outcome's own affair.
    scenario::ExpectStep tolerant;
    tolerant.outcome = message();
    tolerant.tolerate = {row.outcome};
    CHECK(judge::wants_http(tolerant) == row.http);
    CHECK(judge::wants_end(tolerant) == row.end);

    // Where the time of an idle connection is measured, nothing of ours may go out.
    step.not_before_ms = 1;
    CHECK_FALSE(judge::probe_allowed(step.outcome, step));
    step.not_before_ms = 0;
    step.since_connect = true;
    CHECK_FALSE(judge::probe_allowed(step.outcome, step));
  }
}

TEST_CASE("acceptance that the target shows in another way than by an echo") {
  judge::TargetFacts mute;
  mute.echo = false;
  const session::ExchangeRecord good = static_cast<Seen>(Record().opened().text("a")).record;
  const session::ExchangeRecord bad = static_cast<Seen>(Record().opened().text("\xff")).record;
  CHECK(judge::wants_acceptance(accepted(), good, mute));
  CHECK(judge::wants_acceptance(by_payload(), good, mute));
  CHECK_FALSE(judge::wants_acceptance(by_payload(), bad, mute));
  CHECK(judge::wants_acceptance(any_of({closes(1007), accepted()}), good, mute));
  CHECK_FALSE(judge::wants_acceptance(any_of({closes(1007), drops()}), good, mute));
  CHECK_FALSE(judge::wants_acceptance(closes(1007), good, mute));
  CHECK_FALSE(judge::wants_acceptance(message(), good, mute));
  CHECK_FALSE(judge::wants_acceptance(accepted(), good, judge::TargetFacts{}));
}

TEST_CASE("a scenario is about a policy by its suite or by what it requires") {
  scenario::Scenario scenario;
  scenario.suite = "policy";  // the name of a suite decides nothing
  CHECK_FALSE(judge::is_policy(scenario));
  scenario.requires_ = {scenario::requirement_of("echo"), scenario::requirement_of("policymaker")};
  CHECK_FALSE(judge::is_policy(scenario));
  scenario.requires_.push_back(scenario::requirement_of("policy.token.expired"));
  CHECK(judge::is_policy(scenario));
  scenario.requires_.clear();
  scenario.about_policy = true;
  CHECK(judge::is_policy(scenario));
}

TEST_CASE("latency: the time in which 99 of 100 answers came") {
  const auto p99 = [](const Seen& seen, std::uint64_t limit = UINT64_MAX) {
    return judge::latency_p99(seen.record, limit);
  };
  CHECK(p99(Record().opened().text("a")) == std::nullopt);
  CHECK(p99(Record().opened().text("a").at(7).echo()) == 7);
  CHECK(p99(Record().opened().text("a").at(7.1).echo()) == 8);
  CHECK(p99(Record().opened().at(100).text("a").at(107).echo()) == 7);
  // Of two the slower: 99 of 100 means all of them.
  CHECK(p99(Record().opened().text("a").text("b").at(5).echo().at(9).echo()) == 9);
  CHECK(p99(Record().opened().burst("r", 100).at(5).echoes(99).at(900).echo()) == 5);
  CHECK(p99(Record().opened().burst("r", 100).at(5).echoes(98).at(900).echoes(2)) == 900);
  // What is not answered has no time; what a step has taken is asked for no more.
  CHECK(p99(Record().opened().text("a").text("b").at(5).echo().at(900)) == 5);
  CHECK(p99(Record().opened().text("a").text("b").at(5).echo().at(9).echo().taken(1)) == 9);
  CHECK(p99(Record().opened().text("a").text("b").at(5).echo().at(9).echo(), 1) == 5);
}
