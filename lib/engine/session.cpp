// Connection, opening handshake and frames in. The writing half is in session_out.cpp.
#include "engine/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/session_job.h"

namespace wsspec::engine {
namespace {

constexpr std::size_t kTranscriptLines = 256;
constexpr std::size_t kTranscriptOctets = 64;
constexpr std::size_t kReceivedMessages = 4096;
constexpr std::size_t kReceivedOctets = 4u << 20;
constexpr std::string_view kTlsAlert = "\x15\x03";  ///< how a TLS port answers plain text
constexpr int kInterimAnswers = 16;
constexpr int kPongsPerRead = 16;
// A flood: beyond what is given to any server, plus a multiple of what we sent (an echo, perhaps in
// fragments of one octet). A chatty target gets more.
constexpr std::uint64_t kFloodOctets = 32u << 20;
constexpr std::uint64_t kFloodFrames = 20000;
constexpr std::uint64_t kChattyFactor = 16;

}  // namespace

Session::Session(net::Loop& loop, SessionSetup setup, std::function<void()> on_change)
    : loop_(loop),
      setup_(std::move(setup)),
      on_change_(std::move(on_change)),
      random_(setup_.seed),
      timeout_(loop,
               [this] {
                 const bool tcp = connection_ != nullptr && connection_->connected();
                 const char* missing = phase_ != Phase::connecting
                                           ? "no answer to the opening handshake"
                                       : tcp ? "no end of the TLS handshake"
                                             : "no connection";
                 fail(Failure::timeout,
                      fmt::format("{} within {} ms", missing, setup_.connect_timeout_ms));
                 changed();
               }),
      pace_(loop,
            [this] {
              chop_waits_ = false;
              // A Close that is here already was not earned by what is released now.
              drain();
              pump();
              changed();
            }),
      read_timer_(loop, [this] { read_at_rate(); }),
      reader_({.from_client = false, .keep_going = true}, *this),
      outbound_(transcript_) {}

Session::~Session() = default;

void Session::changed() {
  on_change_();
}

void Session::start() {
  started_at_ = now_ = last_activity_ = opened_at_ = net::Clock::now();
  phase_ = Phase::connecting;
  timeout_.start(std::chrono::milliseconds(setup_.connect_timeout_ms));
  auto connection = net::Connection::connect(
      loop_, setup_.address, {setup_.from, setup_.receive_buffer, setup_.tls}, *this);
  if (!connection) {
    fail(Failure::connect, connection.error());
    return;
  }
  connection_ = std::move(*connection);
}

void Session::fail(Failure failure, std::string text) {
  phase_ = Phase::failed;
  failure_ = failure;
  failure_text_ = std::move(text);
  timeout_.cancel();
  cancel_sending();
  connection_.reset();
}

void Session::note(TranscriptLine::Direction direction, std::string what, wire::Octets octets,
                   std::uint64_t length) {
  if (transcript_.size() >= kTranscriptLines) return;
  TranscriptLine line;
  line.direction = direction;
  line.at_ms = now_ms(now_);
  line.what = std::move(what);
  line.octets = wire::to_vector(octets.first(std::min(octets.size(), kTranscriptOctets)));
  line.length = length;
  transcript_.push_back(std::move(line));
}

void Session::on_open(net::TimePoint at) {
  now_ = last_activity_ = connected_at_ = opened_at_ = at;
  note(TranscriptLine::Direction::note, "connected to " + setup_.address.text, {}, 0);
  if (const auto* tls = connection_->tls()) {
    tls_ = TlsObserved{tls->version(), TlsObserved::End::open};
    note(TranscriptLine::Direction::note, fmt::format("{}, {}", tls->version(), tls->cipher()), {},
         0);
  }
  key_ = wire::make_key(random_.octets<16>());
  if (!setup_.handshake) {
    timeout_.cancel();
    phase_ = Phase::raw;
    changed();
    return;
  }
  phase_ = Phase::handshaking;
  const std::string text = handshake_text({});
  note(TranscriptLine::Direction::sent, "opening handshake", {}, text.size());
  out_ = wire::to_vector(text);
  out_pos_ = 0;
  out_is_literal_ = true;
  pump();
  changed();
}

std::string Session::handshake_text(const scenario::HandshakeShape& shape) {
  if (shape.raw) {
    std::string text = *shape.raw;
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"${path}", setup_.path},
                                      {"${key}", key_},
                                      {"${host}", setup_.host}}) {
      for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
        text.replace(at, name.size(), value);
    }
    return text;
  }
  wire::HeaderList extra = setup_.headers;
  extra.insert(extra.end(), shape.headers.begin(), shape.headers.end());
  auto request = wire::client_handshake(setup_.host, shape.path ? *shape.path : setup_.path, key_,
                                        setup_.subprotocols, setup_.extensions, extra);
  if (shape.method) request.method = *shape.method;
  if (shape.version) request.version = *shape.version;
  return wire::encode(request);
}

