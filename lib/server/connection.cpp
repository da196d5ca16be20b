#include "server/connection.h"

#include <algorithm>

#include "server/handshake.h"

namespace wsspec::server {
namespace {

constexpr auto kHandshakeTimeout = std::chrono::seconds(10);
constexpr auto kRefusalTimeout = std::chrono::seconds(1);
constexpr auto kCloseTimeout = std::chrono::seconds(1);
// A peer that does not read its echoes is not read from above the upper mark, until the lower one.
// What is held for it is at most the upper mark, the echoes of one read, and one message.
constexpr std::size_t kHighWater = 4u << 20;
constexpr std::size_t kLowWater = 1u << 20;
// A Close frame has room for 123 octets of reason (RFC 6455 5.5).
constexpr std::size_t kMaxReason = 123;
constexpr int kEmptyOctets = 4;  ///< of line ends ahead of a request
// What is read before the clock is looked at. 256 octets inflate to 256 KiB at most.
constexpr std::size_t kSlice = 16384;
constexpr std::size_t kCompressedSlice = 256;
// A buffer larger than this is given back when its message is through.
constexpr std::size_t kKeptBuffer = 16 * 1024;

}  // namespace

Connection::Connection(const Surroundings& surroundings, bool refused)
    : surroundings_(surroundings),
      refused_(refused),
      timer_(surroundings.loop, [this] { on_timer(); }),
      // Told of bad UTF-8 the reader stops; to pass it on, it has to read on.
      reader_({.sender = wire::Role::client, .keep_going = !surroundings.policies.validate_utf8},
              *this),
      policy_(surroundings_.policies) {}

Connection::~Connection() {
  enter(Phase::over);
}

// What is over, or not yet open, is counted as nothing.
void Connection::enter(Phase phase) {
  Totals& totals = surroundings_.totals;
  if (phase == Phase::open) ++totals.open;
  if (phase_ == Phase::open && phase != Phase::open) --totals.open;
  phase_ = phase;
  if (phase != Phase::over) return;
  totals.held -= held_;
  held_ = 0;
}

void Connection::count_held() {
  if (phase_ == Phase::over) return;
  const std::uint64_t now = message_.size() + packed_.size() + out_.size();
  surroundings_.totals.held += now - held_;
  held_ = now;
}

// RFC 6455 7.4.2, the registry's 1013 ("Try Again Later"): the message is not too large for this
// server (1009), there is no room for it now. What was not read of the echoes makes room too.
void Connection::keep_to_memory() {
  count_held();
  if (phase_ != Phase::open || surroundings_.totals.held <= surroundings_.policies.max_memory)
    return;
  out_.keep_front();
  close(1013, "too much is held for all clients, try again later");
  count_held();
}

bool Connection::start(const net::TransportFactory& accepted) {
  auto made = accepted(*this);
  if (!made) {
    enter(Phase::over);
    return false;
  }
  transport_ = std::move(*made);
  timer_.start(refused_ ? net::Duration(kRefusalTimeout) : net::Duration(kHandshakeTimeout));
  return true;
}

void Connection::go_away() {
  if (phase_ == Phase::handshake) {
    end();
  } else if (phase_ == Phase::open) {
    close(1001, "the server ends");
    flush();
  }
}

// --- in

void Connection::on_data(std::span<const std::uint8_t> octets, net::TimePoint at) {
  now_ = at;
  last_moved_ = net::Clock::now();  // what was put back is told with its first stamp
  wire::Octets input = octets;
  if (phase_ == Phase::handshake) read_head(input);
  // The first frames may come in the handshake's own segment.
  read_frames(input);
  flush();
  keep_to_memory();
  if (phase_ == Phase::closing) flush();
}

// A little input may inflate to much. What is too much for one step of the loop is left for a later
// round: the other clients are served meanwhile.
void Connection::read_frames(wire::Octets input) {
  const net::TimePoint until = surroundings_.loop.slice_end();
  const std::size_t most = deflater_ != nullptr ? kCompressedSlice : kSlice;
  while (phase_ == Phase::open && !input.empty()) {
    const wire::Octets slice = input.first(std::min(input.size(), most));
    input = input.subspan(slice.size());
    reader_.feed(slice);
    if (net::Clock::now() >= until) break;
  }
  if (phase_ == Phase::open && !input.empty()) transport_->put_back(input);
}

// RFC 9112 2.2: an empty line or two ahead of the request are passed over; a flood of them is not.
void Connection::skip_empty_lines(wire::Octets& input) {
  while (head_.text().empty() && !input.empty() && (input[0] == '\r' || input[0] == '\n') &&
         empty_octets_ < kEmptyOctets) {
    ++empty_octets_;
    input = input.subspan(1);
  }
}

void Connection::read_head(wire::Octets& input) {
  skip_empty_lines(input);
  const auto state = head_.feed(input);
  if (state == wire::HeadState::incomplete) return;
  const auto request = head_.request();
  if (!request) {
    const auto bad = answer_bad_head(head_);
    answer(bad.octets, bad.status);
    return;
  }
  const auto& policies = surroundings_.policies;
  if (refused_) {
    const auto full = refusal(503, "too many connections");
    return answer(full.octets, full.status);
  }
  const auto reply = answer_handshake(*request, policies, surroundings_.totals.open);
  answer(reply.octets, reply.status);
  if (reply.deflate) {
    const auto& agreed = *reply.deflate;
    reader_.allow_deflate(agreed.client_max_window_bits, !agreed.client_no_context_takeover);
    deflater_ = std::make_unique<wire::Deflater>(agreed.server_max_window_bits,
                                                 !agreed.server_no_context_takeover);
  }
  close_if(reply.breach);
  if (phase_ != Phase::open) return;
  if (!policies.tokens.empty() && policies.token_ttl_ms > 0)
    token_ends_ = now_ + std::chrono::milliseconds(policies.token_ttl_ms);
  if (policies.session_ms > 0)
    session_ends_ = now_ + std::chrono::milliseconds(policies.session_ms);
  timer_.cancel();
  arm_timer();
}

void Connection::answer(const std::string& octets, int status) {
  out_.add(wire::as_octets(octets));
  if (status == 101) {
    enter(Phase::open);
  } else {
    begin_closing();
  }
}

// Every frame's header passes here before its rules are applied. A header that breaks none is the
// place to see that a message will be too long; one that does is left to the reader's violation.
void Connection::on_frame(const wire::FrameHeader& header, std::uint64_t /*at*/) {
  frame_length_ = header.length;
  frame_rsv_ = header.rsv;
  const bool good_continuation =
      header.opcode == static_cast<std::uint8_t>(wire::Opcode::continuation) && in_message_ &&
      header.rsv == 0 && header.masked && header.length >> 63 == 0 && wire::is_shortest(header);
  if (phase_ == Phase::open && good_continuation) close_if(policy_.proceed(header.length));
}

void Connection::on_message_begin(wire::Opcode type) {
  if (phase_ != Phase::open) return;
  in_message_ = true;
  type_ = type;
  compressed_ = frame_rsv_ != 0;
  length_ = 0;
  message_.resize(Outbox::kHeaderRoom);
  if (compressed_) {
    packed_.resize(Outbox::kHeaderRoom);
    deflater_->begin({});
  }
  close_if(policy_.begin(type, frame_length_));
}

void Connection::on_message_data(wire::Octets data) {
  if (phase_ != Phase::open) return;
  length_ += data.size();
  if (!compressed_ || !surroundings_.policies.forbidden.empty())
    message_.insert(message_.end(), data.begin(), data.end());
  if (compressed_) {
    // The frames' lengths were looked at; what a compressed message becomes shows only now.
    close_if(policy_.inflated(length_));
    // Its echo is compressed as it comes: at its end that would take a long step of the loop, and a
    // bomb would stand in memory as a whole.
    if (phase_ == Phase::open) deflater_->add(data, packed_);
  }
  keep_to_memory();
}

void Connection::on_message_end(std::uint64_t /*end*/) {
  if (phase_ != Phase::open) return;
  in_message_ = false;
  close_if(policy_.end(wire::Octets(message_).subspan(Outbox::kHeaderRoom), now_));
  if (phase_ != Phase::open) return;
  if (compressed_) deflater_->finish(packed_);
  out_.add_message(type_, compressed_ ? packed_ : message_, compressed_);
  for (auto* buffer : {&message_, &packed_}) {
    buffer->clear();
    if (buffer->capacity() > kKeptBuffer) wire::OctetVector().swap(*buffer);
  }
}

void Connection::on_ping(wire::Octets payload, std::uint64_t /*end*/) {
  if (phase_ == Phase::open) out_.add_frame(wire::Opcode::pong, payload);
}

void Connection::on_close(std::optional<std::uint16_t> code, std::string_view /*reason*/,
                          std::uint64_t /*end*/) {
  // A Close whose own body is wrong was answered as a violation just before.
  if (phase_ != Phase::open) return;
  peer_closed_ = true;
  close(code.value_or(1000), "");
}

void Connection::on_violation(const wire::Violation& violation) {
  const bool utf8 = violation.kind == wire::ViolationKind::text_not_utf8 ||
                    violation.kind == wire::ViolationKind::close_reason_not_utf8;
  if (utf8 && !surroundings_.policies.validate_utf8) return;
  if (phase_ == Phase::open) close(violation.code, violation.what);
}

// --- out

void Connection::close_if(const std::optional<Breach>& breach) {
  if (breach) close(breach->code, breach->reason);
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  reason = reason.substr(0, kMaxReason);  // ours are ASCII: no character is cut
  wire::OctetVector body{static_cast<std::uint8_t>(code >> 8),
                         static_cast<std::uint8_t>(code & 0xff)};
  body.insert(body.end(), reason.begin(), reason.end());
  out_.add_frame(wire::Opcode::close, body);
  begin_closing();
}

void Connection::begin_closing() {
  enter(Phase::closing);
  wire::OctetVector().swap(message_);
  wire::OctetVector().swap(packed_);
  timer_.start(kCloseTimeout);
}

void Connection::on_writable() {
  flush();
}

void Connection::flush() {
  if (!transport_) return;
  bool progress = false;
  while (!out_.empty()) {
    const wire::Octets next = out_.front();
    const auto result = transport_->send(next);
    out_.consume(result.sent);
    progress = progress || result.sent > 0;
    if (result.error != 0) {
      // The peer is gone; what it sent before is of no use to anyone. The end will be told.
      out_.clear();
      if (phase_ != Phase::closing) begin_closing();
      break;
    }
    if (result.sent < next.size()) {
      transport_->want_write();
      break;
    }
  }
  if (progress) last_moved_ = net::Clock::now();
  // A slow reader gets its Close too: the second counts from the last octet it took.
  if (phase_ == Phase::closing && progress) timer_.start(kCloseTimeout);
  count_held();
  if (phase_ == Phase::closing && out_.empty() && !fin_sent_) {
    fin_sent_ = true;
    transport_->shutdown_write();
  }
  balance();
}

void Connection::balance() {
  // While the answer to a Close waits, nothing is read: a FIN after the Close would end the
  // connection before the answer is out, and anything else may not be there. While an error's
  // Close waits, the peer may be stuck in writing: it is read, so that it comes to reading.
  bool pause = false;
  if (phase_ == Phase::open) pause = out_.size() > (paused_ ? kLowWater : kHighWater);
  if (phase_ == Phase::closing) pause = peer_closed_ && !out_.empty();
  if (pause == paused_) return;
  paused_ = pause;
  if (pause) {
    transport_->pause_reading();
  } else {
    transport_->resume_reading();
  }
}

// --- time and end

// While open one timer serves token, session and idle time: it is started for the next moment at
// which something may be due, not for each read.
void Connection::arm_timer() {
  const auto& policies = surroundings_.policies;
  std::optional<net::TimePoint> next = token_ends_;
  const auto or_at = [&](net::TimePoint when) { next = next ? std::min(*next, when) : when; };
  if (session_ends_) or_at(*session_ends_);
  if (policies.idle_timeout_ms > 0)
    or_at(last_moved_ + std::chrono::milliseconds(policies.idle_timeout_ms));
  if (next) timer_.start_at(*next);
}

void Connection::on_timer() {
  const auto now = net::Clock::now();
  const std::chrono::milliseconds idle(surroundings_.policies.idle_timeout_ms);
  switch (phase_) {
    case Phase::handshake: {
      if (refused_) return end();
      const auto late = refusal(408, "no complete request within 10 seconds");
      answer(late.octets, late.status);
      break;
    }
    case Phase::open:
      if (token_ends_ && now >= *token_ends_) {
        close(1008, "token expired");
      } else if (session_ends_ && now >= *session_ends_) {
        close(1008, "session too long");
      } else if (idle.count() > 0 && now >= last_moved_ + idle) {
        close(1008, "idle for too long");
      } else {
        arm_timer();
      }
      break;
    case Phase::closing:
    case Phase::over:
      end();
      return;
  }
  flush();
}

void Connection::on_end(const net::EndInfo& /*end*/, net::TimePoint /*at*/) {
  end();
}

void Connection::end() {
  if (phase_ == Phase::over) return;
  enter(Phase::over);
  timer_.cancel();
  out_.clear();
  // Destroying it in one of its own calls is allowed; FIN, or RST if the peer went on sending.
  transport_.reset();
  surroundings_.on_over(*this);
}

}  // namespace wsspec::server
