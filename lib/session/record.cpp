#include "session/record.h"

#include <algorithm>

namespace wsspec::session {

void MessageDigest::begin(wire::Opcode type) {
  type_ = type;
  length_ = 0;
  print_.reset();
  head_.clear();
  holds_replacement_ = false;
}

void MessageDigest::add(wire::Octets data) {
  const std::uint64_t room = kHashed - std::min(kHashed, length_);
  length_ += data.size();
  data = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, data.size())));
  print_.add(data);
  if (type_ != wire::Opcode::text || head_.size() >= kSearched) return;
  const auto part = data.first(std::min(kSearched - head_.size(), data.size()));
  head_.insert(head_.end(), part.begin(), part.end());
}

void MessageDigest::finish() {
  sum_ = print_.sum();
  holds_replacement_ = type_ == wire::Opcode::text &&
                       wire::as_chars(head_).find("\xef\xbf\xbd") != std::string_view::npos;
  head_.clear();
}

bool MessageDigest::same(const MessageDigest& other) const {
  if (type_ != other.type_ || sum_ != other.sum_) return false;
  if (cut_ || other.cut_) return std::min(length_, other.length_) >= kHashed;
  return length_ == other.length_;
}

void LedgerEntry::sent(std::uint64_t messages, double at_ms) {
  const auto n = std::min<std::uint64_t>(messages, kTimes - std::min(kTimes, times.size()));
  times.insert(times.end(), static_cast<std::size_t>(n), static_cast<float>(at_ms));
}

void LedgerEntry::answer(double at_ms) {
  if (answered < times.size()) {
    float& time = times[static_cast<std::size_t>(answered)];
    time = static_cast<float>(at_ms) - time;
  }
  ++answered;
}

void SentRecord::free_octets(LedgerEntry& entry) {
  kept_octets -= std::min(kept_octets, entry.payload.size());
  entry.payload = {};
}

std::uint64_t SentRecord::messages() const {
  std::uint64_t n = 0;
  for (const auto& entry : ledger)
    if (entry.kind == LedgerEntry::Kind::message && !entry.refused) n += entry.count;
  return n;
}

std::uint64_t SentRecord::controls() const {
  std::uint64_t n = burst_controls;
  for (const auto& entry : ledger)
    if (entry.kind == LedgerEntry::Kind::ping && !entry.refused) n += entry.count;
  return n;
}

std::uint64_t SentRecord::messages_answered() const {
  std::uint64_t n = 0;
  for (const auto& entry : ledger)
    if (entry.kind == LedgerEntry::Kind::message && !entry.refused) n += entry.answered;
  return n;
}

std::size_t SentRecord::first_open() const {
  std::size_t i = ledger.size();
  while (i > 0 && !ledger[i - 1].consumed) --i;
  return i;
}

std::string ExchangeRecord::agreed_extensions() const {
  if (!response || response->status != 101) return {};
  return wire::joined_header(response->headers, "Sec-WebSocket-Extensions");
}

result::Observed observed(const ExchangeRecord& record) {
  result::Observed out;
  const bool goodbye = record.said_goodbye();
  const auto since = [](net::TimePoint from, net::TimePoint to) {
    return std::max(0.0, net::ms_between(from, to));
  };
  if (record.close_at && !goodbye) {
    out.code = record.close_code;
    out.reason = record.close_reason;
    const bool while_held = record.released_at && *record.close_at < *record.released_at;
    out.close_ms = since(while_held ? record.opened_at : record.reference(), *record.close_at);
  }
  out.closer = goodbye ? result::Closer::none : record.closer;
  out.tls = record.tls;
  out.lag_ms = record.lag_ms;
  out.end = goodbye && record.close_at ? result::End::open : record.end;
  if (record.response) out.http_status = record.response->status;
  if (record.ended_at && !goodbye)
    out.eof_ms = since(record.close_at ? *record.close_at : record.reference(), *record.ended_at);
  out.sent = record.sent.messages();
  out.answered = record.sent.messages_answered();
  return out;
}

}  // namespace wsspec::session