void Session::on_data(std::span<const std::uint8_t> octets, net::TimePoint at) {
  now_ = last_activity_ = at;
  received_octets_ += octets.size();
  wire::Octets input = octets;
  if (phase_ == Phase::handshaking || phase_ == Phase::raw) read_head(input, at);
  if (phase_ == Phase::refused && response_ && response_->body.size() < wire::kMaxBody) {
    const std::size_t n = std::min(input.size(), wire::kMaxBody - response_->body.size());
    response_->body.append(wire::as_chars(input.first(n)));
  }
  if (phase_ == Phase::open && !violation_ && !input.empty()) reader_.feed(input);
  answer_last_ping();
  if (violation_ && connection_ && !close_at_) {
    // A server that breaks the protocol is not read on: the rest has no meaning.
    cancel_sending();
  }
  if (phase_ == Phase::open && !violation_ && is_flood()) {
    flooded_ = true;
    note(TranscriptLine::Direction::note, "a flood: the server is read no further", {}, 0);
    drop();
  }
  // What is judged as broken or refused is read no further either.
  if (connection_ && (violation_ || phase_ == Phase::refused) && received_octets_ > (8u << 20)) {
    ended_at_ = at;
    end_ = End::open;
    connection_.reset();
    if (phase_ == Phase::open) phase_ = Phase::ended;
  }
  changed();
}

bool Session::is_flood() const {
  const std::uint64_t factor = setup_.chatty ? kChattyFactor : 1;
  const std::uint64_t asked = outbound_.position();
  return received_octets_ > factor * kFloodOctets + 4 * asked ||
         received_frames_ > factor * kFloodFrames + 2 * asked;
}

void Session::read_head(wire::Octets& input, net::TimePoint at) {
  while (true) {
    const auto state = head_.feed(input);
    if (phase_ == Phase::handshaking && setup_.tls == nullptr &&
        head_.text().starts_with(kTlsAlert)) {
      fail(Failure::not_http, "the answer looks like TLS (an alert record), not like HTTP");
      return;
    }
    if (state == wire::HeadState::incomplete) return;
    if (state == wire::HeadState::done) response_ = head_.response();
    if (!response_) {
      fail(Failure::not_http, head_.problem());
      return;
    }
    note(TranscriptLine::Direction::received, fmt::format("HTTP {}", response_->status), {},
         head_.text().size());
    const bool final = response_->status == 101 || response_->status >= 200;
    if (final) break;
    // RFC 9110 15.2: a client reads over interim answers, though it asked for none.
    if (++interim_answers_ > kInterimAnswers) {
      fail(Failure::not_http,
           fmt::format("the head is preceded by more than {} interim answers (1xx)",
                       kInterimAnswers));
      return;
    }
    response_.reset();
    head_ = {};
  }
  timeout_.cancel();
  opened_at_ = at;
  if (response_->status != 101) {
    phase_ = Phase::refused;
    cancel_sending();
    return;
  }
  if (const auto problem =
          wire::check_upgrade(*response_, key_, setup_.subprotocols, setup_.extensions)) {
    fail(Failure::bad_101, *problem);
    return;
  }
  const auto agreed = wire::read_deflate_answer(
      setup_.extensions, wire::joined_header(response_->headers, "Sec-WebSocket-Extensions"));
  if (!agreed) {
    fail(Failure::bad_101, agreed.error());
    return;
  }
  if (*agreed) agree_on_deflate(**agreed);
  phase_ = Phase::open;
}

void Session::agree_on_deflate(const wire::DeflateParams& params) {
  const bool takeover = !params.client_no_context_takeover;
  deflater_ = std::make_unique<wire::Deflater>(params.client_max_window_bits, takeover);
  outbound_.allow_deflate(params.client_max_window_bits, takeover);
  reader_.allow_deflate(params.server_max_window_bits, !params.server_no_context_takeover);
}

