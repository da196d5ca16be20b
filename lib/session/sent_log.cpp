#include "session/sent_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace wsspec::session {
namespace {

constexpr std::size_t kLedgerEntries = 100000;
constexpr std::size_t kExcerptBefore = 16;
constexpr std::size_t kExcerptAfter = 16;

}  // namespace

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

Outbound::Outbound(result::Transcript& transcript)
    : transcript_(transcript), reader_({.from_client = true, .keep_going = true}, *this) {}

void Outbound::sent(wire::Octets octets, double at_ms) {
  at_ms_ = at_ms;
  reader_.feed(octets);
}

void Outbound::sent_by_tool(wire::Octets octets, double at_ms) {
  by_tool_ = true;
  sent(octets, at_ms);
  by_tool_ = false;
}

void Outbound::know(std::uint64_t position, KnownMessage message) {
  const std::uint64_t at = position - skipped_;
  reader_.know(at, std::move(message.window));
  known_.emplace_back(at, std::move(message));
}

std::size_t Outbound::begin_burst(MessageDigest digest) {
  LedgerEntry entry;
  entry.digest = std::move(digest);
  entry.count = 0;
  ledger_.push_back(std::move(entry));
  return ledger_.size() - 1;
}

void Outbound::sent_burst_octets(std::uint64_t octets, std::uint64_t controls) {
  skipped_ += octets;
  burst_controls_ += controls;
}

void Outbound::sent_burst(std::size_t entry, std::uint64_t rounds, double at_ms) {
  ledger_[entry].sent(rounds, at_ms);
  ledger_[entry].count += rounds;
  ledger_[entry].end = position();
}

void Outbound::mark_fault(std::uint64_t start, std::uint64_t end) {
  if (fault_.source == Fault::Source::marked) return;
  fault_.source = Fault::Source::marked;
  fault_.at = fault_.violation && fault_.violation->at >= start && fault_.violation->at < end
                  ? fault_.violation->at
                  : start;
  fault_.behind = end;
  fault_.settled = true;
  fault_.sent_ms = at_ms_;
}

bool Outbound::fault_is_out() const {
  return fault_.source != Fault::Source::none;
}

void Outbound::settle(std::uint64_t behind) {
  if (fault_.settled) return;
  fault_.behind = behind;
  fault_.settled = true;
}

std::uint64_t Outbound::messages_sent() const {
  std::uint64_t n = 0;
  for (const auto& entry : ledger_)
    if (entry.kind == LedgerEntry::Kind::message && !entry.refused) n += entry.count;
  return n;
}

std::uint64_t Outbound::controls_sent() const {
  std::uint64_t n = burst_controls_;
  for (const auto& entry : ledger_)
    if (entry.kind == LedgerEntry::Kind::ping && !entry.refused) n += entry.count;
  return n;
}

std::uint64_t Outbound::messages_answered() const {
  std::uint64_t n = 0;
  for (const auto& entry : ledger_)
    if (entry.kind == LedgerEntry::Kind::message && !entry.refused) n += entry.answered;
  return n;
}

void Outbound::on_frame(const wire::FrameHeader& header, std::uint64_t at) {
  frame_start_ = at;
  // A fault in the framing ends where the next frame begins.
  if (fault_in_frame_) {
    settle(at + skipped_);
    fault_in_frame_ = false;
  }
  if (transcript_.full()) return;
  std::string what = wire::opcode_name(header.opcode);
  if (!header.fin) what += ", FIN 0";
  if (header.rsv != 0) what += fmt::format(", RSV {}", header.rsv);
  if (!header.masked) what += ", not masked";
  if (by_tool_ && header.opcode < 8) what += " (the profile's harmless message)";
  transcript_.add(result::TranscriptLine::Direction::sent, std::move(what), {}, header.length,
                  at_ms_);
}

void Outbound::on_message_begin(wire::Opcode type) {
  window_.clear();
  window_offset_ = 0;
  message_offset_ = 0;
  while (!known_.empty() && known_.front().first < frame_start_) known_.pop_front();
  current_is_known_ = !known_.empty() && known_.front().first == frame_start_;
  if (!current_is_known_) {
    current_.begin(type);
    return;
  }
  current_ = known_.front().second.digest;
  transcript_.add_payload(result::TranscriptLine::Direction::sent, known_.front().second.head);
  known_.pop_front();
}

void Outbound::on_message_data(wire::Octets data) {
  transcript_.add_payload(result::TranscriptLine::Direction::sent, data);
  current_.add(data);
  inflated_ += data.size();
  message_offset_ += data.size();
  if (excerpt_after_ > 0) {  // the octets right behind the proving one complete the picture
    const std::size_t n = std::min(excerpt_after_, data.size());
    excerpt_.octets.insert(excerpt_.octets.end(), data.begin(),
                           data.begin() + static_cast<std::ptrdiff_t>(n));
    excerpt_after_ -= n;
  }
  if (current_.type() != wire::Opcode::text) return;
  // Keep the last 512 octets: the proving octet is always among the newest.
  window_.insert(window_.end(), data.begin(), data.end());
  if (window_.size() > 4096) {
    const std::size_t drop = window_.size() - 512;
    window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(drop));
    window_offset_ += drop;
  }
}

