// One outcome against one session: which rule applies, and what alternatives and policies make of
// it.
#include "judge/judge.h"

#include <algorithm>
#include <optional>

#include "judge/rules.h"

namespace wsspec::judge {
namespace {

using result::Cause;
using scenario::Outcome;
using State = Judgement::State;

/// What of a rule the answer's head does not keep to.
std::optional<result::Fact> bad_head(const scenario::HttpRule& rule,
                                     const session::ExchangeRecord& record) {
  const auto& headers = record.response->headers;
  for (const auto& [name, wanted] : rule.headers)
    if (const auto broken = wanted.broken_by(wire::joined_header(headers, name)))
      return result::Fact{.cause = broken->found ? Cause::header_match : Cause::header_mismatch,
                          .text = name,
                          .detail = broken->source};
  for (const std::string& name : rule.absent)
    if (wire::find_header(headers, name)) return result::fact(Cause::header_present, name);
  for (const int status : rule.interim) {
    const auto& came = record.interim_answers;
    if (std::find(came.begin(), came.end(), status) == came.end())
      return result::Fact{.cause = Cause::no_interim_answer, .status = status};
  }
  if (const auto broken = rule.head.broken_by(record.response_head))
    return result::Fact{.cause = broken->found ? Cause::head_match : Cause::head_mismatch,
                        .detail = broken->source};
  return std::nullopt;
}

Judgement judge_http(const Outcome& outcome, const session::ExchangeRecord& record,
                     const JudgeInput& input) {
  if (!record.response) {
    if (record.phase == session::Phase::failed) return unwanted_end(record, input);
    if (record.ended_at)
      return mismatch(result::Class::drop, record.end == result::End::reset
                                               ? Cause::reset_without_answer
                                               : Cause::closed_without_answer);
    if (input.deadline) return mismatch(result::Class::hung, Cause::no_http_answer);
    return pending();
  }
  const auto& response = *record.response;
  if (!outcome.http.has(response.status)) {
    const bool taken = response.status == 101;
    return mismatch(taken ? result::Class::accepted : result::Class::other_code,
                    {.cause = taken ? Cause::handshake_accepted : Cause::other_status,
                     .status = response.status});
  }
  if (record.phase == session::Phase::failed) return unwanted_end(record, input);
  if (input.step.not_before_ms > 0) {  // a script's own, slow handshake
    const double ms = net::ms_between(record.asked_at(), record.opened_at);
    if (const auto wrong = at_a_wrong_time(Timed::answer, ms, record.answer_lag_ms, input))
      return *wrong;
  }
  if (auto problem = bad_head(outcome.http, record))
    return mismatch(result::Class::other_code, std::move(*problem));
  if (outcome.http.last && response.status != 101) {
    if (record.further_answer)
      return mismatch(result::Class::none,
                      {.cause = Cause::another_answer, .status = *record.further_answer});
    if (!record.ended_at && !input.deadline) return pending();
  }
  return match(result::Class::none);
}

// A chatty endpoint is never silent: there it only has to stay open, unless certain messages are
// meant. Fragments of a message count although its end may never come. What comes once the time is
// over does not count, however late our own timer is.
Judgement judge_open_for(const Outcome& outcome, const session::ExchangeRecord& record,
                         const JudgeInput& input) {
  if (record.never_opened()) return unwanted_end(record, input);
  const auto from = reference(record, input);
  // A step that begins after its time is over asks for what is left: that nothing ended before it.
  const auto until = std::max(from + std::chrono::milliseconds(outcome.duration_ms), input.begun);
  const auto gone_at = record.close_at ? record.close_at : record.ended_at;
  if (gone_at && *gone_at < until) return unwanted_end(record, input);
  const auto in_time = [&](const session::Received& message) {
    return message.serial >= input.received_next && message.at > from && message.at < until;
  };
  const auto breaks_silence = [&](const session::Received& message) {
    return in_time(message) && (!outcome.silence_of || fits(outcome.message, message));
  };
  const auto& part = record.unfinished;
  const bool begun = part && in_time(*part) && fits_so_far(outcome.message, *part);
  if (outcome.kind == Outcome::Kind::silence && (outcome.silence_of || !input.facts.chatty) &&
      (begun || std::any_of(record.received.rbegin(), record.received.rend(), breaks_silence)))
    return mismatch(result::Class::none, Cause::not_silent);
  const int left = outcome.duration_ms - static_cast<int>(net::ms_between(from, input.now));
  return left <= 0 ? match(result::Class::none) : pending(left);
}

/// http and drop, and http at least once.
bool only_answers(const std::vector<Outcome>& any) {
  using Kind = Outcome::Kind;
  const auto is_http = [](const Outcome& one) { return one.kind == Kind::http; };
  return std::any_of(any.begin(), any.end(), is_http) &&
         std::all_of(any.begin(), any.end(),
                     [&](const Outcome& one) { return is_http(one) || one.kind == Kind::drop; });
}

Judgement judge_any(const std::vector<Outcome>& any, const session::ExchangeRecord& record,
                    const JudgeInput& input) {
  // A pong vouches for acceptance only when no other alternative can come true any more.
  Judgement best;
  bool all_mismatch = true;
  int again = 0;
  bool has_close = std::any_of(any.begin(), any.end(), [](const Outcome& outcome) {
    return outcome.kind == Outcome::Kind::close || outcome.kind == Outcome::Kind::drop;
  });
  // Beside nothing but `http`, a drop is a refusal without an answer: after a 101, or after the
  // answer to a second request, it is not awaited, and an end that is seen together with it is
  // none.
  const bool no_drop = only_answers(any) && record.response &&
                       (record.response->status == 101 || record.asked_again);
  for (const auto& outcome : any) {
    if (no_drop && outcome.kind == Outcome::Kind::drop) continue;
    Judgement judgement = judge(outcome, record, input);
    if (judgement.state == State::match) {
      const bool weak = judgement.evidence == result::Evidence::ping ||
                        judgement.evidence == result::Evidence::silence;
      if (!weak || !has_close || input.deadline) return judgement;
      judgement = pending();
    }
    if (judgement.state == State::pending) {
      all_mismatch = false;
      if (judgement.again_ms > 0 && (again == 0 || judgement.again_ms < again))
        again = judgement.again_ms;
    } else if (result::is_own(judgement.fact)) {
      return judgement;
    } else if (best.state != State::mismatch || best.cls == result::Class::none) {
      best = judgement;
    }
  }
  if (all_mismatch) return best;
  return pending(again);
}

}  // namespace

bool is_policy(const scenario::Scenario& scenario) {
  return scenario.about_policy || scenario::about_a_policy(scenario.requires_);
}

bool wants_acceptance(const Outcome& outcome, const session::ExchangeRecord& record,
                      const TargetFacts& facts) {
  if (facts.echo) return false;
  if (outcome.kind == Outcome::Kind::by_payload) return !record.sent.text_not_utf8;
  return outcome.kind == Outcome::Kind::accepted ||
         std::any_of(outcome.any.begin(), outcome.any.end(),
                     [&](const Outcome& any) { return wants_acceptance(any, record, facts); });
}

Judgement judge(const Outcome& outcome, const session::ExchangeRecord& record,
                const JudgeInput& input) {
  switch (outcome.kind) {
    case Outcome::Kind::close:
      return judge_close(outcome, record, input);
    case Outcome::Kind::accepted:
      return judge_answers(record, input, UINT64_MAX);
    case Outcome::Kind::echo:
      return judge_answers(record, input, outcome.count);
    case Outcome::Kind::message:
      return judge_message(outcome.message, record, input);
    case Outcome::Kind::pong:
      // `next` is asked of the outcome itself, not of what is tolerated in its place.
      return judge_pong(outcome.count == 0, input.step.next && &outcome == &input.step.outcome,
                        record, input);
    case Outcome::Kind::http:
      return judge_http(outcome, record, input);
    case Outcome::Kind::drop:
      return judge_drop(outcome, record, input);
    case Outcome::Kind::open_for:
    case Outcome::Kind::silence:
      return judge_open_for(outcome, record, input);
    case Outcome::Kind::any_of:
      return judge_any(outcome.any, record, input);
    case Outcome::Kind::by_payload: {
      Outcome wanted;
      if (record.sent.text_not_utf8) {
        wanted.kind = Outcome::Kind::close;
        wanted.codes.ranges = {{1007, 1007}};
      }
      return judge(wanted, record, input);
    }
    case Outcome::Kind::by_policy:
      return judge_policy(outcome, record, input);
  }
  return mismatch(result::Class::none, Cause::none);
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

}  // namespace wsspec::judge