void Session::on_frame(const wire::FrameHeader& header, std::uint64_t /*at*/) {
  ++received_frames_;
  last_opcode_ = header.opcode;
  if (transcript_.size() >= kTranscriptLines) return;
  std::string what = wire::opcode_name(header.opcode);
  if (!header.fin) what += ", FIN 0";
  if (header.rsv != 0)
    what += deflater_ && header.rsv == 4 ? ", compressed" : fmt::format(", RSV {}", header.rsv);
  if (header.masked) what += ", masked";
  note(TranscriptLine::Direction::received, std::move(what), {}, header.length);
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
  if (!transcript_.empty() && transcript_.size() < kTranscriptLines) {
    auto& line = transcript_.back();
    if (line.direction == TranscriptLine::Direction::received &&
        line.octets.size() < kTranscriptOctets) {
      const auto part = data.first(std::min(data.size(), kTranscriptOctets - line.octets.size()));
      line.octets.insert(line.octets.end(), part.begin(), part.end());
    }
  }
}

void Session::on_message_end(std::uint64_t /*end*/) {
  if (violation_) return;
  incoming_.finish();
  const bool echo = match_message();
  if (doubtful_ && !echo) violation_ = doubtful_;
  doubtful_.reset();
}

// The answer of an echo server is the oldest message that is still open; where a later one fits
// instead, those before it were skipped. A burst's entry takes as many as it has sent.
bool Session::match_message() {
  auto& ledger = outbound_.ledger();
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
    matched = true;
    break;
  }
  if (!matched)
    for (const auto& entry : ledger)
      if (entry.kind == LedgerEntry::Kind::message && entry.answered > 0 &&
          entry.digest.same(incoming_)) {
        ++duplicates_;
        break;
      }
  Received message;
  message.type = incoming_.type();
  message.length = incoming_.length();
  message.at = now_;
  message.serial = messages_++;
  message.whole = incoming_octets_.size() == incoming_.length();
  if (!matched && strays_.size() < kStrays) strays_.push_back(message);
  if (matched && burst_) return true;
  message.octets = incoming_octets_;
  received_kept_octets_ += message.octets.size();
  received_.push_back(std::move(message));
  // The newest are kept: an endpoint that talks of its own accord may say much before its answer.
  while (received_.size() > kReceivedMessages || received_kept_octets_ > kReceivedOctets) {
    received_kept_octets_ -= received_.front().octets.size();
    received_.pop_front();
  }
  return matched;
}

void Session::on_ping(wire::Octets payload, std::uint64_t /*end*/) {
  if (violation_) return;
  if (!setup_.auto_pong || close_at_ || outbound_.close_sent()) return;
  // RFC 6455 5.5.3: of many pings the last may be answered alone. A write for each of a flood's
  // pings would cost more than reading them.
  if (++pings_in_read_ <= kPongsPerRead)
    queue_tool_frame(static_cast<std::uint8_t>(wire::Opcode::pong), payload);
  else
    last_ping_ = wire::to_vector(payload);
}

void Session::answer_last_ping() {
  if (last_ping_ && !close_at_ && !outbound_.close_sent())
    queue_tool_frame(static_cast<std::uint8_t>(wire::Opcode::pong), *last_ping_);
  last_ping_.reset();
  pings_in_read_ = 0;
}

void Session::on_pong(wire::Octets payload, std::uint64_t /*end*/) {
  if (violation_) return;
  auto& ledger = outbound_.ledger();
  for (std::size_t i = ledger.size(); i-- > 0;) {
    LedgerEntry& entry = ledger[i];
    if (entry.kind != LedgerEntry::Kind::ping || entry.answered >= entry.count) continue;
    if (!std::equal(entry.payload.begin(), entry.payload.end(), payload.begin(), payload.end()))
      continue;
    ++entry.answered;
    if (entry.own_probe && wire::as_chars(payload) == probe_payload_) probe_answered_ = now_;
    return;
  }
}

