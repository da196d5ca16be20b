#include "session/sent_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wsspec::session {
namespace {

constexpr std::size_t kLedgerEntries = 100000;
constexpr std::size_t kExcerptBefore = 16;
constexpr std::size_t kExcerptAfter = 16;

}  // namespace

SentLog::SentLog(result::Transcript& transcript, SentRecord& record, wire::Role role)
    : transcript_(transcript),
      record_(record),
      role_(role),
      reader_({.sender = role, .keep_going = true}, *this) {}

void SentLog::sent(wire::Octets octets, double at_ms) {
  at_ms_ = at_ms;
  reader_.feed(octets);
  note_position();
}

void SentLog::note_position() {
  record_.position = skipped_ + reader_.position();
  record_.echo_octets = record_.position + inflated_ + cut_messages_ * kCutEcho;
  record_.at_frame_boundary = reader_.at_frame_boundary();
  record_.in_message = reader_.in_message();
}

void SentLog::sent_by_tool(wire::Octets octets, double at_ms) {
  by_tool_ = true;
  sent(octets, at_ms);
  by_tool_ = false;
}

void SentLog::know(std::uint64_t position, KnownMessage message) {
  const std::uint64_t at = position - skipped_;
  reader_.know(at, std::move(message.window));
  known_.emplace_back(at, std::move(message));
}

std::size_t SentLog::begin_burst(MessageDigest digest) {
  LedgerEntry entry;
  entry.digest = std::move(digest);
  entry.count = 0;
  record_.ledger.push_back(std::move(entry));
  return record_.ledger.size() - 1;
}

void SentLog::sent_burst_octets(std::uint64_t octets, std::uint64_t controls) {
  skipped_ += octets;
  note_position();
  record_.burst_controls += controls;
}

void SentLog::sent_burst(std::size_t entry, std::uint64_t rounds, double at_ms) {
  record_.ledger[entry].sent(rounds, at_ms);
  record_.ledger[entry].count += rounds;
  record_.ledger[entry].end = record_.position;
}

void SentLog::mark_fault(std::uint64_t start, std::uint64_t end) {
  if (record_.fault.source == Fault::Source::marked) return;
  record_.fault.source = Fault::Source::marked;
  record_.fault.at = record_.fault.violation && record_.fault.violation->at >= start &&
                             record_.fault.violation->at < end
                         ? record_.fault.violation->at
                         : start;
  record_.fault.after = end;
  record_.fault.settled = true;
  record_.fault.sent_ms = at_ms_;
}

void SentLog::settle(std::uint64_t after) {
  if (record_.fault.settled) return;
  record_.fault.after = after;
  record_.fault.settled = true;
}

void SentLog::on_frame(const wire::FrameHeader& header, std::uint64_t at) {
  frame_start_ = at;
  frame_octets_ = header.length;
  if (header.opcode < 8) ++record_.open_frames;
  // A fault in the framing ends where the next frame begins.
  if (fault_in_frame_) {
    settle(at + skipped_);
    fault_in_frame_ = false;
  }
  if (transcript_.full()) return;
  std::string what = wire::opcode_name(header.opcode);
  if (!header.fin) what += ", FIN 0";
  if (header.rsv != 0) what += fmt::format(", RSV {}", header.rsv);
  if (header.masked != wire::masks(role_)) what += header.masked ? ", masked" : ", not masked";
  if (by_tool_ && header.opcode < 8) what += " (the profile's harmless message)";
  transcript_.add(result::TranscriptLine::Direction::sent, std::move(what), {}, header.length,
                  at_ms_);
}

void SentLog::on_message_begin(wire::Opcode type) {
  window_.clear();
  window_offset_ = 0;
  message_offset_ = 0;
  current_head_.clear();
  while (!known_.empty() && known_.front().first < frame_start_) known_.pop_front();
  current_is_known_ = !known_.empty() && known_.front().first == frame_start_;
  if (!current_is_known_) {
    current_.begin(type);
    return;
  }
  current_ = known_.front().second.digest;
  current_head_ = known_.front().second.head;
  transcript_.add_payload(result::TranscriptLine::Direction::sent, current_head_);
  known_.pop_front();
}

// Memory is taken once for a frame, and never more than may be kept: many large messages are on
// their way at the same time.
void SentLog::keep_head(wire::Octets data) {
  const std::size_t most = kKept - std::min(kKept, record_.kept_octets);
  const std::size_t size = current_head_.size();
  const auto head = data.first(std::min(most - std::min(most, size), data.size()));
  if (size + head.size() > current_head_.capacity()) {
    const std::uint64_t likely = std::max<std::uint64_t>(2 * size, size + frame_octets_);
    current_head_.reserve(std::max<std::size_t>(
        size + head.size(), static_cast<std::size_t>(std::min<std::uint64_t>(likely, most))));
  }
  current_head_.insert(current_head_.end(), head.begin(), head.end());
}

