// Handshakes that were refused, answered wrongly or not at all, although the script did not ask for
// that.
#include "engine/scenario_run.h"
#include "engine/step_state.h"

namespace wsspec::engine {
namespace {

bool own_handshake(const scenario::ConnectOptions& connect) {
  return connect.path || !connect.headers.empty() || connect.subprotocols ||
         !connect.from.empty() || connect.tls.any() || connect.extensions ||
         connect.token.kind != scenario::TokenChoice::Kind::valid || !connect.handshake;
}

/// How a server without a free slot met the connection; nullptr: it did not.
const char* how_turned_away(const session::ExchangeRecord& record) {
  using session::Failure;
  if (!record.never_opened()) return nullptr;
  if (record.response && record.response->status == 503) return "refused with HTTP 503";
  if (record.failure == Failure::hangup) return "dropped without an answer";
  if (record.failure == Failure::timeout) return "left without an answer";
  return nullptr;
}

}  // namespace

std::optional<TargetSeen::TurnedAway> turned_away(const session::ExchangeRecord& record) {
  using session::Failure;
  if (record.connected_at == net::TimePoint{} || record.response) return std::nullopt;
  if (record.failure == Failure::hangup)
    return TargetSeen::TurnedAway{.at = net::Clock::now(), .dropped = true};
  if (record.failure == Failure::timeout)
    return TargetSeen::TurnedAway{.at = record.connected_at, .dropped = false};
  return std::nullopt;
}

// A 101 that is none is the server's fault, whatever was wanted: it has shown a good one to the
// control before. Where the control itself gets one, nothing can be judged.
bool ScenarioRun::is_broken_101(const session::Session& session) const {
  using Failure = session::Failure;
  // What answers a script's own handshake has answered the control as a server should.
  const bool no_http = session.record().failure == Failure::not_http && session.record().scripted;
  return (session.record().failure == Failure::bad_101 || no_http) && !scenario_.control;
}

// A handshake that was refused although the script did not ask for that.
bool ScenarioRun::refusal(Member& member) {
  const session::ExchangeRecord& record = member.session->record();
  if (!record.never_opened()) return false;
  if (record.scripted && member.end_expected) return false;  // asked for, and judged
  if (is_broken_101(*member.session)) {
    decide(result::broken(record.failure_fact, scenario_.level), &member);
    stop_script();
    return true;
  }
  decided_by_ = &member;
  // A step has asked for it, or tolerated it: the rest of the script has nothing to run on.
  if (record.phase == session::Phase::refused && member.end_expected) {
    finish_script();
    return true;
  }
  if (record.phase == session::Phase::refused)
    refused_by_status(record.response->status);
  else
    not_opened(record);
  return true;
}

// Alone with the server, a scenario has opened and ended many connections: it refuses a new one
// because it still counts them. A policy may want just that.
std::optional<result::Fact> ScenarioRun::slots_leaked(const session::ExchangeRecord& record) const {
  constexpr std::uint64_t kMany = 8;
  const char* how = how_turned_away(record);
  if (how == nullptr || !scenario_.exclusive || opened_ <= kMany || judge::is_policy(scenario_))
    return std::nullopt;
  return result::Fact{.cause = result::Cause::slots_leaked, .detail = how, .count = opened_};
}

void ScenarioRun::refused_by_status(int status) {
  seen_.refused = opened_ == 0 && (status == 429 || status == 503);
  const result::Fact fact{.cause = result::Cause::handshake_refused, .status = status};
  // Where the same handshake was accepted a moment ago, or the scenario has one of its own and a
  // plain one is accepted, that is what the server does: a finding.
  if (opened_ == 0 && !own_handshake(scenario_.connect)) {
    give_up(fact);
    return;
  }
  decide(result::deviation(result::Class::other_code, fact, scenario_.level), decided_by_);
  stop_script();
  scenario::Outcome wanted;
  wanted.kind = scenario::Outcome::Kind::http;
  wanted.http.statuses = {101};
  result_.expected = {wanted};
}

void ScenarioRun::not_opened(const session::ExchangeRecord& record) {
  using session::Failure;
  if (record.own_trouble) return give_up(*record.own_trouble);
  // The server did not accept the scenario's own TLS.
  if (record.failure == Failure::hangup && scenario_.connect.tls.any()) {
    decide(result::deviation(result::Class::drop, record.failure_fact, scenario_.level),
           decided_by_);
    stop_script();
    return;
  }
  seen_.refused = record.failure == Failure::connect;
  if (!record.scripted && !own_handshake(scenario_.connect))
    seen_.turned_away = turned_away(record);
  if (record.tls_failure != net::TlsFailure::cut) seen_.tls_failure = record.tls_failure;
  seen_.unreachable = record.failure == Failure::connect || record.failure == Failure::timeout;
  give_up(record.failure_fact);
}

}  // namespace wsspec::engine
