#include "session/reply_matcher.h"

#include <algorithm>
#include <utility>

namespace wsspec::session {
namespace {

constexpr std::size_t kReceivedMessages = 4096;
constexpr std::size_t kReceivedOctets = 4u << 20;

bool is_ping_of(const LedgerEntry& entry, wire::Octets payload) {
  return entry.kind == LedgerEntry::Kind::ping &&
         std::equal(entry.payload.begin(), entry.payload.end(), payload.begin(), payload.end());
}

bool is_open_ping_of(const LedgerEntry& entry, wire::Octets payload) {
  return entry.answered < entry.count && is_ping_of(entry, payload);
}

}  // namespace

void ReplyMatcher::begin(wire::Opcode type) {
  incoming_.begin(type);
  incoming_octets_.clear();
  record_.unfinished = Received{.type = type,
                                .octets = std::move(incoming_octets_),
                                .at = record_.last_activity,
                                .serial = record_.messages};
  same_as_ = keep_answers_ ? nullptr : awaited(type);
}

/// The oldest message of ours that the incoming one may be the echo of.
const LedgerEntry* ReplyMatcher::awaited(wire::Opcode type) const {
  const auto& ledger = record_.sent.ledger;
  for (std::size_t i = next_answer_; i < ledger.size(); ++i) {
    const LedgerEntry& entry = ledger[i];
    if (entry.kind == LedgerEntry::Kind::message && entry.answered < entry.count)
      return entry.digest.type() == type && !entry.payload.empty() ? &entry : nullptr;
  }
  return nullptr;
}

bool ReplyMatcher::goes_on_as_ours(wire::Octets data) {
  const wire::OctetVector& ours = same_as_->payload;
  const std::uint64_t from = record_.unfinished->length;
  if (from + data.size() > same_as_->digest.length()) return false;
  if (from >= ours.size()) return true;
  const auto at = static_cast<std::size_t>(from);
  const auto compared = data.first(std::min(data.size(), ours.size() - at));
  return std::equal(compared.begin(), compared.end(),
                    ours.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The incoming message gets octets of its own: those that it shared with ours.
void ReplyMatcher::stop_comparing() {
  if (same_as_ == nullptr) return;
  Received& message = *record_.unfinished;
  const auto shared = wire::Octets(same_as_->payload)
                          .first(static_cast<std::size_t>(
                              std::min<std::uint64_t>(message.length, same_as_->payload.size())));
  message.octets.assign(shared.begin(), shared.end());
  message.whole = message.octets.size() == message.length;
  same_as_ = nullptr;
}

void ReplyMatcher::add(wire::Octets data) {
  incoming_.add(data);
  Received& message = *record_.unfinished;
  if (same_as_ != nullptr && goes_on_as_ours(data)) {
    message.length = incoming_.length();
    message.whole = false;
    return;
  }
  // Octets after a gap are not kept: where ours end, so does what can be compared.
  stop_comparing();
  if (!message.whole) {
    message.length = incoming_.length();
    return;
  }
  const std::size_t room = kMaxReceived - std::min(kMaxReceived, message.octets.size());
  const wire::Octets kept = data.first(std::min(room, data.size()));
  message.octets.insert(message.octets.end(), kept.begin(), kept.end());
  message.length = incoming_.length();
  message.whole = message.octets.size() == message.length;
}

bool ReplyMatcher::end(net::TimePoint at, bool in_burst) {
  incoming_.finish();
  const bool matched = answer_entry(at, in_burst);
  if (!matched) stop_comparing();
  same_as_ = nullptr;
  if (!matched && repeats_answer()) ++record_.duplicates;
  Received message = std::move(*record_.unfinished);
  record_.unfinished.reset();
  incoming_octets_ = std::move(message.octets);
  message.octets = {};  // what is kept of one that answers nothing needs no second copy
  message.at = at;
  ++record_.messages;
  if (!matched && record_.unsolicited.size() < ExchangeRecord::kUnsolicited)
    record_.unsolicited.push_back(message);
  message.whole = message.whole && (!matched || keep_answers_ || message.length == 0);
  if (!matched || !in_burst) keep(std::move(message), !matched || keep_answers_);
  return matched;
}

// The answer of an echo server is the oldest message that is still open; where a later one fits
// instead, those before it were skipped. A burst's entry takes as many as it has sent.
bool ReplyMatcher::answer_entry(net::TimePoint at, bool in_burst) {
  auto& ledger = record_.sent.ledger;
  for (std::size_t i = next_answer_; i < ledger.size(); ++i) {
    LedgerEntry& entry = ledger[i];
    if (entry.kind != LedgerEntry::Kind::message || entry.answered >= entry.count) {
      if (i == next_answer_ && (entry.kind != LedgerEntry::Kind::message || !in_burst))
        ++next_answer_;
      continue;
    }
    if (!entry.digest.same(incoming_)) continue;
    entry.answer(record_.ms(at));
    if (entry.answered == 1) entry.answered_at = at;
    // They are for the comparison with an answer that differs.
    if (entry.answered == entry.count) record_.sent.free_octets(entry);
    // The rounds of a burst share their entries: there an earlier one is no older message.
    if (entry.count == 1 && !in_burst) {
      if (i + 1 < last_answered_)
        ++record_.reordered;
      else
        last_answered_ = i + 1;
    }
    return true;
  }
  return false;
}

bool ReplyMatcher::repeats_answer() const {
  const auto& ledger = record_.sent.ledger;
  return std::any_of(ledger.begin(), ledger.end(), [&](const LedgerEntry& entry) {
    return entry.kind == LedgerEntry::Kind::message && entry.answered > 0 &&
           entry.digest.same(incoming_);
  });
}

void ReplyMatcher::keep(Received message, bool with_octets) {
  if (with_octets) message.octets = std::exchange(incoming_octets_, {});
  kept_octets_ += message.octets.size();
  record_.received.push_back(std::move(message));
  // The newest are kept: an endpoint that talks of its own accord may say much before its answer.
  while (record_.received.size() > kReceivedMessages || kept_octets_ > kReceivedOctets) {
    kept_octets_ -= record_.received.front().octets.size();
    // Memory that is there already is written over: fresh pages cost more than the octets.
    incoming_octets_ = std::move(record_.received.front().octets);
    record_.received.pop_front();
  }
}

/// A ping that need not be answered: it came after our fault or after our Close.
bool ReplyMatcher::counts_after_fault(const LedgerEntry& entry) const {
  const Fault& fault = record_.sent.fault;
  return entry.refused || entry.after_own_close ||
         (fault.source != Fault::Source::none && fault.settled && entry.end > fault.after);
}

// Of pings that are alike the last is answered first: it is the one that needs a pong. But where
// some came after a fault of ours, it cannot be told for which it is: the other side is believed.
void ReplyMatcher::pong(wire::Octets payload, net::TimePoint at) {
  auto& ledger = record_.sent.ledger;
  const bool lawful = std::any_of(ledger.begin(), ledger.end(), [&](const LedgerEntry& entry) {
    return is_open_ping_of(entry, payload) && !counts_after_fault(entry);
  });
  for (std::size_t i = ledger.size(); i-- > 0;) {
    if (!is_open_ping_of(ledger[i], payload)) continue;
    if (lawful && counts_after_fault(ledger[i])) continue;
    answer_ping(i, payload, at);
    return;
  }
  // A pong that answers nothing is lawful (RFC 6455 5.5.3); an empty one is no second answer.
  if (!payload.empty() && std::any_of(ledger.begin(), ledger.end(), [&](const LedgerEntry& entry) {
        return is_ping_of(entry, payload);
      }))
    ++record_.duplicate_pongs;
  const auto& pongs = record_.sent.pongs;
  if (std::any_of(pongs.begin(), pongs.end(), [&](const wire::OctetVector& pong) {
        return std::equal(pong.begin(), pong.end(), payload.begin(), payload.end());
      }))
    ++record_.answered_pongs;
}

void ReplyMatcher::answer_ping(std::size_t index, wire::Octets payload, net::TimePoint at) {
  auto& ledger = record_.sent.ledger;
  LedgerEntry& entry = ledger[index];
  if (++entry.answered == 1) entry.answered_at = at;
  if (!entry.own_probe && last_answered_ > index + 1) ++record_.late_pongs;
  if (entry.own_probe && wire::as_chars(payload) == probe_payload_) record_.pong_for_probe_at = at;
  // Pongs in order are those of a subsequence of the pings.
  std::size_t next = next_pong_;
  while (next < ledger.size() && !is_ping_of(ledger[next], payload)) ++next;
  if (next < ledger.size())
    next_pong_ = next + 1;
  else
    ++record_.reordered_pongs;
}

// Not so where the other side's Close answers ours, nor for a ping after octets that made it fail
// the connection: those are not looked at any more (RFC 6455 7.1.7).
bool ReplyMatcher::owes_pong() {
  const Fault& fault = record_.sent.fault;
  const bool failed = fault.violation && fault.settled;
  if (record_.closer == record_.own_side() && fault.source == Fault::Source::none) return false;
  std::uint64_t owed = 0;
  for (const auto& entry : record_.sent.ledger)
    if (entry.kind == LedgerEntry::Kind::ping && entry.answered < entry.count &&
        !entry.after_own_close && (!failed || entry.own_probe || entry.end <= fault.after))
      owed += entry.count - entry.answered;
  owed += record_.sent.burst_controls;
  return pongs_after_close_++ < owed;
}

void ReplyMatcher::expected(std::uint64_t serial) {
  std::erase_if(record_.unsolicited,
                [&](const Received& message) { return message.serial == serial; });
}

void ReplyMatcher::take_answers(std::uint64_t limit) {
  auto& ledger = record_.sent.ledger;
  for (std::size_t i = record_.sent.first_open(); i < ledger.size() && limit > 0; ++i) {
    auto& entry = ledger[i];
    if (entry.kind != LedgerEntry::Kind::message || entry.consumed) continue;
    entry.consumed = true;
    --limit;
  }
}

void ReplyMatcher::forget() {
  if (record_.unfinished) stop_comparing();
  record_.sent.ledger.clear();
  record_.unsolicited.clear();
  next_answer_ = last_answered_ = next_pong_ = 0;
  record_.duplicates = record_.reordered = record_.reordered_pongs = record_.answered_pongs =
      record_.duplicate_pongs = record_.late_pongs = 0;
}

}  // namespace wsspec::session
