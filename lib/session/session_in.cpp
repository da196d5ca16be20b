// The reading half of a session: frames, messages and what they answer, our own pongs, and how fast
// we read.
#include <fmt/format.h>

#include <algorithm>

#include "session/session.h"
#include "session/session_job.h"

namespace wsspec::session {
namespace {

constexpr std::size_t kReceivedMessages = 4096;
constexpr std::size_t kReceivedOctets = 4u << 20;
constexpr int kPongsPerRead = 16;
// A flood: beyond what is given to any server, plus a multiple of what we sent (an echo, perhaps in
// fragments of one octet). A chatty target gets more.
constexpr std::uint64_t kFloodOctets = 32u << 20;
constexpr std::uint64_t kFloodFrames = 20000;
constexpr std::uint64_t kChattyFactor = 16;

}  // namespace

bool Session::is_flood() const {
  const std::uint64_t factor = setup_.chatty ? kChattyFactor : 1;
  return record_.received_octets > factor * kFloodOctets + 4 * record_.sent.echo_octets ||
         received_frames_ > factor * kFloodFrames + 2 * record_.sent.position;
}

void Session::on_frame(const wire::FrameHeader& header, std::uint64_t /*at*/) {
  ++received_frames_;
  last_opcode_ = header.opcode;
  if (transcript_.full()) return;
  std::string what = wire::opcode_name(header.opcode);
  if (!header.fin) what += ", FIN 0";
  if (header.rsv != 0)
    what += deflater_ && header.rsv == 4 ? ", compressed" : fmt::format(", RSV {}", header.rsv);
  if (header.masked) what += ", masked";
  note(result::TranscriptLine::Direction::received, std::move(what), header.length);
}

void Session::on_message_begin(wire::Opcode type) {
  incoming_.begin(type);
  incoming_octets_.clear();
}

void Session::on_message_data(wire::Octets data) {
  incoming_.add(data);
  const std::size_t room = kMaxReceived - std::min(kMaxReceived, incoming_octets_.size());
  const wire::Octets kept = data.first(std::min(room, data.size()));
  incoming_octets_.insert(incoming_octets_.end(), kept.begin(), kept.end());
  transcript_.add_payload(result::TranscriptLine::Direction::received, data);
}

void Session::on_message_end(std::uint64_t /*end*/) {
  if (record_.violation) return;
  incoming_.finish();
  const bool echo = match_message();
  if (doubtful_ && !echo) record_.violation = doubtful_;
  doubtful_.reset();
}

// The answer of an echo server is the oldest message that is still open; where a later one fits
// instead, those before it were skipped. A burst's entry takes as many as it has sent.
bool Session::match_message() {
  auto& ledger = record_.sent.ledger;
  bool matched = false;
  for (std::size_t i = next_answer_; i < ledger.size(); ++i) {
    LedgerEntry& entry = ledger[i];
    if (entry.kind != LedgerEntry::Kind::message || entry.answered >= entry.count) {
      if (i == next_answer_ && (entry.kind != LedgerEntry::Kind::message || !burst_))
        ++next_answer_;
      continue;
    }
    if (!entry.digest.same(incoming_)) continue;
    entry.answer(now_ms(now_));
    if (entry.answered == 1) entry.answered_at = now_;
    // The rounds of a burst share their entries: there an earlier one is no older message.
    if (entry.count == 1 && !burst_) {
      if (i + 1 < last_answered_)
        ++record_.reordered;
      else
        last_answered_ = i + 1;
    }
    matched = true;
    break;
  }
  if (!matched)
    for (const auto& entry : ledger)
      if (entry.kind == LedgerEntry::Kind::message && entry.answered > 0 &&
          entry.digest.same(incoming_)) {
        ++record_.duplicates;
        break;
      }
  Received message;
  message.type = incoming_.type();
  message.length = incoming_.length();
  message.at = now_;
  message.serial = record_.messages++;
  message.whole = incoming_octets_.size() == incoming_.length();
  if (!matched && record_.unsolicited.size() < ExchangeRecord::kUnsolicited)
    record_.unsolicited.push_back(message);
  if (matched && burst_) return true;
  message.octets = std::move(incoming_octets_);
  incoming_octets_ = {};
  received_kept_octets_ += message.octets.size();
  record_.received.push_back(std::move(message));
  // The newest are kept: an endpoint that talks of its own accord may say much before its answer.
  while (record_.received.size() > kReceivedMessages || received_kept_octets_ > kReceivedOctets) {
    received_kept_octets_ -= record_.received.front().octets.size();
    // Memory that is there already is written over: fresh pages cost more than the octets.
    incoming_octets_ = std::move(record_.received.front().octets);
    record_.received.pop_front();
  }
  return matched;
}

void Session::on_ping(wire::Octets payload, std::uint64_t /*end*/) {
  if (record_.violation) return;
  if (!setup_.auto_pong || record_.close_at || record_.sent.close_sent) return;
  // RFC 6455 5.5.3: of many pings the last may be answered alone. A write for each of a flood's
  // pings would cost more than reading them.
  if (++pings_in_read_ <= kPongsPerRead)
    queue_tool_frame(wire::Opcode::pong, payload);
  else
    last_ping_ = wire::to_vector(payload);
}

void Session::answer_last_ping() {
  if (last_ping_ && !record_.close_at && !record_.sent.close_sent)
    queue_tool_frame(wire::Opcode::pong, *last_ping_);
  last_ping_.reset();
  pings_in_read_ = 0;
}

void Session::on_pong(wire::Octets payload, std::uint64_t /*end*/) {
  if (record_.violation) return;
  auto& ledger = record_.sent.ledger;
  const auto fits = [&](const LedgerEntry& entry) {
    return entry.kind == LedgerEntry::Kind::ping &&
           std::equal(entry.payload.begin(), entry.payload.end(), payload.begin(), payload.end());
  };
  // Of pings that are alike the last is answered first: it is the one that needs a pong. But where
  // some stand behind a fault of ours, nobody can tell for which it is: the server is believed.
  const Fault& fault = record_.sent.fault;
  const auto behind = [&](const LedgerEntry& entry) {
    return entry.refused || entry.after_own_close ||
           (fault.source != Fault::Source::none && fault.settled && entry.end > fault.behind);
  };
  const auto open = [&](const LedgerEntry& entry) {
    return entry.answered < entry.count && fits(entry);
  };
  const bool lawful = std::any_of(ledger.begin(), ledger.end(), [&](const LedgerEntry& entry) {
    return open(entry) && !behind(entry);
  });
  for (std::size_t i = ledger.size(); i-- > 0;) {
    LedgerEntry& entry = ledger[i];
    if (!open(entry) || (lawful && behind(entry))) continue;
    if (++entry.answered == 1) entry.answered_at = now_;
    if (!entry.own_probe && last_answered_ > i + 1) ++record_.late_pongs;
    if (entry.own_probe && wire::as_chars(payload) == probe_payload_)
      record_.pong_for_probe_at = now_;
    // Pongs in order are those of a subsequence of the pings.
    std::size_t next = next_pong_;
    while (next < ledger.size() && !fits(ledger[next])) ++next;
    if (next < ledger.size())
      next_pong_ = next + 1;
    else
      ++record_.reordered_pongs;
    return;
  }
  if (payload.empty()) return;  // a pong that nobody asked for is lawful (RFC 6455 5.5.3)
  if (std::any_of(ledger.begin(), ledger.end(), fits)) ++record_.duplicate_pongs;
  const auto& pongs = record_.sent.pongs;
  if (std::any_of(pongs.begin(), pongs.end(), [&](const wire::OctetVector& pong) {
        return std::equal(pong.begin(), pong.end(), payload.begin(), payload.end());
      }))
    ++record_.answered_pongs;
}

void Session::on_close(std::optional<std::uint16_t> code, std::string_view reason,
                       std::uint64_t /*end*/) {
  if (record_.close_at) return;
  record_.close_at = now_;
  record_.close_code = code ? static_cast<int>(*code) : 1005;
  record_.close_reason = reason;
  if (code) sent_log_.allow_echo_of(*code);
  if (record_.closer == result::Closer::none)
    record_.closer = record_.sent.close_sent ? result::Closer::client : result::Closer::server;
  transcript_.name_last(code ? fmt::format("Close {}", *code) : "Close without a code");
  transcript_.set_last_payload(wire::as_octets(reason));
  if (job_ == nullptr || !job_->after_close) cancel_sending();
  if (setup_.auto_close) answer_close();
}

// Whether a pong behind the server's Close can answer a ping that it had to answer. Not so where
// that Close answers ours, nor for a ping behind octets that made it fail the connection: those are
// not looked at any more (RFC 6455 7.1.7).
bool Session::owes_pong() {
  const Fault& fault = record_.sent.fault;
  const bool failed = fault.violation && fault.settled;
  if (record_.closer == result::Closer::client && fault.source == Fault::Source::none) return false;
  std::uint64_t owed = 0;
  for (const auto& entry : record_.sent.ledger)
    if (entry.kind == LedgerEntry::Kind::ping && entry.answered < entry.count &&
        !entry.after_own_close && (!failed || entry.own_probe || entry.end <= fault.behind))
      owed += entry.count - entry.answered;
  owed += record_.sent.burst_controls;
  return pongs_after_close_++ < owed;
}

void Session::on_violation(const wire::Violation& violation) {
  if (record_.violation) return;
  // Not so a pong: until it has received our Close, the server owes one for each ping, ours or the
  // probe's, that its Close has crossed (RFC 6455 5.5.2; 5.5.1 forbids it data frames).
  if (violation.kind == wire::ViolationKind::after_close &&
      last_opcode_ == static_cast<std::uint8_t>(wire::Opcode::pong) && owes_pong())
    return;
  // The answer to a bomb of ours is as long as that: read up to a bound, and no fault.
  if (violation.kind == wire::ViolationKind::inflated_too_long) {
    incoming_.cut();
    return;
  }
  if (violation.kind == wire::ViolationKind::text_not_utf8) {
    doubtful_ = violation;
    return;
  }
  record_.violation = violation;
  note(result::TranscriptLine::Direction::note,
       "the server breaks " + std::string(violation.section), 0);
}

void Session::expected(std::uint64_t serial) {
  std::erase_if(record_.unsolicited, [&](const Received& stray) { return stray.serial == serial; });
}

void Session::take_answers(std::uint64_t limit) {
  auto& ledger = record_.sent.ledger;
  for (std::size_t i = record_.sent.first_open(); i < ledger.size() && limit > 0; ++i) {
    auto& entry = ledger[i];
    if (entry.kind != LedgerEntry::Kind::message || entry.consumed) continue;
    entry.consumed = true;
    --limit;
  }
}

void Session::pause_reading() {
  reading_paused_ = true;
  if (connection_) connection_->pause_reading();
}

void Session::resume_reading() {
  reading_paused_ = false;
  read_per_second_ = 0;
  read_timer_.cancel();
  if (connection_) connection_->resume_reading();
}

void Session::read_rate(std::uint64_t octets_per_second) {
  pause_reading();
  read_per_second_ = octets_per_second;
  read_at_rate_ = 0;
  read_rate_since_ = net::Clock::now();
  read_timer_.start(std::chrono::milliseconds(50));
}

// By the clock and not by the round: a late timer must not make us a slower reader than we said.
void Session::read_at_rate() {
  if (!connection_ || read_per_second_ == 0) return;
  const auto now = net::Clock::now();
  const double earned =
      net::ms_between(read_rate_since_, now) * static_cast<double>(read_per_second_) / 1000;
  const auto due = static_cast<std::uint64_t>(earned) -
                   std::min(read_at_rate_, static_cast<std::uint64_t>(earned));
  const std::size_t got = due == 0 ? 0 : connection_->drain(static_cast<std::size_t>(due));
  read_at_rate_ += got;
  if (got < due) {  // nothing was there: the time is not saved up
    read_at_rate_ = 0;
    read_rate_since_ = now;
  }
  read_timer_.start(std::chrono::milliseconds(50));
  changed();
}

void Session::drain() {
  if (connection_ && !reading_paused_) connection_->drain(4u << 20);
}

}  // namespace wsspec::session
