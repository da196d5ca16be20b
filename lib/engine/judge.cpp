#include "engine/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/message_search.h"

namespace wsspec::engine {
namespace {

using scenario::Outcome;
using State = Judgement::State;

constexpr int kGraceMs = 100;  ///< our own lateness on a busy machine is not the server's

bool has_tag(const scenario::Scenario& scenario, std::string_view tag) {
  return std::find(scenario.tags.begin(), scenario.tags.end(), tag) != scenario.tags.end();
}

// Only what octets behind the fault caused: an echo or a pong that answers them. Our own probe
// does not count, nor does a fault whose end is not known yet (the message is still open). Where
// the target does not echo, equal octets came from somebody else in the same room.
bool processed_after_fault(const Session& session, const JudgeInput& input) {
  const Fault& fault = session.outbound().fault();
  if (is_policy(input.scenario) || fault.source == Fault::Source::none || !fault.settled)
    return false;
  for (const auto& entry : session.outbound().ledger()) {
    if (entry.own_probe || entry.answered == 0) continue;
    if (entry.kind == LedgerEntry::Kind::message && !input.facts.echo) continue;
    if (entry.end > fault.behind) return true;
    // The bad text itself came back, and then the Close.
    if (entry.kind == LedgerEntry::Kind::message && entry.end == fault.behind && fault.violation &&
        fault.violation->kind == wire::ViolationKind::text_not_utf8)
      return true;
  }
  return false;
}

/// The message that is our fault, if it was answered.
const LedgerEntry* answered_fault(const Session& session, const JudgeInput& input) {
  const Fault& fault = session.outbound().fault();
  if (!input.facts.echo) return nullptr;
  if (fault.source == Fault::Source::none || !fault.settled) return nullptr;
  for (const auto& entry : session.outbound().ledger())
    if (entry.kind == LedgerEntry::Kind::message && entry.end == fault.behind && entry.answered > 0)
      return &entry;
  return nullptr;
}

bool pong_inside_faulty_message(const Session& session) {
  const Fault& fault = session.outbound().fault();
  if (fault.source == Fault::Source::none) return false;
  for (const auto& entry : session.outbound().ledger())
    if (entry.kind == LedgerEntry::Kind::ping && !entry.own_probe && entry.answered > 0 &&
        entry.end > fault.at && (!fault.settled || entry.end <= fault.behind))
      return true;
  return false;
}

bool came_late(const Session& session) {
  if (session.released_at() && session.close_at() >= *session.released_at()) return true;
  return pong_inside_faulty_message(session);
}

Judgement match(Class cls, std::string detail = {}) {
  return {State::match, cls, std::move(detail), {}, {}, false, 0};
}
Judgement match_by(std::string barrier) {
  return {State::match, Class::none, {}, std::move(barrier), {}, false, 0};
}
Judgement mismatch(Class cls, std::string detail) {
  return {State::mismatch, cls, std::move(detail), {}, {}, false, 0};
}
Judgement pending(int again_ms = 0) {
  return {State::pending, Class::none, {}, {}, {}, false, again_ms};
}

std::string code_text(const Session& session) {
  const int code = *session.close_code();
  return code == 1005 ? "a Close without a code" : fmt::format("Close {}", code);
}

/// The server ended the connection although something else was wanted.
Judgement unwanted_end(const Session& session, const JudgeInput& input) {
  if (session.close_received()) {
    const int code = *session.close_code();
    if (has_tag(input.scenario, "big") && (code == 1009 || code == 1008))
      return mismatch(Class::limit, fmt::format("the server closed with {}: its own limit", code));
    if (processed_after_fault(session, input))
      return mismatch(Class::processed_after_fault,
                      "the server acted on what came behind the fault, then closed");
    return mismatch(Class::other_code, "the server closed: " + code_text(session));
  }
  return mismatch(Class::drop, session.end() == End::reset
                                   ? "the server reset the connection without a Close frame"
                                   : "the server ended the connection without a Close frame");
}

/// Where the step's times count from.
net::TimePoint reference(const Session& session, const JudgeInput& input) {
  return input.step.since_connect ? session.opened_at() : session.reference();
}

/// What came, came too early or too late.
std::optional<Judgement> at_a_wrong_time(std::string_view what, double ms,
                                         const JudgeInput& input) {
  if (ms + 1 < input.step.not_before_ms)
    return mismatch(Class::none, fmt::format("{} too early: after {:.0f} ms, not before {} ms "
                                             "was allowed",
                                             what, ms, input.step.not_before_ms));
  if (input.step.within_ms && ms > *input.step.within_ms + kGraceMs)
    return mismatch(Class::none, fmt::format("{} too late: after {:.0f} ms", what, ms));
  return std::nullopt;
}

/// What it means that nothing decisive came until the deadline.
Judgement no_close(const Session& session, const JudgeInput& input) {
  if (session.stalled()) return mismatch(Class::hung, "the server stopped reading");
  if (answered_fault(session, input) != nullptr)
    return mismatch(Class::accepted, "the server echoed it as if it were good");
  if (input.facts.echo && !input.facts.chatty && !session.strays().empty())
    return mismatch(Class::repaired, "the server answered with other octets than it was sent");
  if (session.outbound().text_not_utf8() && passed_on_repaired(session, input.received_next))
    return mismatch(Class::repaired, "the server passed it on with U+FFFD for the bad octets");
  if (session.outbound().messages_answered() > 0 && !session.outbound().fault_is_out())
    return mismatch(Class::accepted, "the server answered and did not close");
  if (session.probe_answered())
    return mismatch(Class::accepted, "the server did not close and still answers pings");
  if (session.probe_sent()) return mismatch(Class::hung, "neither a Close nor any answer came");
  if (session.inside_frame())
    return mismatch(Class::accepted, "the server went on waiting for the rest of the frame");
  return mismatch(Class::hung, "neither a Close nor any answer came");
}

/// How long it has been quiet since the wrong answer. A flood never is: its first answer counts.
int quiet_ms(net::TimePoint wrong_answer, const Session& session, const JudgeInput& input) {
  const auto from =
      session.floods() ? std::max(wrong_answer, session.reference()) : session.last_activity();
  return static_cast<int>(net::ms_between(from, input.now));
}

// A complete wrong echo decides without waiting for within_ms: only a Close that is on its way
// could still turn it into "processed after the fault".
std::optional<Judgement> wrong_echo(const Session& session, const JudgeInput& input) {
  if (!input.facts.echo || is_policy(input.scenario)) return std::nullopt;
  const bool stray = !session.strays().empty() && !input.facts.chatty;
  const LedgerEntry* echoed = answered_fault(session, input);
  if (echoed == nullptr && !stray) return std::nullopt;
  const auto at = echoed != nullptr ? echoed->answered_at : session.strays().front().at;
  const int since = quiet_ms(at, session, input);
  if (since >= input.facts.settle_ms || input.deadline) return no_close(session, input);
  return pending(input.facts.settle_ms - since);
}

/// The first message of the server that no step has taken; null if there is none.
const Received* next_message(const Session& session, const JudgeInput& input) {
  for (const Received& message : session.received())
    if (message.serial >= input.received_next) return &message;
  return nullptr;
}

Judgement judge_close(const Outcome& outcome, const Session& session, const JudgeInput& input) {
  if (input.step.next && next_message(session, input) != nullptr)
    return mismatch(Class::none, "a message came first");
  if (session.close_received()) {
    if (!outcome.codes.has(*session.close_code())) return unwanted_end(session, input);
    if (processed_after_fault(session, input))
      return mismatch(Class::processed_after_fault,
                      "the server acted on what came behind the fault before it closed");
    const std::string& reason = session.close_reason();
    if (outcome.codes.reason_matches &&
        !std::regex_search(reason, outcome.codes.reason_matches->compiled))
      return mismatch(Class::other_code, fmt::format("the Close reason does not match /{}/",
                                                     outcome.codes.reason_matches->source));
    if (outcome.codes.reason_not_matches &&
        std::regex_search(reason, outcome.codes.reason_not_matches->compiled))
      return mismatch(Class::other_code, fmt::format("the Close reason matches /{}/",
                                                     outcome.codes.reason_not_matches->source));
    const double ms = net::ms_between(reference(session, input), session.close_at());
    if (const auto wrong = at_a_wrong_time("closed", ms, input)) return *wrong;
    const std::uint64_t done = input.facts.echo ? session.outbound().messages_answered()
                                                : session.outbound().messages_sent();
    if (input.step.after_messages_min && done < *input.step.after_messages_min)
      return mismatch(Class::none,
                      fmt::format("closed too early: after {} messages, {} are allowed", done,
                                  *input.step.after_messages_min));
    // Where nothing is answered, more may have been written than the server had read.
    if (input.step.after_messages_max && input.facts.echo && done > *input.step.after_messages_max)
      return mismatch(Class::none,
                      fmt::format("closed too late: after {} messages, the limit is {}", done,
                                  *input.step.after_messages_max));
    if (came_late(session)) return match(Class::late, "only after the withheld octets were sent");
    return match(Class::exact);
  }
  if (session.ended()) return unwanted_end(session, input);
  if (const auto decided = wrong_echo(session, input)) return *decided;
  if (input.deadline) return no_close(session, input);
  return pending();
}

/// Messages of ours that an answer is due for. `open` = those no expect step has taken yet.
struct OpenMessages {
  std::uint64_t count = 0, answered = 0;
  bool any = false;
};

OpenMessages open_messages(const Session& session, std::uint64_t limit) {
  OpenMessages open;
  std::uint64_t entries = 0;
  for (const auto& entry : session.outbound().ledger()) {
    if (entry.kind != LedgerEntry::Kind::message || entry.consumed || entry.behind_own_close)
      continue;
    if (entries++ >= limit) break;
    open.any = true;
    open.count += entry.count;
    open.answered += entry.answered;
  }
  return open;
}

/// Only a pong vouches: it proves nothing by itself, so a Close gets settle_ms more to arrive.
/// Where pings are not answered either, it is the connection that stays open until the deadline.
Judgement judge_barrier(const Session& session, const JudgeInput& input) {
  if (!input.facts.ping && !input.facts.echo)
    return input.deadline ? match_by("silence") : pending();
  if (session.probe_answered()) {
    const int since = static_cast<int>(net::ms_between(*session.probe_answered(), input.now));
    if (since < input.facts.settle_ms) return pending(input.facts.settle_ms - since);
    return match_by("ping");
  }
  if (input.deadline)
    return mismatch(Class::hung, input.facts.echo ? "no answer, not even to a ping"
                                                  : "neither an echo nor a pong came");
  return pending();
}

// Messages are read in order: whoever answers the one that was sent behind has taken those before.
// A reply that may be an older one's gives the Close settle_ms more to arrive.
Judgement judge_reply(const Session& session, const JudgeInput& input) {
  const Received* reply =
      find_message(input.reply->rule, session, input.reply->from, input.searched);
  if (reply != nullptr && input.reply->numbered) return match_by("message");
  if (session.close_received() || session.ended()) return unwanted_end(session, input);
  if (reply != nullptr) {
    const int since = static_cast<int>(net::ms_between(reply->at, input.now));
    if (since >= input.facts.settle_ms) return match_by("message");
    return pending(input.facts.settle_ms - since);
  }
  if (session.stalled()) return mismatch(Class::hung, "the server stopped reading");
  if (input.deadline)
    return mismatch(Class::hung, session.probe_answered()
                                     ? "no reply to the harmless message, though pings are answered"
                                     : "no reply to the harmless message");
  return pending();
}

Judgement judge_unechoed(const Session& session, const JudgeInput& input, std::uint64_t limit) {
  if (input.reply != nullptr && limit == UINT64_MAX) return judge_reply(session, input);
  if (session.close_received() || session.ended()) return unwanted_end(session, input);
  if (limit != UINT64_MAX) return mismatch(Class::hung, "the target does not echo");
  return judge_barrier(session, input);
}

Judgement judge_answers(const Session& session, const JudgeInput& input, std::uint64_t limit) {
  if (!input.facts.echo) return judge_unechoed(session, input, limit);
  const OpenMessages open = open_messages(session, limit);
  const bool complete = open.any && open.answered >= open.count;
  if (complete && (limit == UINT64_MAX || open.count >= limit || open.count > 0)) {
    const auto p99 = latency_p99(session, limit);
    if (input.step.latency_ms && p99 && *p99 > *input.step.latency_ms)
      return mismatch(Class::none, fmt::format("slow: 99 of 100 answers took up to {} ms, {} ms "
                                               "are allowed",
                                               *p99, *input.step.latency_ms));
    return match(Class::none);
  }
  if (session.close_received() || session.ended()) {
    // The Close that a fault behind them earns may overtake the answers to good messages.
    if (session.close_received() && session.outbound().fault_is_out() && limit != UINT64_MAX &&
        session.strays().empty())
      return match(Class::none, "the Close overtook the echo");
    return unwanted_end(session, input);
  }
  if (!open.any) return judge_barrier(session, input);
  if (!input.facts.chatty && !session.strays().empty()) {
    const int since = quiet_ms(session.strays().front().at, session, input);
    if (since >= input.facts.settle_ms || input.deadline)
      return mismatch(Class::repaired, "the echo differs from what was sent");
    return pending(input.facts.settle_ms - since);
  }
  if (session.stalled()) return mismatch(Class::hung, "the server stopped reading");
  if (input.deadline)
    return mismatch(Class::hung,
                    fmt::format("{} of {} messages answered{}", open.answered, open.count,
                                session.probe_answered() ? ", though pings are" : ""));
  return pending();
}

Judgement judge_pong(const Session& session, const JudgeInput& input) {
  const LedgerEntry* last = nullptr;
  for (const auto& entry : session.outbound().ledger())
    if (entry.kind == LedgerEntry::Kind::ping && !entry.own_probe) last = &entry;
  if (last != nullptr && last->answered > 0) return match(Class::none);
  if (session.close_received() || session.ended()) return unwanted_end(session, input);
  if (input.deadline) return mismatch(Class::hung, "no pong for the last ping");
  return pending();
}

Judgement judge_message(const scenario::MessageRule& rule, const Session& session,
                        const JudgeInput& input) {
  const Received* found = find_message(rule, session, input.received_next, input.searched);
  if (input.step.next) {
    const Received* first = next_message(session, input);
    if (first != nullptr && first != found)
      return mismatch(Class::none, "another message came first");
  }
  if (found != nullptr) {
    Judgement judgement = match(Class::none);
    judgement.message = found->serial;
    return judgement;
  }
  if (session.close_received() || session.ended()) return unwanted_end(session, input);
  if (input.deadline) return mismatch(Class::hung, "no such message came");
  return pending();
}

Judgement judge_http(const Outcome& outcome, const Session& session, const JudgeInput& input) {
  if (!session.response()) {
    if (session.is_over() || input.deadline)
      return mismatch(session.phase() == Session::Phase::failed ? Class::drop : Class::hung,
                      session.failure_text().empty() ? "no HTTP answer" : session.failure_text());
    return pending();
  }
  const auto& response = *session.response();
  const auto& statuses = outcome.http.statuses;
  if (!statuses.empty() &&
      std::find(statuses.begin(), statuses.end(), response.status) == statuses.end())
    return mismatch(response.status == 101 ? Class::accepted : Class::other_code,
                    fmt::format("the handshake was answered with HTTP {}", response.status));
  if (input.step.not_before_ms > 0) {  // a script's own, slow handshake
    const double ms = net::ms_between(session.asked_at(), session.opened_at());
    if (const auto wrong = at_a_wrong_time("answered", ms, input)) return *wrong;
  }
  for (const auto& [name, pattern] : outcome.http.headers) {
    const std::string value = wire::joined_header(response.headers, name).substr(0, 4096);
    if (!std::regex_search(value, pattern.compiled))
      return mismatch(Class::other_code,
                      fmt::format("header {} does not match /{}/", name, pattern.source));
  }
  return match(Class::none);
}

Judgement judge_drop(const Session& session, const JudgeInput& input) {
  // Behind a Close that was asked for, this asks for the end of TCP, and counts from the Close.
  if (session.close_received() && input.close_taken) {
    if (session.ended()) {
      const double ms = net::ms_between(session.close_at(), session.ended_at());
      if (const auto wrong = at_a_wrong_time("TCP ended", ms, input)) return *wrong;
      return match(Class::none);
    }
    if (input.deadline)
      return mismatch(Class::hung, "the server sent its Close, but never ended the connection");
    return pending();
  }
  if (session.close_received()) return unwanted_end(session, input);
  if (session.ended()) {
    const double ms = net::ms_between(reference(session, input), session.ended_at());
    if (const auto wrong = at_a_wrong_time("dropped", ms, input)) return *wrong;
    return match(Class::drop);
  }
  if (session.failure() == Session::Failure::connect) return match(Class::drop, "TCP refused");
  if (const auto decided = wrong_echo(session, input)) return *decided;
  if (input.deadline) return no_close(session, input);
  return pending();
}

// A chatty endpoint is never silent: there it only has to stay open.
Judgement judge_open_for(const Outcome& outcome, const Session& session, const JudgeInput& input) {
  if (session.close_received() || session.ended()) return unwanted_end(session, input);
  const auto from = input.step.since_connect ? session.opened_at() : session.reference();
  const int left = outcome.duration_ms - static_cast<int>(net::ms_between(from, input.now));
  const auto& received = session.received();
  if (outcome.kind == Outcome::Kind::silence && !input.facts.chatty && !received.empty() &&
      received.back().serial >= input.received_next && received.back().at > from)
    return mismatch(Class::none, "something arrived where silence was expected");
  return left <= 0 ? match(Class::none) : pending(left);
}

Judgement judge_any(const std::vector<Outcome>& any, const Session& session,
                    const JudgeInput& input) {
  // A pong vouches for acceptance only when no other alternative can come true any more.
  Judgement best;
  bool all_mismatch = true;
  int again = 0;
  bool has_close = std::any_of(any.begin(), any.end(), [](const Outcome& outcome) {
    return outcome.kind == Outcome::Kind::close || outcome.kind == Outcome::Kind::drop;
  });
  for (const auto& outcome : any) {
    Judgement judgement = judge(outcome, session, input);
    if (judgement.state == State::match) {
      const bool weak = judgement.barrier == "ping" || judgement.barrier == "silence";
      if (!weak || !has_close || input.deadline) return judgement;
      judgement = pending();
    }
    if (judgement.state == State::pending) {
      all_mismatch = false;
      if (judgement.again_ms > 0 && (again == 0 || judgement.again_ms < again))
        again = judgement.again_ms;
    } else if (best.state != State::mismatch || best.cls == Class::none) {
      best = judgement;
    }
  }
  if (all_mismatch) return best;
  return pending(again);
}

Judgement judge_policy(const Outcome& outcome, const Session& session, const JudgeInput& input) {
  const auto found = input.facts.profile->policies.find(outcome.policy_key);
  if (found == input.facts.profile->policies.end())
    return mismatch(Class::none, "the target declares no policy " + outcome.policy_key);
  const scenario::Policy& policy = found->second;
  Outcome wanted;
  switch (policy.action) {
    case scenario::PolicyAction::close:
      wanted.kind = Outcome::Kind::close;
      wanted.codes = policy.close;
      break;
    case scenario::PolicyAction::refuse:
      wanted.kind = Outcome::Kind::http;
      wanted.http.statuses = policy.statuses;
      break;
    case scenario::PolicyAction::throttle:
      wanted.kind = Outcome::Kind::accepted;
      break;
    case scenario::PolicyAction::discard:
      return session.close_received() || session.ended() ? unwanted_end(session, input)
                                                         : judge_barrier(session, input);
    case scenario::PolicyAction::error_reply:
      if (policy.error_reply) return judge_message(*policy.error_reply, session, input);
      wanted.kind = Outcome::Kind::message;
      break;
  }
  return judge(wanted, session, input);
}

}  // namespace

bool is_policy(const scenario::Scenario& scenario) {
  if (scenario.suite == "policy") return true;
  return std::any_of(scenario.requires_.begin(), scenario.requires_.end(),
                     [](const std::string& name) { return name.starts_with("policy."); });
}

bool wants_acceptance(const Outcome& outcome, const Session& session, const TargetFacts& facts) {
  if (facts.echo) return false;
  if (outcome.kind == Outcome::Kind::by_payload) return !session.outbound().text_not_utf8();
  return outcome.kind == Outcome::Kind::accepted ||
         std::any_of(outcome.any.begin(), outcome.any.end(),
                     [&](const Outcome& any) { return wants_acceptance(any, session, facts); });
}

std::optional<int> latency_p99(const Session& session, std::uint64_t limit) {
  std::vector<float> all;
  std::uint64_t entries = 0;
  for (const auto& entry : session.outbound().ledger()) {
    if (entry.kind != LedgerEntry::Kind::message || entry.consumed || entry.behind_own_close)
      continue;
    if (entries++ >= limit) break;
    const auto known = std::min<std::size_t>(entry.answered, entry.times.size());
    all.insert(all.end(), entry.times.begin(),
               entry.times.begin() + static_cast<std::ptrdiff_t>(known));
  }
  if (all.empty()) return std::nullopt;
  const auto at = all.begin() + static_cast<std::ptrdiff_t>((all.size() * 99 + 99) / 100 - 1);
  std::nth_element(all.begin(), at, all.end());
  return static_cast<int>(std::ceil(*at));
}

Judgement judge(const Outcome& outcome, const Session& session, const JudgeInput& input) {
  switch (outcome.kind) {
    case Outcome::Kind::close:
      return judge_close(outcome, session, input);
    case Outcome::Kind::accepted:
      return judge_answers(session, input, UINT64_MAX);
    case Outcome::Kind::echo:
      return judge_answers(session, input, outcome.count);
    case Outcome::Kind::message:
      return judge_message(outcome.message, session, input);
    case Outcome::Kind::pong:
      return judge_pong(session, input);
    case Outcome::Kind::http:
      return judge_http(outcome, session, input);
    case Outcome::Kind::drop:
      return judge_drop(session, input);
    case Outcome::Kind::open_for:
    case Outcome::Kind::silence:
      return judge_open_for(outcome, session, input);
    case Outcome::Kind::any_of:
      return judge_any(outcome.any, session, input);
    case Outcome::Kind::by_payload: {
      Outcome wanted;
      if (session.outbound().text_not_utf8()) {
        wanted.kind = Outcome::Kind::close;
        wanted.codes.ranges = {{1007, 1007}};
      }
      return judge(wanted, session, input);
    }
    case Outcome::Kind::by_policy:
      return judge_policy(outcome, session, input);
  }
  return mismatch(Class::none, "unknown outcome");
}

bool probe_allowed(const Outcome& outcome, const scenario::ExpectStep& step) {
  if (step.not_before_ms > 0 || step.since_connect) return false;
  switch (outcome.kind) {
    case Outcome::Kind::close:
    case Outcome::Kind::accepted:
    case Outcome::Kind::echo:
    case Outcome::Kind::drop:
    case Outcome::Kind::by_payload:
    case Outcome::Kind::by_policy:
      return true;
    case Outcome::Kind::any_of:
      return std::any_of(outcome.any.begin(), outcome.any.end(),
                         [&](const Outcome& any) { return probe_allowed(any, step); });
    default:
      return false;
  }
}

namespace {

bool about(const Outcome& outcome, bool http) {
  switch (outcome.kind) {
    case Outcome::Kind::http:
      return http;
    case Outcome::Kind::close:
    case Outcome::Kind::drop:
    case Outcome::Kind::by_payload:
      return !http;
    case Outcome::Kind::by_policy:
      return true;
    case Outcome::Kind::any_of:
      return std::any_of(outcome.any.begin(), outcome.any.end(),
                         [&](const Outcome& any) { return about(any, http); });
    default:
      return false;
  }
}

}  // namespace

bool wants_http(const scenario::ExpectStep& step) {
  return about(step.outcome, true) ||
         std::any_of(step.tolerate.begin(), step.tolerate.end(),
                     [](const Outcome& outcome) { return about(outcome, true); });
}

bool wants_end(const scenario::ExpectStep& step) {
  return about(step.outcome, false) ||
         std::any_of(step.tolerate.begin(), step.tolerate.end(),
                     [](const Outcome& outcome) { return about(outcome, false); });
}

Verdict verdict_of(Class cls, scenario::Level level) {
  if (cls == Class::limit) return Verdict::tolerated;
  switch (cls) {
    case Class::accepted:
    case Class::repaired:
    case Class::died:
    case Class::hung:
    case Class::broken:
    case Class::processed_after_fault:
      return level == scenario::Level::may ? Verdict::tolerated : Verdict::fail;
    default:
      return level == scenario::Level::must ? Verdict::fail : Verdict::tolerated;
  }
}

}  // namespace wsspec::engine
