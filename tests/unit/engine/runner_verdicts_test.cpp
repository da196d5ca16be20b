// The verdicts that the runner gives by itself, and why a scenario is not run.
#include "engine/runner_verdicts.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include "scenario/load.h"

using namespace wsspec;
using namespace wsspec::engine;
using Kind = SkipReason::Kind;
using State = HealthCheck::State;

namespace {

/// A target, the profile it declares, and what the probes found.
struct Target {
  explicit Target(const std::string& json = "{}", const char* address = "127.0.0.1") {
    auto read = scenario::load_profile({"p.json", json, false}, {});
    REQUIRE(read.problems.empty());
    profile = std::move(read.profile);
    auto resolved = net::resolve(address, 80);
    REQUIRE(resolved);
    where = resolved->front();
  }
  std::optional<SkipReason> reason(const scenario::Scenario& scenario) const {
    return reason_to_skip(scenario, profile, where, probed);
  }
  scenario::Profile profile;
  net::Address where;
  Probed probed;
};

scenario::Scenario requiring(std::vector<std::string> names) {
  scenario::Scenario out;
  out.requires_ = std::move(names);
  return out;
}

struct Row {
  std::string required;
  Kind kind;
  std::string what, text;
};

}  // namespace

TEST_CASE("what a scenario requires and the target has not: its kind, its name, its text") {
  Target target(R"({"policy": {"message_rate": {"limit": 5, "window_ms": 300}}})");
  target.probed.capabilities = {{"echo", true}, {"binary", false}};
  const Row rows[] = {
      {"policy.idle", Kind::policy_missing, "policy.idle", "the target declares no policy.idle"},
      {"policy.message_rate.counts.ping", Kind::policy_missing, "policy.message_rate.counts.ping",
       "the target declares no policy.message_rate.counts.ping"},
      {"!policy.message_rate", Kind::policy_declared, "policy.message_rate",
       "the target declares policy.message_rate"},
      {"trigger.kick", Kind::trigger_missing, "trigger.kick",
       "the target's profile has no trigger.kick"},
      {"binary", Kind::capability_missing, "binary", "the target has no capability 'binary'"},
      {"deflate", Kind::capability_missing, "deflate", "the target has no capability 'deflate'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.required);
    const auto reason = target.reason(requiring({"echo", row.required}));
    REQUIRE(reason);
    CHECK(reason->kind == row.kind);
    CHECK(reason->what == row.what);
    CHECK(reason->text() == row.text);
  }
  CHECK_FALSE(target.reason(requiring({"echo", "policy.message_rate", "!policy.idle"})));
}

TEST_CASE(
    "a big scenario is skipped where the target limits its messages, unless it is about that") {
  const Target limited(R"({"policy": {"message_bytes": {"limit": 1000}}})");
  scenario::Scenario big;
  big.tags = {"big"};
  const auto reason = limited.reason(big);
  REQUIRE(reason);
  CHECK(reason->kind == Kind::policy_declared);
  CHECK(reason->text() == "the target declares policy.message_bytes");
  CHECK_FALSE(Target().reason(big));
}

TEST_CASE("a source address reaches a target on 127.0.0.0/8 only") {
  scenario::Scenario direct, grouped;
  direct.connect.from = "127.0.0.2";
  grouped.groups.push_back({"crowd", 2, {}});
  grouped.groups.back().connect.from = "127.0.0.3";
  CHECK_FALSE(Target().reason(direct));
  const Target elsewhere("{}", "192.0.2.1"), six("{}", "::1");
  CHECK_FALSE(elsewhere.reason(scenario::Scenario{}));
  for (const Target* target : {&elsewhere, &six}) {
    REQUIRE(target->reason(direct));
    CHECK(target->reason(direct)->kind == Kind::source_address);
    CHECK(target->reason(direct)->what == "127.0.0.2");
    REQUIRE(target->reason(grouped));
    CHECK(target->reason(grouped)->text() ==
          "it connects from 127.0.0.3, which reaches only a target on 127.0.0.0/8");
  }
}

TEST_CASE("more connections at once than the target declares") {
  const Target limited(R"({"policy": {"connections": {"limit": 3}}})");
  scenario::Scenario crowd;
  crowd.groups.push_back({"crowd", 9, {}});
  const auto reason = limited.reason(crowd);
  REQUIRE(reason);
  CHECK(reason->kind == Kind::too_many_connections);
  CHECK(reason->text() == "it takes 10 connections at once, and policy.connections.limit is 3");
}

TEST_CASE("skipped and not judged: the verdict and its reason, nothing else") {
  result::ScenarioResult result;
  mark_skipped(result, {Kind::fail_fast, {}});
  CHECK(result.verdict == result::Verdict::skipped);
  CHECK(result.because == "not run (--fail-fast)");
  const std::pair<NotJudged, std::string> rows[] = {
      {NotJudged::control_failed, "the control failed, valid text is not accepted: why"},
      {NotJudged::server_down, "the server is down"},
      {NotJudged::interrupted, "interrupted"},
      {NotJudged::out_of_time, "out of time (--max-time)"},
  };
  for (const auto& [why, text] : rows) {
    mark_not_judged(result, why, "why");
    CHECK(result.verdict == result::Verdict::error);
    CHECK(result.because == text);
    CHECK(result.cls == result::Class::none);
  }
}

TEST_CASE("blame: died or hung, the reason of a tolerated one goes, a finding of its own stays") {
  result::ScenarioResult tolerated;
  tolerated.verdict = result::Verdict::tolerated;
  tolerated.because = "allowed";
  tolerated.observed.detail = "dropped";
  mark_blamed(tolerated, {Blame::Proof::only_one, State::dead});
  CHECK(tolerated.verdict == result::Verdict::fail);
  CHECK(tolerated.cls == result::Class::died);
  CHECK(tolerated.because.empty());
  CHECK(tolerated.observed.detail ==
        "after this scenario the server does not answer a fresh handshake, for a while");

  result::ScenarioResult failed;
  failed.verdict = result::Verdict::fail;
  failed.cls = result::Class::broken;
  failed.observed.detail = "masked frame";
  mark_blamed(failed, {Blame::Proof::stayed_down, State::stuck, 2});
  CHECK(failed.cls == result::Class::hung);
  CHECK(failed.observed.detail ==
        "masked frame; while this and 2 other scenarios ran, the server got so that it is stuck: a "
        "fresh connection is opened, but a message on it gets no answer");
}