void Outbound::on_message_end(std::uint64_t end) {
  if (!current_is_known_) current_.finish();
  current_is_known_ = false;
  excerpt_after_ = 0;
  if (fault_in_message_) {
    settle(end + skipped_);
    fault_in_message_ = false;
  }
  if (by_tool_ || ledger_.size() >= kLedgerEntries) return;
  LedgerEntry entry;
  entry.digest = current_;
  entry.end = end + skipped_;
  entry.sent(1, at_ms_);
  entry.behind_own_close = close_sent_;
  ledger_.push_back(std::move(entry));
}

void Outbound::on_ping(wire::Octets payload, std::uint64_t end) {
  transcript_.set_last_payload(payload);
  if (ledger_.size() >= kLedgerEntries) return;
  LedgerEntry entry;
  entry.kind = LedgerEntry::Kind::ping;
  entry.payload = wire::to_vector(payload);
  entry.end = end + skipped_;
  entry.own_probe = by_tool_;
  entry.behind_own_close = close_sent_;
  ledger_.push_back(std::move(entry));
}

void Outbound::on_pong(wire::Octets payload, std::uint64_t /*end*/) {
  if (by_tool_ || payload.empty()) return;
  if (pongs_.size() >= kPongs) pongs_.pop_front();
  pongs_.push_back(wire::to_vector(payload));
}

void Outbound::on_refused_data(wire::Octets data) {
  transcript_.add_payload(result::TranscriptLine::Direction::sent, data);
  refused_.add(data);
}

// A server that does not see the fault answers the frame as what its opcode says.
void Outbound::on_refused_end(const wire::FrameHeader& header, std::uint64_t end) {
  using wire::Opcode;
  const auto opcode = static_cast<Opcode>(header.opcode);
  LedgerEntry entry;
  entry.refused = !by_tool_;
  entry.end = end + skipped_;
  entry.behind_own_close = close_sent_;
  if (opcode == Opcode::ping) {
    entry.kind = LedgerEntry::Kind::ping;
    entry.own_probe = by_tool_;  // behind a Close of the script's that is to be refused
    entry.payload = wire::to_vector(refused_.head());
  } else if (opcode == Opcode::text || opcode == Opcode::binary) {
    MessageDigest digest = refused_;
    digest.set_type(opcode);
    digest.finish();
    entry.digest = std::move(digest);
  }
  refused_.begin(Opcode::text);
  const bool data = opcode == Opcode::text || opcode == Opcode::binary;
  const bool answerable = entry.kind == LedgerEntry::Kind::ping || (data && !by_tool_);
  if (answerable && ledger_.size() < kLedgerEntries) ledger_.push_back(std::move(entry));
}

void Outbound::on_close(std::optional<std::uint16_t> code, std::string_view reason,
                        std::uint64_t /*end*/) {
  close_sent_ = true;
  if (excerpt_.present && excerpt_.octets.empty()) take_excerpt(wire::as_octets(reason), 0);
  transcript_.name_last(code ? fmt::format("Close {}", *code) : "Close without a code");
}

void Outbound::on_violation(const wire::Violation& violation) {
  if (violation.kind == wire::ViolationKind::inflated_too_long) {  // a bound of our own
    current_.cut();
    ++cut_messages_;
    return;
  }
  // Lawful to try, never a fault of ours.
  if (violation.kind == wire::ViolationKind::after_close) return;
  if (violation.kind == wire::ViolationKind::text_not_utf8) text_not_utf8_ = true;
  if (by_tool_ || fault_.violation) return;
  fault_.violation = violation;
  fault_.violation->at += skipped_;
  if (fault_.source == Fault::Source::none) fault_.sent_ms = at_ms_;
  const bool bad_text = violation.kind == wire::ViolationKind::text_not_utf8;
  const bool in_message = bad_text || violation.kind == wire::ViolationKind::deflate_data;
  if (fault_.source == Fault::Source::none) {
    fault_.source = Fault::Source::violation;
    fault_.at = fault_.violation->at;
    if (in_message)
      fault_in_message_ = true;
    else
      fault_in_frame_ = true;
  }
  const bool reason = violation.kind == wire::ViolationKind::close_reason_not_utf8;
  if (!bad_text && !reason) return;
  excerpt_.present = true;
  excerpt_.at = violation.at_in_message;
  excerpt_.truncated = violation.truncated;
  if (bad_text) {
    take_excerpt(window_, window_offset_);
    if (!violation.truncated)
      excerpt_after_ = kExcerptAfter + 1 - (excerpt_.octets.size() - excerpt_.mark);
  }
}

// `octets` is what is known of the message from `offset` on.
void Outbound::take_excerpt(wire::Octets octets, std::uint64_t offset) {
  const std::uint64_t at = excerpt_.at;
  const std::uint64_t begin = std::max(offset, at > kExcerptBefore ? at - kExcerptBefore : 0);
  const std::uint64_t end = std::min(offset + octets.size(), at + 1 + kExcerptAfter);
  excerpt_.offset = begin;
  if (end > begin) excerpt_.octets = wire::to_vector(octets.subspan(begin - offset, end - begin));
  excerpt_.mark =
      static_cast<std::size_t>(std::min<std::uint64_t>(at - begin, excerpt_.octets.size()));
}

}  // namespace wsspec::session
