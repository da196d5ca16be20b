// Acceptance: echoes, replies, pongs and messages that were asked for, and what vouches where there
// is no echo.
#include <algorithm>
#include <cmath>

#include "judge/defect.h"
#include "judge/message_search.h"
#include "judge/rules.h"

namespace wsspec::judge {

using result::Cause;

// Against the oldest message of ours that is not answered.
result::Fact different_echo(Cause cause, const session::Received& first,
                            const session::ExchangeRecord& record) {
  result::Fact fact{.cause = cause};
  const auto& ledger = record.sent.ledger;
  const auto ours = std::find_if(ledger.begin(), ledger.end(), [](const auto& entry) {
    return entry.kind == session::LedgerEntry::Kind::message && entry.answered < entry.count;
  });
  if (ours == ledger.end()) return fact;
  fact.difference = {.sent = ours->digest.length(), .got = first.length};
  const auto theirs =
      std::find_if(record.received.begin(), record.received.end(),
                   [&](const session::Received& one) { return one.serial == first.serial; });
  if (theirs == record.received.end()) return fact;
  const auto [a, b] = std::mismatch(ours->payload.begin(), ours->payload.end(),
                                    theirs->octets.begin(), theirs->octets.end());
  fact.difference.at = static_cast<std::uint64_t>(a - ours->payload.begin());
  // The end of what was kept is no difference, unless it is the end of the message.
  const bool ours_ends = a == ours->payload.end() && ours->payload.size() < ours->digest.length();
  const bool theirs_ends = b == theirs->octets.end() && theirs->octets.size() < theirs->length;
  fact.difference.known = !ours_ends && !theirs_ends;
  const auto& [known, at, sent, got] = fact.difference;
  if (cause == Cause::echo_differs && known && at == got && 0 < got && got < sent)
    fact.cause = Cause::echo_cut;
  return fact;
}

namespace {

/// The server's messages are pieces of one stream.
bool is_stream(const JudgeInput& input) {
  return input.facts.profile != nullptr && input.facts.profile->stream;
}

/// Messages of ours that an answer is due for. `open` = those no expect step has taken yet.
struct OpenMessages {
  std::uint64_t count = 0, answered = 0;
  bool any = false;
};

OpenMessages open_messages(const session::ExchangeRecord& record, std::uint64_t limit) {
  OpenMessages open;
  std::uint64_t entries = 0;
  const auto& ledger = record.sent.ledger;
  for (std::size_t i = record.sent.first_open(); i < ledger.size(); ++i) {
    const auto& entry = ledger[i];
    if (entry.kind != session::LedgerEntry::Kind::message || entry.consumed ||
        entry.after_own_close || entry.refused)
      continue;
    if (entries++ >= limit) break;
    open.any = true;
    open.count += entry.count;
    open.answered += entry.answered;
  }
  return open;
}

}  // namespace

// Only a pong vouches: it proves nothing by itself, so a Close gets settle_ms more to arrive.
// Where pings are not answered either, it is the connection that stays open until the deadline.
Judgement judge_evidence(const session::ExchangeRecord& record, const JudgeInput& input) {
  if (!input.facts.ping && !input.facts.echo && record.stalled)
    return mismatch(result::Class::hung, Cause::stopped_reading);
  if (!input.facts.ping && !input.facts.echo)
    return input.deadline ? match_by(result::Evidence::silence) : pending();
  if (record.probe_answered()) {
    const int since = static_cast<int>(net::ms_between(*record.probe_answered(), input.now));
    if (since < input.facts.settle_ms) return pending(input.facts.settle_ms - since);
    return match_by(result::Evidence::ping);
  }
  if (input.deadline)
    return mismatch(result::Class::hung,
                    input.facts.echo ? Cause::no_answer_at_all : Cause::no_pong_either);
  return pending();
}

namespace {

// Messages are read in order: an answer to a later message shows that those before it were taken.
// A reply that may be an older one's gives the Close settle_ms more to arrive.
Judgement judge_reply(const session::ExchangeRecord& record, const JudgeInput& input) {
  const session::Received* reply =
      find_message(input.reply->rule, record, input.reply->from, input.searched, is_stream(input));
  if (reply != nullptr && input.reply->numbered) return match_by(result::Evidence::message);
  if (record.gone()) return unwanted_end(record, input);
  if (reply != nullptr) {
    const int since = static_cast<int>(net::ms_between(reply->at, input.now));
    if (since >= input.facts.settle_ms) return match_by(result::Evidence::message);
    return pending(input.facts.settle_ms - since);
  }
  if (record.stalled) return mismatch(result::Class::hung, Cause::stopped_reading);
  if (input.deadline)
    return mismatch(result::Class::hung,
                    record.probe_answered() ? Cause::no_reply_but_pings : Cause::no_reply);
  return pending();
}

Judgement judge_unechoed(const session::ExchangeRecord& record, const JudgeInput& input,
                         std::uint64_t limit) {
  if (input.reply != nullptr && limit == UINT64_MAX) return judge_reply(record, input);
  if (record.gone()) return unwanted_end(record, input);
  if (limit != UINT64_MAX) return mismatch(result::Class::hung, Cause::no_echo_here);
  return judge_evidence(record, input);
}

}  // namespace

Judgement judge_answers(const session::ExchangeRecord& record, const JudgeInput& input,
                        std::uint64_t limit) {
  if (!input.facts.echo) return judge_unechoed(record, input, limit);
  const OpenMessages open = open_messages(record, limit);
  const bool complete = open.any && open.answered >= open.count;
  if (complete && (limit == UINT64_MAX || open.count > 0)) {
    const auto p99 = input.step.latency_ms ? latency_p99(record, limit) : std::nullopt;
    if (p99 && *p99 > *input.step.latency_ms) {
      if (auto ours = perhaps_in_time(*p99, record.lag_ms, *input.step.latency_ms)) return *ours;
      return mismatch(result::Class::none, {.cause = Cause::answers_too_slow,
                                            .ms = static_cast<double>(*p99),
                                            .limit_ms = *input.step.latency_ms});
    }
    return match(result::Class::none);
  }
  if (record.gone()) {
    // The Close (or drop) that a later fault earns may overtake the answers to good messages.
    // Octet by octet it cuts short the frame in which the fault is: two octets of a header may
    // prove it.
    const session::SentRecord& sent = record.sent;
    if ((record.close_at || record.ended_at) && (sent.fault_is_out() || !sent.at_frame_boundary) &&
        limit != UINT64_MAX && wrong_answer(record, input) == nullptr)
      return match(result::Class::none, result::fact(Cause::close_overtook_echo));
    return unwanted_end(record, input);
  }
  if (!open.any) return judge_evidence(record, input);
  if (const session::Received* wrong = wrong_answer(record, input)) {
    const int since = quiet_ms(wrong->at, record, input);
    if (since >= input.facts.settle_ms || input.deadline) {
      if (auto found = defect(record)) return mismatch(result::Class::broken, std::move(*found));
      return mismatch(result::Class::repaired, different_echo(Cause::echo_differs, *wrong, record));
    }
    return pending(input.facts.settle_ms - since);
  }
  if (record.stalled) return mismatch(result::Class::hung, Cause::stopped_reading);
  if (!input.deadline) return pending();
  // The frame of an echo whose declared length never comes: the server has written all it has.
  if (auto found = defect(record)) return mismatch(result::Class::broken, std::move(*found));
  return mismatch(
      result::Class::hung,
      {.cause = record.probe_answered() ? Cause::not_answered_but_pings : Cause::not_answered,
       .count = open.answered,
       .total = open.count});
}

// RFC 6455 5.5.3: of pings that came while no pong was sent yet, the last one alone may be
// answered; `all` asks for more than that.
Judgement judge_pong(bool all, bool next, const session::ExchangeRecord& record,
                     const JudgeInput& input) {
  std::uint64_t pings = 0, answered = 0;
  bool last = false;
  for (const auto& entry : record.sent.ledger) {
    if (entry.kind != session::LedgerEntry::Kind::ping || entry.own_probe || entry.refused)
      continue;
    last = entry.answered > 0;
    ++pings;
    answered += last ? 1 : 0;
  }
  if (record.reordered_pongs > 0) return mismatch(result::Class::none, Cause::pongs_reordered);
  if (next && record.late_pongs > 0) return mismatch(result::Class::none, Cause::echo_before_pong);
  if (last && (!all || answered == pings)) return match(result::Class::none);
  if (record.gone()) return unwanted_end(record, input);
  if (record.stalled) return mismatch(result::Class::hung, Cause::stopped_reading);
  if (!input.deadline) return pending();
  if (last)
    return mismatch(result::Class::none,
                    {.cause = Cause::some_pings_unanswered, .count = answered, .total = pings});
  return mismatch(result::Class::hung, Cause::no_pong);
}

Judgement judge_message(const scenario::MessageRule& rule, const session::ExchangeRecord& record,
                        const JudgeInput& input) {
  const session::Received* found =
      find_message(rule, record, input.received_next, input.searched, is_stream(input));
  // An endpoint that talks of its own accord may do so at any time.
  if (input.step.next && !input.facts.chatty) {
    const session::Received* first = next_message(record, input);
    if (first != nullptr && first != found)
      return mismatch(result::Class::none, Cause::other_message_first);
  }
  if (found != nullptr) {
    Judgement judgement = match(result::Class::none);
    judgement.message = found->serial;
    return judgement;
  }
  if (record.gone()) return unwanted_end(record, input);
  // It talks, and not of what was asked for: it is not stuck.
  if (input.deadline && record.messages > input.received_next)
    return mismatch(result::Class::none, {.cause = Cause::no_message_fits,
                                          .count = record.messages - input.received_next});
  if (input.deadline) return mismatch(result::Class::hung, Cause::no_such_message);
  return pending();
}

std::optional<int> latency_p99(const session::ExchangeRecord& record, std::uint64_t limit) {
  std::vector<float> all;
  std::uint64_t entries = 0;
  for (const auto& entry : record.sent.ledger) {
    if (entry.kind != session::LedgerEntry::Kind::message || entry.consumed ||
        entry.after_own_close)
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

}  // namespace wsspec::judge
