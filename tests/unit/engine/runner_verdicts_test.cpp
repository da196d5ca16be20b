// The verdicts that the runner gives by itself, and why a scenario is not run.
#include "engine/runner_verdicts.h"

#include "engine/skip_reason.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include "loader/load.h"
#include "net/connection.h"

using namespace wsspec;
using namespace wsspec::engine;
using result::Cause;
using State = HealthCheck::State;

namespace {

/// A target, the profile it declares, and what the probes found.
struct Target {
  explicit Target(const std::string& json = "{}", const char* address = "127.0.0.1") {
    auto read = loader::load_profile({"p.json", json, false}, {});
    REQUIRE(read.problems.empty());
    profile = std::move(read.profile);
    auto resolved = net::resolve(address, 80);
    REQUIRE(resolved);
    where = resolved->front();
  }
  std::optional<result::Fact> reason(const scenario::Scenario& scenario) const {
    return reason_to_skip(scenario, profile, where, probed);
  }
  scenario::Profile profile;
  net::Address where;
  Probed probed;
};

scenario::Scenario requiring(const std::vector<std::string>& names) {
  scenario::Scenario out;
  for (const std::string& name : names) out.requires_.push_back(scenario::requirement_of(name));
  return out;
}

struct Row {
  std::string required;
  Cause cause;
  std::string what;
};

}  // namespace

TEST_CASE("what a scenario requires and the target has not: its kind, its name, its text") {
  Target target(R"({"policy": {"message_rate": {"limit": 5, "window_ms": 300}}})");
  target.probed.capabilities = {{"echo", true}, {"binary", false}, {"tls", true}};
  const Row rows[] = {
      {"policy.idle", Cause::policy_not_declared, "policy.idle"},
      {"policy.message_rate.counts.ping", Cause::policy_not_declared,
       "policy.message_rate.counts.ping"},
      {"!policy.message_rate", Cause::policy_declared, "policy.message_rate"},
      {"trigger.kick", Cause::trigger_not_declared, "trigger.kick"},
      {"binary", Cause::capability_missing, "binary"},
      {"deflate", Cause::capability_missing, "deflate"},
      {"!tls", Cause::capability_present, "tls"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.required);
    const auto reason = target.reason(requiring({"echo", row.required}));
    REQUIRE(reason);
    CHECK(reason->cause == row.cause);
    CHECK(reason->text == row.what);
  }
  CHECK_FALSE(target.reason(requiring({"echo", "policy.message_rate", "!policy.idle", "!binary"})));
}

TEST_CASE("a scenario that sends a type of data which the target excludes is skipped") {
  const Target texts(R"({"policy": {"text_only": true}})");
  scenario::Scenario sends;
  scenario::Item item;
  item.kind = scenario::Item::Kind::binary;
  sends.steps.resize(1);
  sends.steps[0].what = scenario::SendStep{{item}};
  const auto reason = texts.reason(sends);
  REQUIRE(reason);
  CHECK(reason->cause == Cause::policy_declared);
  CHECK(reason->text == "policy.text_only");
  CHECK_FALSE(Target().reason(sends));
}

TEST_CASE("the control is wanted where invalid data is sent, unless the scenario says otherwise") {
  const auto sending = [](scenario::Item::Kind kind, scenario::Payload payload) {
    scenario::Scenario out;
    scenario::Item item;
    item.kind = kind;
    item.payload = std::move(payload);
    out.steps.resize(1);
    out.steps[0].what = scenario::SendStep{{item}};
    return out;
  };
  using Kind = scenario::Item::Kind;
  using scenario::Payload;
  CHECK_FALSE(wants_control(sending(Kind::text, Payload::text("good"))));
  CHECK_FALSE(wants_control(sending(Kind::binary, Payload::octets({0xff}))));
  CHECK_FALSE(wants_control(sending(Kind::close, Payload::octets({0x03, 0xe8}))));
  CHECK(wants_control(sending(Kind::close, Payload::octets({0x03}))));
  CHECK(wants_control(sending(Kind::ping, Payload::repeat(Payload::text("a"), 126))));
  CHECK(wants_control(sending(Kind::frame, Payload::text("good"))));
  auto bad = sending(Kind::text, Payload::octets({0xff}));
  CHECK(wants_control(bad));
  bad.needs_control = false;
  CHECK_FALSE(wants_control(bad));
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
    CHECK(target->reason(direct)->cause == Cause::source_address_out_of_reach);
    CHECK(target->reason(direct)->text == "127.0.0.2");
    REQUIRE(target->reason(grouped));
    CHECK(target->reason(grouped)->text == "127.0.0.3");
  }
}

TEST_CASE("more connections at once than the target declares") {
  const Target limited(R"({"policy": {"connections": {"limit": 3}}})");
  scenario::Scenario crowd;
  crowd.groups.push_back({"crowd", 9, {}});
  const auto reason = limited.reason(crowd);
  REQUIRE(reason);
  CHECK(reason->cause == Cause::connections_promised);
  CHECK(reason->text == "it takes 10 connections at once, and policy.connections.limit is 3");
}

TEST_CASE("skipped and not judged: the verdict and its reason, nothing else") {
  result::ScenarioResult result;
  mark_skipped(result, result::fact(Cause::not_run));
  CHECK(result.verdict == result::Verdict::skipped);
  CHECK(result.fact.cause == Cause::not_run);
  for (const Cause why : {Cause::died_among_others, Cause::interrupted, Cause::out_of_time}) {
    mark_not_judged(result, result::fact(why));
    CHECK(result.verdict == result::Verdict::error);
    CHECK(result.fact.cause == why);
    CHECK(result.cls == result::Class::none);
  }
}

TEST_CASE("a failed control shows what came") {
  Probed probed;
  probed.problem = {.cause = Cause::other_close, .code = 1003};
  probed.control.observed.code = 1003;
  probed.control.observed.reason = "no text";
  probed.control.transcript.resize(2);
  result::ScenarioResult result;
  mark_control_failed(result, probed);
  CHECK(result.verdict == result::Verdict::error);
  CHECK(result.fact.cause == Cause::control_failed);
  REQUIRE(result.fact.of.size() == 1);
  CHECK(result.fact.of.front().code == 1003);
  CHECK(result.observed.reason == "no text");
  CHECK(result.transcript.size() == 2);
}

TEST_CASE("blame: died or hung, the reason of a tolerated one goes, a finding of its own stays") {
  result::ScenarioResult tolerated;
  tolerated.verdict = result::Verdict::tolerated;
  tolerated.because = "allowed";
  tolerated.fact = result::fact(Cause::ended_without_close);
  mark_blamed(tolerated, {Blame::Proof::only_one, State::dead});
  CHECK(tolerated.verdict == result::Verdict::fail);
  CHECK(tolerated.cls == result::Class::died);
  CHECK(tolerated.because.empty());
  CHECK(tolerated.fact.cause == Cause::died_for_a_while);
  CHECK(tolerated.fact.of.empty());

  result::ScenarioResult failed;
  failed.verdict = result::Verdict::fail;
  failed.cls = result::Class::broken;
  failed.fact = result::fact(Cause::frame_masked);
  mark_blamed(failed, {Blame::Proof::read_last, State::stuck, 2});
  CHECK(failed.cls == result::Class::hung);
  CHECK(failed.fact.cause == Cause::stuck_at_last_read);
  CHECK(failed.fact.count == 2);
  REQUIRE(failed.fact.of.size() == 1);
  CHECK(failed.fact.of.front().cause == Cause::frame_masked);
}
