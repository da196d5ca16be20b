// Connection, opening handshake and end. Frames come in by session_in.cpp and go out by
// session_out.cpp.
#include "engine/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/session_job.h"

namespace wsspec::engine {
namespace {

constexpr std::string_view kTlsAlert = "\x15\x03";  ///< how a TLS port answers plain text
constexpr int kInterimAnswers = 16;
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

void Session::note(TranscriptLine::Direction direction, std::string what, std::uint64_t length) {
  transcript_.add(direction, std::move(what), {}, length, now_ms(now_));
}

void Session::on_open(net::TimePoint at) {
  now_ = last_activity_ = connected_at_ = opened_at_ = at;
  note(TranscriptLine::Direction::note, "connected to " + setup_.address.text, 0);
  if (const auto* tls = connection_->tls()) {
    tls_ = TlsObserved{tls->version(), TlsObserved::End::open};
    note(TranscriptLine::Direction::note, fmt::format("{}, {}", tls->version(), tls->cipher()), 0);
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
  note(TranscriptLine::Direction::sent, "opening handshake", text.size());
  out_ = wire::to_vector(text);
  out_pos_ = 0;
  out_is_literal_ = true;
  pump();
  changed();
}

std::string Session::handshake_text(const scenario::HandshakeShape& shape) {
  if (shape.raw) {
    std::string text = *shape.raw;
    for (const auto& [name, value] :
         {std::pair<std::string, std::string>{"${path}", setup_.path}, {"${key}", key_}}) {
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
    note(TranscriptLine::Direction::note, "a flood: the server is read no further", 0);
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
    note(TranscriptLine::Direction::received, fmt::format("HTTP {}", response_->status),
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
    note(TranscriptLine::Direction::note, std::move(what), 0);
  }
  changed();
}

void Session::fail_before_answer(const net::EndInfo& end) {
  using net::EndKind;
  if (end.kind == EndKind::connect_failed) {
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
  transcript_.hide_payloads();
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
