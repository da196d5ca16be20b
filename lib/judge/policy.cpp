// What the target's profile promises for a broken policy: its action, the code of its Close, how
// soon it comes, and that nothing is served from the message on that breaks the policy.
#include <algorithm>
#include <string_view>

#include "judge/message_search.h"
#include "judge/policy_codes.h"
#include "judge/rules.h"

namespace wsspec::judge {
namespace {

using result::Cause;
using scenario::Outcome;
using scenario::Policy;
using scenario::PolicyAction;
using session::LedgerEntry;
using State = Judgement::State;

/// Policies that one message breaks: the last one that was sent, unless the script marks another.
bool broken_by_a_message(std::string_view policy) {
  constexpr std::string_view kKeys[] = {
      "message_rate", "byte_rate", "message_bytes", "frame_bytes", "fragments", "ratio",
      "forbidden",    "json",      "order",         "strikes",     "text_only", "binary_only"};
  return std::find(std::begin(kKeys), std::end(kKeys), policy) != std::end(kKeys);
}

/// Of these, what breaks it stands in the message's type or text: no part of it may be served.
bool broken_by_content(std::string_view policy) {
  constexpr std::string_view kKeys[] = {"forbidden", "json", "order", "text_only", "binary_only"};
  return std::find(std::begin(kKeys), std::end(kKeys), policy) != std::end(kKeys);
}

/// The message of ours to which an echo server has sent a part of the answer; null if there is
/// none, or if the part is no beginning of ours.
const LedgerEntry* answered_in_part(const session::ExchangeRecord& record) {
  if (!record.unfinished || record.unfinished->length == 0) return nullptr;
  const session::Received& part = *record.unfinished;
  for (const LedgerEntry& entry : record.sent.ledger) {
    if (entry.kind != LedgerEntry::Kind::message || entry.answered >= entry.count ||
        entry.digest.type() != part.type || entry.digest.length() < part.length)
      continue;
    const std::size_t known = std::min(entry.payload.size(), part.octets.size());
    if (known > 0 &&
        std::equal(part.octets.begin(), part.octets.begin() + static_cast<std::ptrdiff_t>(known),
                   entry.payload.begin()))
      return &entry;
  }
  return nullptr;
}

/// How many messages an echo server answered from the marked one on.
std::uint64_t echoed_from_mark(const session::SentRecord& sent) {
  std::uint64_t served = 0;
  for (const LedgerEntry& entry : sent.ledger)
    if (entry.kind == LedgerEntry::Kind::message && !entry.own_probe &&
        entry.end >= sent.fault.after)
      served += entry.answered;
  return served;
}

/// Where the target does not echo: replies such as the profile's harmless message earns. Messages
/// of others may look so on a chatty one.
std::uint64_t replied_from_mark(const session::ExchangeRecord& record, const JudgeInput& input) {
  const auto& harmless = input.facts.profile->message;
  if (!harmless || !harmless->reply || harmless->late || input.facts.chatty) return 0;
  return static_cast<std::uint64_t>(std::count_if(
      record.received.begin(), record.received.end(), [&](const session::Received& message) {
        return record.ms(message.at) >= record.sent.fault.sent_ms &&
               fits(*harmless->reply, message);
      }));
}

bool is_marked(const session::ExchangeRecord& record) {
  return record.sent.fault.source == session::Fault::Source::marked;
}

Judgement served(std::uint64_t count) {
  return mismatch(result::Class::processed_after_fault,
                  {.cause = Cause::served_after_breach, .count = count});
}

/// Fragment by fragment: the message was not complete, and need not have been looked at.
Judgement served_part(const LedgerEntry& entry, const session::ExchangeRecord& record) {
  return mismatch(result::Class::processed_after_fault, {.cause = Cause::served_in_part,
                                                         .count = record.unfinished->length,
                                                         .total = entry.digest.length()});
}

/// The last message that no step has asked for; null if there is none. Of a burst, after_messages
/// says how many may be answered.
const LedgerEntry* last_message(const session::SentRecord& sent) {
  const auto last =
      std::find_if(sent.ledger.rbegin(), sent.ledger.rend(), [](const LedgerEntry& entry) {
        return entry.kind == LedgerEntry::Kind::message && !entry.own_probe;
      });
  return last != sent.ledger.rend() && !last->consumed && last->count == 1 ? &*last : nullptr;
}

/// The script marks no message: the one that breaks the policy is the last.
std::optional<Judgement> served_last(const Policy& policy, const session::ExchangeRecord& record,
                                     const JudgeInput& input) {
  if (is_marked(record) || !input.facts.echo || !broken_by_a_message(policy.key))
    return std::nullopt;
  const LedgerEntry* last = last_message(record.sent);
  if (last == nullptr) return std::nullopt;
  if (last->answered > 0) return served(1);
  if (broken_by_content(policy.key) && answered_in_part(record) == last)
    return served_part(*last, record);
  return std::nullopt;
}

/// The Close came, with one of the declared codes or with one that says no wrong.
Judgement judge_promised_close(const Policy& policy, const session::ExchangeRecord& record,
                               const JudgeInput& input) {
  Outcome wanted;
  wanted.kind = Outcome::Kind::close;
  wanted.codes = policy.close;
  const char* because = nullptr;
  const bool other = record.close_at && !policy.close.has(record.close_code.value_or(0));
  if (other && (because = tolerable_code(policy.key, *record.close_code)) != nullptr)
    wanted.codes.ranges = {{*record.close_code, *record.close_code}};
  Judgement judged = judge_close(wanted, record, input);
  if (judged.state != State::match) return judged;
  if (auto found = served_last(policy, record, input)) return *found;
  const double ms = net::ms_between(reference(record, input), record.close_at.value());
  if (input.step.policy_within_ms > 0 && ms > input.step.policy_within_ms + kGraceMs) {
    if (auto ours =
            perhaps_in_time(ms, record.close_lag_ms, input.step.policy_within_ms + kGraceMs))
      return *ours;
    return mismatch(
        result::Class::none,
        {.cause = Cause::closed_too_late, .ms = ms, .limit_ms = input.step.policy_within_ms});
  }
  if (because == nullptr) return judged;
  judged.cls = result::Class::other_code;
  judged.fact = {
      .cause = *record.close_code == 1008 ? Cause::code_too_generic : Cause::code_not_listed,
      .code = *record.close_code};
  judged.tolerated = true;
  judged.because = because;
  return judged;
}

}  // namespace

std::optional<Judgement> served_from_mark(const session::ExchangeRecord& record,
                                          const JudgeInput& input) {
  if (!is_policy(input.scenario) || !is_marked(record)) return std::nullopt;
  const std::uint64_t count =
      input.facts.echo ? echoed_from_mark(record.sent) : replied_from_mark(record, input);
  if (count > 0) return served(count);
  const LedgerEntry* part = input.facts.echo ? answered_in_part(record) : nullptr;
  if (part == nullptr || part->end < record.sent.fault.after) return std::nullopt;
  return served_part(*part, record);
}

Judgement judge_policy(const Outcome& outcome, const session::ExchangeRecord& record,
                       const JudgeInput& input) {
  const auto found = input.facts.profile->policies.find(outcome.policy_key);
  if (found == input.facts.profile->policies.end())
    return mismatch(result::Class::none,
                    result::fact(Cause::policy_not_declared, "policy." + outcome.policy_key));
  const Policy& policy = found->second;
  Outcome wanted;
  Judgement judged;
  switch (policy.action) {
    case PolicyAction::close:
      return judge_promised_close(policy, record, input);
    case PolicyAction::refuse:
      wanted.kind = Outcome::Kind::http;
      wanted.http.statuses = policy.statuses;
      return judge(wanted, record, input);
    case PolicyAction::throttle:
      wanted.kind = Outcome::Kind::accepted;
      return judge(wanted, record, input);
    case PolicyAction::discard:
      judged = record.gone() ? unwanted_end(record, input) : judge_evidence(record, input);
      break;
    case PolicyAction::error_reply:
      wanted.kind = Outcome::Kind::message;
      judged = policy.error_reply ? judge_message(*policy.error_reply, record, input)
                                  : judge(wanted, record, input);
      break;
  }
  if (judged.state != State::match) return judged;
  if (auto wrong = served_from_mark(record, input)) return *wrong;
  if (auto wrong = served_last(policy, record, input)) return *wrong;
  return judged;
}

}  // namespace wsspec::judge