void SentLog::on_message_data(wire::Octets data) {
  transcript_.add_payload(result::TranscriptLine::Direction::sent, data);
  current_.add(data);
  keep_head(data);
  inflated_ += data.size();
  record_.open_octets += data.size();
  message_offset_ += data.size();
  if (excerpt_after_ > 0) {  // the octets right after the proving one complete the picture
    const std::size_t n = std::min(excerpt_after_, data.size());
    record_.excerpt.octets.insert(record_.excerpt.octets.end(), data.begin(),
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

void SentLog::on_message_end(std::uint64_t end) {
  record_.open_octets = record_.open_frames = 0;
  if (!current_is_known_) current_.finish();
  current_is_known_ = false;
  excerpt_after_ = 0;
  if (fault_in_message_) {
    settle(end + skipped_);
    fault_in_message_ = false;
  }
  if (by_tool_ || record_.ledger.size() >= kLedgerEntries) return;
  LedgerEntry entry;
  entry.digest = current_;
  record_.kept_octets += current_head_.size();
  entry.payload = std::exchange(current_head_, {});
  entry.end = end + skipped_;
  entry.sent(1, at_ms_);
  entry.after_own_close = record_.close_sent;
  record_.ledger.push_back(std::move(entry));
}

void SentLog::on_ping(wire::Octets payload, std::uint64_t end) {
  transcript_.set_last_payload(result::TranscriptLine::Direction::sent, payload);
  if (record_.ledger.size() >= kLedgerEntries) return;
  LedgerEntry entry;
  entry.kind = LedgerEntry::Kind::ping;
  entry.payload = wire::to_vector(payload);
  entry.end = end + skipped_;
  entry.own_probe = by_tool_;
  entry.after_own_close = record_.close_sent;
  record_.ledger.push_back(std::move(entry));
}

void SentLog::on_pong(wire::Octets payload, std::uint64_t /*end*/) {
  transcript_.set_last_payload(result::TranscriptLine::Direction::sent, payload);
  if (by_tool_) return;
  if (record_.pongs.size() >= SentRecord::kPongs) record_.pongs.pop_front();
  record_.pongs.push_back(wire::to_vector(payload));
}

void SentLog::on_refused_data(wire::Octets data) {
  transcript_.add_payload(result::TranscriptLine::Direction::sent, data);
  refused_.add(data);
}

// A server that does not see the fault answers the frame as what its opcode says.
void SentLog::on_refused_end(const wire::FrameHeader& header, std::uint64_t end) {
  using wire::Opcode;
  const auto opcode = static_cast<Opcode>(header.opcode);
  LedgerEntry entry;
  entry.refused = !by_tool_;
  entry.end = end + skipped_;
  entry.after_own_close = record_.close_sent;
  if (opcode == Opcode::ping) {
    entry.kind = LedgerEntry::Kind::ping;
    entry.own_probe = by_tool_;  // after a Close of the script's that is to be refused
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
  if (answerable && record_.ledger.size() < kLedgerEntries)
    record_.ledger.push_back(std::move(entry));
}

void SentLog::on_close(std::optional<std::uint16_t> code, std::string_view reason,
                       std::uint64_t /*end*/) {
  if (!record_.close_sent) record_.close_code = code;
  record_.close_sent = true;
  if (record_.excerpt.present && record_.excerpt.octets.empty())
    take_excerpt(wire::as_octets(reason), 0);
  transcript_.name_last(result::TranscriptLine::Direction::sent,
                        code ? fmt::format("Close {}", *code) : "Close without a code");
  transcript_.set_last_payload(result::TranscriptLine::Direction::sent, wire::as_octets(reason));
}

void SentLog::on_violation(const wire::Violation& violation) {
  if (violation.kind == wire::ViolationKind::inflated_too_long) {  // a bound of our own
    current_.cut();
    ++cut_messages_;
    return;
  }
  // Lawful to try, never a fault of ours.
  if (violation.kind == wire::ViolationKind::after_close) return;
  if (violation.kind == wire::ViolationKind::text_not_utf8) record_.text_not_utf8 = true;
  if (by_tool_ || record_.fault.violation) return;
  record_.fault.violation = violation;
  record_.fault.violation->at += skipped_;
  if (record_.fault.source == Fault::Source::none) record_.fault.sent_ms = at_ms_;
  const bool bad_text = violation.kind == wire::ViolationKind::text_not_utf8;
  const bool in_message = bad_text || violation.kind == wire::ViolationKind::deflate_data;
  if (record_.fault.source == Fault::Source::none) {
    record_.fault.source = Fault::Source::violation;
    record_.fault.at = record_.fault.violation->at;
    if (in_message)
      fault_in_message_ = true;
    else
      fault_in_frame_ = true;
  }
  const bool reason = violation.kind == wire::ViolationKind::close_reason_not_utf8;
  if (!bad_text && !reason) return;
  record_.excerpt.present = true;
  record_.excerpt.at = violation.at_in_message;
  record_.excerpt.truncated = violation.truncated;
  if (bad_text) {
    take_excerpt(window_, window_offset_);
    if (!violation.truncated)
      excerpt_after_ = kExcerptAfter + 1 - (record_.excerpt.octets.size() - record_.excerpt.mark);
  }
}

// `octets` is what is known of the message from `offset` on.
void SentLog::take_excerpt(wire::Octets octets, std::uint64_t offset) {
  const std::uint64_t at = record_.excerpt.at;
  const std::uint64_t begin = std::max(offset, at > kExcerptBefore ? at - kExcerptBefore : 0);
  const std::uint64_t end = std::min(offset + octets.size(), at + 1 + kExcerptAfter);
  record_.excerpt.offset = begin;
  if (end > begin)
    record_.excerpt.octets = wire::to_vector(octets.subspan(begin - offset, end - begin));
  record_.excerpt.mark =
      static_cast<std::size_t>(std::min<std::uint64_t>(at - begin, record_.excerpt.octets.size()));
}

}  // namespace wsspec::session
