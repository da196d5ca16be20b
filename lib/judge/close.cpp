// The end of a connection: the Close that was asked for, the wrong one, none at all, a drop; and
// when a wrong answer decides before the time is over.
#include <algorithm>

#include "judge/message_search.h"
#include "judge/rules.h"
#include "scenario/select.h"

namespace wsspec::judge {
namespace {

using result::Cause;
using scenario::Outcome;

/// A message of an echo server that was not sent to it, once our fault is out: its answer to the
/// fault.
const session::Received* stray_behind_fault(const session::ExchangeRecord& record,
                                            const JudgeInput& input) {
  const session::Fault& fault = record.sent.fault;
  if (!input.facts.echo || input.facts.chatty || input.facts.greets ||
      fault.source == session::Fault::Source::none)
    return nullptr;
  for (const session::Received& stray : record.unsolicited)
    if (record.ms(stray.at) > fault.sent_ms) return &stray;
  return nullptr;
}

/// The answer to a frame that broke a framing rule, or to what followed our own Close.
const session::LedgerEntry* answered_refused(const session::ExchangeRecord& record,
                                             const JudgeInput& input) {
  for (const auto& entry : record.sent.ledger) {
    if (entry.own_probe || entry.answered == 0 || (!entry.refused && !entry.after_own_close))
      continue;
    if (entry.kind == session::LedgerEntry::Kind::ping || input.facts.echo) return &entry;
  }
  return nullptr;
}

// Only what the fault and the octets after it caused: an echo or a pong that answers them. Our own
// probe does not count, nor does a fault whose end is not known yet (the message is still open).
// Where the target does not echo, equal octets came from somebody else in the same room.
bool processed_after_fault(const session::ExchangeRecord& record, const JudgeInput& input) {
  if (is_policy(input.scenario)) return false;
  if (answered_refused(record, input) != nullptr) return true;
  const session::Fault& fault = record.sent.fault;
  if (stray_behind_fault(record, input) != nullptr) return true;
  if (fault.source == session::Fault::Source::none || !fault.settled) return false;
  for (const auto& entry : record.sent.ledger) {
    if (entry.own_probe || entry.answered == 0) continue;
    if (entry.kind == session::LedgerEntry::Kind::message && !input.facts.echo) continue;
    if (entry.end > fault.after) return true;
    // The bad text (or what the bad data inflates to) itself came back, and then the Close.
    if (entry.kind == session::LedgerEntry::Kind::message && entry.end == fault.after &&
        fault.violation &&
        (fault.violation->kind == wire::ViolationKind::text_not_utf8 ||
         fault.violation->kind == wire::ViolationKind::deflate_data))
      return true;
  }
  return false;
}

Cause processed(const session::ExchangeRecord& record) {
  return record.sent.fault.source == session::Fault::Source::none ? Cause::processed_after_own_close
                                                                  : Cause::processed_after_fault;
}

/// The message that is our fault, if it was answered.
const session::LedgerEntry* answered_fault(const session::ExchangeRecord& record,
                                           const JudgeInput& input) {
  const session::Fault& fault = record.sent.fault;
  if (!input.facts.echo) return nullptr;
  if (fault.source == session::Fault::Source::none) return nullptr;
  for (const auto& entry : record.sent.ledger)
    if (entry.refused && entry.answered > 0) return &entry;
  if (!fault.settled) return nullptr;
  for (const auto& entry : record.sent.ledger)
    if (entry.kind == session::LedgerEntry::Kind::message && entry.end == fault.after &&
        entry.answered > 0)
      return &entry;
  return nullptr;
}

bool pong_inside_faulty_message(const session::ExchangeRecord& record) {
  const session::Fault& fault = record.sent.fault;
  if (fault.source == session::Fault::Source::none) return false;
  for (const auto& entry : record.sent.ledger)
    if (entry.kind == session::LedgerEntry::Kind::ping && !entry.own_probe && !entry.refused &&
        entry.answered > 0 && entry.end > fault.at && (!fault.settled || entry.end <= fault.after))
      return true;
  return false;
}

bool came_late(const session::ExchangeRecord& record) {
  if (record.released_at && record.close_at.value() >= *record.released_at) return true;
  return pong_inside_faulty_message(record);
}

result::Class class_of(session::Failure failure) {
  using Failure = session::Failure;
  if (failure == Failure::timeout) return result::Class::hung;
  return failure == Failure::not_http || failure == Failure::bad_101 ? result::Class::broken
                                                                     : result::Class::drop;
}

}  // namespace

const session::Received* wrong_answer(const session::ExchangeRecord& record,
                                      const JudgeInput& input) {
  if (!input.facts.echo || input.facts.chatty) return nullptr;
  for (const session::Received& stray : record.unsolicited)
    if (!input.facts.greets || stray.serial > 0) return &stray;
  return nullptr;
}

Judgement unwanted_end(const session::ExchangeRecord& record, const JudgeInput& input) {
  if (record.close_at) {
    const int code = *record.close_code;
    if (scenario::has_tag(input.scenario, "big") && (code == 1009 || code == 1008))
      return mismatch(result::Class::limit, {.cause = Cause::own_limit, .code = code});
    if (processed_after_fault(record, input))
      return mismatch(result::Class::processed_after_fault,
                      result::fact(processed(record), "and then closed"));
    return mismatch(result::Class::other_code, {.cause = Cause::other_close, .code = code});
  }
  if (record.phase == session::Phase::refused)
    return mismatch(result::Class::other_code,
                    {.cause = Cause::handshake_refused, .status = record.response->status});
  if (record.phase == session::Phase::failed)
    return mismatch(class_of(record.failure), record.failure_fact);
  if (processed_after_fault(record, input))
    return mismatch(result::Class::processed_after_fault,
                    result::fact(processed(record), "and then ended the connection"));
  return mismatch(result::Class::drop, record.end == result::End::reset
                                           ? Cause::reset_without_close
                                           : Cause::ended_without_close);
}

net::TimePoint reference(const session::ExchangeRecord& record, const JudgeInput& input) {
  return input.step.since_connect ? record.opened_at : record.reference();
}

std::optional<Judgement> at_a_wrong_time(Timed what, double ms, double lag_ms,
                                         const JudgeInput& input) {
  constexpr Cause kEarly[] = {Cause::closed_too_early, Cause::answered_too_early,
                              Cause::ended_too_early};
  constexpr Cause kLate[] = {Cause::closed_too_late, Cause::answered_too_late,
                             Cause::ended_too_late};
  const auto which = static_cast<std::size_t>(what);
  if (input.step.not_before_ms > 0 && ms + 1 < input.step.not_before_ms)
    return mismatch(result::Class::none,
                    {.cause = kEarly[which], .ms = ms, .limit_ms = input.step.not_before_ms});
  if (input.step.within_ms && ms > *input.step.within_ms + kGraceMs) {
    if (auto ours = perhaps_in_time(ms, lag_ms, *input.step.within_ms + kGraceMs)) return ours;
    return mismatch(result::Class::none,
                    {.cause = kLate[which], .ms = ms, .limit_ms = *input.step.within_ms});
  }
  return std::nullopt;
}

Judgement no_close(const session::ExchangeRecord& record, const JudgeInput& input) {
  if (record.stalled) return mismatch(result::Class::hung, Cause::stopped_reading);
  if (const session::LedgerEntry* answered = answered_fault(record, input))
    return mismatch(result::Class::accepted, answered->kind == session::LedgerEntry::Kind::ping
                                                 ? Cause::faulty_ping_answered
                                                 : Cause::fault_echoed);
  if (answered_refused(record, input) != nullptr)
    return mismatch(result::Class::accepted, Cause::answered_after_own_close);
  const auto& violation = record.sent.fault.violation;
  const bool framing = violation && violation->kind != wire::ViolationKind::text_not_utf8 &&
                       violation->kind != wire::ViolationKind::deflate_data;
  if (framing && stray_behind_fault(record, input) != nullptr)
    return mismatch(result::Class::accepted, Cause::fault_answered);
  if (const session::Received* wrong = wrong_answer(record, input))
    return mismatch(result::Class::repaired,
                    different_echo(Cause::other_octets_answered, *wrong, record));
  if (record.sent.text_not_utf8 && passed_on_repaired(record, input.received_next))
    return mismatch(result::Class::repaired, Cause::passed_on_repaired);
  if (record.sent.messages_answered() > 0 && !record.sent.fault_is_out())
    return mismatch(result::Class::accepted, Cause::answered_and_open);
  if (record.probe_answered()) return mismatch(result::Class::accepted, Cause::open_and_alive);
  if (record.probe_sent()) return mismatch(result::Class::hung, Cause::silent);
  if (record.inside_frame()) return mismatch(result::Class::accepted, Cause::waits_for_rest);
  return mismatch(result::Class::hung, Cause::silent);
}

int quiet_ms(net::TimePoint wrong_answer, const session::ExchangeRecord& record,
             const JudgeInput& input) {
  const auto from =
      record.floods() ? std::max(wrong_answer, record.reference()) : record.last_activity;
  return static_cast<int>(net::ms_between(from, input.now));
}

// A complete wrong echo decides without waiting for within_ms: only a Close that is on its way
// could still turn it into "processed after the fault".
std::optional<Judgement> wrong_echo(const session::ExchangeRecord& record,
                                    const JudgeInput& input) {
  if (!input.facts.echo || is_policy(input.scenario)) return std::nullopt;
  const session::Received* stray = wrong_answer(record, input);
  const session::LedgerEntry* echoed = answered_fault(record, input);
  if (echoed == nullptr) echoed = answered_refused(record, input);
  if (echoed == nullptr && stray == nullptr) return std::nullopt;
  const auto at = echoed != nullptr ? echoed->answered_at : stray->at;
  const int since = quiet_ms(at, record, input);
  if (since >= input.facts.settle_ms || input.deadline) return no_close(record, input);
  return pending(input.facts.settle_ms - since);
}

const session::Received* next_message(const session::ExchangeRecord& record,
                                      const JudgeInput& input) {
  for (const session::Received& message : record.received)
    if (message.serial >= input.received_next) return &message;
  return nullptr;
}

Judgement judge_close(const Outcome& outcome, const session::ExchangeRecord& record,
                      const JudgeInput& input) {
  // A policy forbids the beginning of a message as well as the whole.
  const bool begun =
      is_policy(input.scenario) && record.unfinished && record.unfinished->length > 0;
  if (input.step.next && !input.facts.chatty && (begun || next_message(record, input) != nullptr))
    return mismatch(result::Class::none, Cause::message_before_close);
  if (record.close_at) {
    if (!outcome.codes.has(*record.close_code)) return unwanted_end(record, input);
    if (processed_after_fault(record, input))
      return mismatch(result::Class::processed_after_fault,
                      result::fact(processed(record), "before it closed"));
    if (auto found = served_from_mark(record, input)) return *found;
    if (const auto broken = outcome.codes.reason.broken_by(record.close_reason))
      return mismatch(
          result::Class::other_code,
          {.cause = broken->found ? Cause::close_reason_match : Cause::close_reason_mismatch,
           .detail = broken->source});
    const double ms = net::ms_between(reference(record, input), record.close_at.value());
    if (const auto wrong = at_a_wrong_time(Timed::close, ms, record.close_lag_ms, input))
      return *wrong;
    const std::uint64_t done =
        input.facts.echo ? record.sent.messages_answered() : record.sent.messages();
    if (input.step.after_messages_min && done < *input.step.after_messages_min)
      return mismatch(result::Class::none, {.cause = Cause::too_few_messages,
                                            .count = done,
                                            .total = *input.step.after_messages_min});
    // Where nothing is answered, more may have been written than the server had read.
    if (input.step.after_messages_max && input.facts.echo && done > *input.step.after_messages_max)
      return mismatch(result::Class::none, {.cause = Cause::too_many_messages,
                                            .count = done,
                                            .total = *input.step.after_messages_max});
    if (came_late(record))
      return match(result::Class::late, result::fact(Cause::only_after_release));
    return match(result::Class::exact);
  }
  if (record.gone()) return unwanted_end(record, input);
  if (const auto decided = wrong_echo(record, input)) return *decided;
  if (input.deadline) return no_close(record, input);
  return pending();
}

namespace {

// How and how soon TCP ended, where that was asked for.
std::optional<Judgement> wrong_end(const scenario::DropRule& rule, double ms,
                                   const session::ExchangeRecord& record) {
  using Wanted = scenario::DropRule::End;
  if (rule.within_ms && ms > *rule.within_ms + kGraceMs) {
    if (auto ours = perhaps_in_time(ms, record.end_lag_ms, *rule.within_ms + kGraceMs)) return ours;
    return mismatch(result::Class::none, {.cause = Cause::tcp_ended_late, .ms = ms});
  }
  const bool reset = record.end == result::End::reset;
  if (rule.end == Wanted::any || (rule.end == Wanted::reset && reset)) return std::nullopt;
  if (reset) return mismatch(result::Class::none, Cause::tcp_reset);
  if (rule.end == Wanted::reset) return mismatch(result::Class::none, Cause::tcp_ended_in_order);
  if (rule.end == Wanted::close_notify &&
      (!record.tls || record.tls->end != result::TlsObserved::End::close_notify))
    return mismatch(result::Class::none, Cause::no_close_notify);
  return std::nullopt;
}

}  // namespace

Judgement judge_drop(const Outcome& outcome, const session::ExchangeRecord& record,
                     const JudgeInput& input) {
  // After a Close that was asked for, this asks for the end of TCP, and counts from the Close.
  if (record.close_at && input.close_taken) {
    if (record.ended_at) {
      const double ms = net::ms_between(record.close_at.value(), record.ended_at.value());
      if (const auto wrong = at_a_wrong_time(Timed::end, ms, record.end_lag_ms, input))
        return *wrong;
      if (const auto wrong = wrong_end(outcome.drop, ms, record)) return *wrong;
      return match(result::Class::none);
    }
    if (input.deadline) return mismatch(result::Class::hung, Cause::close_but_no_end);
    return pending();
  }
  if (record.close_at) return unwanted_end(record, input);
  if (record.ended_at) {
    if (processed_after_fault(record, input)) return unwanted_end(record, input);
    const double ms = net::ms_between(reference(record, input), record.ended_at.value());
    if (const auto wrong = at_a_wrong_time(Timed::end, ms, record.end_lag_ms, input)) return *wrong;
    if (const auto wrong = wrong_end(outcome.drop, ms, record)) return *wrong;
    return match(result::Class::drop);
  }
  // Only a policy refuses so; elsewhere it means that nothing listens any more.
  if (record.failure == session::Failure::connect && is_policy(input.scenario))
    return match(result::Class::drop, result::fact(Cause::tcp_refused));
  // After a refusal that was asked for, what is asked for is the end of its connection.
  if (record.phase == session::Phase::refused && input.close_taken) {
    if (input.deadline) return mismatch(result::Class::hung, Cause::refused_but_no_end);
    return pending();
  }
  if (record.never_opened()) return unwanted_end(record, input);
  if (const auto decided = wrong_echo(record, input)) return *decided;
  if (input.deadline) return no_close(record, input);
  return pending();
}

}  // namespace wsspec::judge