void Session::on_close(std::optional<std::uint16_t> code, std::string_view reason,
                       std::uint64_t /*end*/) {
  if (close_at_) return;
  close_at_ = now_;
  close_code_ = code ? static_cast<int>(*code) : 1005;
  close_reason_ = reason;
  if (closer_ == Closer::none) closer_ = outbound_.close_sent() ? Closer::client : Closer::server;
  if (!transcript_.empty() && transcript_.size() < kTranscriptLines) {
    transcript_.back().what = code ? fmt::format("Close {}", *code) : "Close without a code";
    transcript_.back().octets = wire::to_vector(reason.substr(0, kTranscriptOctets));
  }
  if (job_ == nullptr || !job_->after_close) cancel_sending();
  if (setup_.auto_close) answer_close();
}

void Session::on_violation(const wire::Violation& violation) {
  if (violation_) return;
  // Not so a pong: until it has received our Close, the server owes one for each ping, ours or the
  // probe's, that its Close has crossed (RFC 6455 5.5.2; 5.5.1 forbids it data frames).
  if (violation.kind == wire::ViolationKind::after_close &&
      last_opcode_ == static_cast<std::uint8_t>(wire::Opcode::pong))
    return;
  if (violation.kind == wire::ViolationKind::text_not_utf8) {
    doubtful_ = violation;
    return;
  }
  violation_ = violation;
  note(TranscriptLine::Direction::note, "the server breaks " + std::string(violation.section), {},
       0);
}

void Session::on_end(const net::EndInfo& end, net::TimePoint at) {
  now_ = last_activity_ = at;
  // Kept until the handler returns: it is being called.
  const std::unique_ptr<net::Connection> connection = std::move(connection_);
  cancel_sending();
  if (tls_)
    tls_->end = end.close_notify ? TlsObserved::End::close_notify : TlsObserved::End::truncated;
  if (phase_ == Phase::connecting || phase_ == Phase::handshaking) {
    fail_before_answer(end);
    if (failure_ == Failure::hangup) ended_at_ = at;
  } else if (phase_ != Phase::failed) {
    timeout_.cancel();
    ended_at_ = at;
    if (doubtful_ && !violation_) violation_ = doubtful_;
    end_ = end.kind == net::EndKind::eof ? End::eof : End::reset;
    if (phase_ != Phase::refused) phase_ = Phase::ended;
    std::string what = end_ == End::reset ? "connection reset" : "end of stream";
    if (end.kind == net::EndKind::tls_failed) what = end.tls.words;
    if (tls_) what += end.close_notify ? ", after a close_notify" : ", without a close_notify";
    note(TranscriptLine::Direction::note, std::move(what), {}, 0);
  }
  changed();
}

void Session::fail_before_answer(const net::EndInfo& end) {
  using net::EndKind;
  if (end.kind == EndKind::connect_failed) {
    connect_errno_ = end.error;
    fail(Failure::connect,
         fmt::format("cannot connect to {}: {}", setup_.address.text, std::strerror(end.error)));
    return;
  }
  if (end.kind == EndKind::tls_failed) {
    tls_failure_ = end.tls.failure;
    // Cut off is cut off, at whatever moment: a policy may refuse a connection so.
    fail(tls_failure_ == net::TlsFailure::cut ? Failure::hangup : Failure::tls,
         fmt::format("no TLS with {}: {}", setup_.address.text, end.tls.words));
    return;
  }
  std::string text =
      fmt::format("the {}connection was {} before the handshake was answered", tls_ ? "TLS " : "",
                  end.kind == EndKind::reset ? "reset" : "closed");
  if (!end.asked_for_certificate.empty()) {
    tls_failure_ = net::TlsFailure::client_certificate;
    text += ", after the server had " + end.asked_for_certificate;
  }
  fail(Failure::hangup, std::move(text));
}

void Session::forget_exchange() {
  outbound_.ledger().clear();
  strays_.clear();
  next_answer_ = 0;
  duplicates_ = 0;
  hide_payloads();
}

void Session::hide_payloads() {
  for (auto& line : transcript_) line.octets.clear();
}

void Session::expected(std::uint64_t serial) {
  std::erase_if(strays_, [&](const Received& stray) { return stray.serial == serial; });
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

void Session::shutdown_write() {
  shut_ = true;
  if (connection_) connection_->shutdown_write();
}

void Session::reset() {
  cancel_sending();
  if (connection_) connection_->abort();
  connection_.reset();
  phase_ = Phase::ended;
}

void Session::drop() {
  cancel_sending();
  timeout_.cancel();
  read_timer_.cancel();
  connection_.reset();
  if (connected_ok()) phase_ = Phase::ended;
}

}  // namespace wsspec::engine
