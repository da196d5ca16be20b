// Connection, opening handshake and end. Frames come in by session_in.cpp and go out by
// session_out.cpp.
#include "session/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "session/session_job.h"

namespace wsspec::session {

using result::Cause;

namespace {

constexpr std::string_view kTlsAlert = "\x15\x03";  ///< how a TLS port answers plain text
constexpr std::size_t kInterimAnswers = 16;

/// A SETTINGS frame on stream 0, not an acknowledgement (RFC 9113 4.1, 6.5): how its server begins.
bool is_http2(std::string_view text) {
  return text.size() >= 9 && text.substr(3, 6) == std::string_view("\x04\0\0\0\0\0", 6);
}

Cause tls_cause(net::TlsFailure failure) {
  using Tls = net::TlsFailure;
  switch (failure) {
    case Tls::none:
      return Cause::none;
    case Tls::certificate_expired:
      return Cause::certificate_expired;
    case Tls::certificate_wrong_name:
      return Cause::certificate_wrong_name;
    case Tls::certificate_self_signed:
      return Cause::certificate_self_signed;
    case Tls::certificate_untrusted:
      return Cause::certificate_untrusted;
    case Tls::certificate_other:
      return Cause::certificate_not_accepted;
    case Tls::client_certificate:
      return Cause::client_certificate_wanted;
    case Tls::not_tls:
      return Cause::not_tls;
    case Tls::alert:
      return Cause::tls_alert;
    case Tls::protocol:
      return Cause::tls_protocol;
    case Tls::cut:
      return Cause::tls_cut;
  }
  return Cause::none;
}

result::Fact head_fact(const wire::HttpHeadReader& head) {
  const Cause cause = head.is_tls()     ? Cause::tls_port
                      : head.not_http() ? Cause::not_http
                                        : Cause::malformed_head;
  return result::fact(cause, head.problem());
}

/// What of a 101 a client must not take, and where RFC 6455 says so.
result::Fact upgrade_fact(const wire::UpgradeProblem& problem) {
  using Fault = wire::UpgradeFault;
  result::Fact fact;
  fact.text = problem.what;
  fact.section = "RFC 6455 4.1";
  switch (problem.fault) {
    case Fault::status:
      fact.cause = Cause::other_status;
      break;
    case Fault::version:
      fact.cause = Cause::upgrade_version;
      break;
    case Fault::upgrade:
      fact.cause = Cause::upgrade_header;
      break;
    case Fault::connection:
      fact.cause = Cause::connection_header;
      break;
    case Fault::accept:
      fact.cause = Cause::accept_header;
      break;
    case Fault::extension:
      fact.cause = Cause::extension_not_offered;
      break;
    case Fault::subprotocol:
      fact.cause = Cause::subprotocol_not_offered;
      break;
  }
  return fact;
}

}  // namespace

Session::Session(net::Loop& loop, SessionSetup setup, std::function<void()> on_change)
    : loop_(loop),
      setup_(std::move(setup)),
      on_change_(std::move(on_change)),
      random_(setup_.seed),
      timeout_(loop,
               [this] {
                 const bool tcp = connection_ != nullptr && connection_->connected();
                 const Cause missing = record_.phase != Phase::connecting ? Cause::handshake_timeout
                                       : tcp                              ? Cause::tls_timeout
                                                                          : Cause::connect_timeout;
                 fail(Failure::timeout, {.cause = missing, .limit_ms = setup_.connect_timeout_ms});
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
      reader_({.sender = wire::Role::server, .keep_going = true}, *this),
      sent_log_(transcript_, record_.sent) {
  record_.scripted = !setup_.handshake;
}

Session::~Session() = default;

void Session::changed() {
  on_change_();
}

void Session::start() {
  record_.started_at = now_ = record_.last_activity = record_.opened_at = net::Clock::now();
  record_.phase = Phase::connecting;
  timeout_.start(std::chrono::milliseconds(setup_.connect_timeout_ms));
  auto connection = net::Connection::connect(
      loop_, setup_.address, {setup_.from, setup_.receive_buffer, setup_.tls, setup_.tls_shape},
      *this);
  if (!connection) {
    const net::ConnectProblem& problem = connection.error();
    fail(Failure::connect, {.cause = result::cause_of_errno(problem.error),
                            .text = problem.text,
                            .detail = setup_.address.text,
                            .error = problem.error});
    return;
  }
  connection_ = std::move(*connection);
}

void Session::fail(Failure failure, result::Fact fact) {
  record_.phase = Phase::failed;
  record_.failure = failure;
  record_.failure_fact = std::move(fact);
  timeout_.cancel();
  cancel_sending();
  connection_.reset();
}

void Session::note(result::TranscriptLine::Direction direction, std::string what,
                   std::uint64_t length) {
  transcript_.add(direction, std::move(what), {}, length, now_ms(now_));
}

void Session::on_open(net::TimePoint at) {
  now_ = record_.last_activity = record_.connected_at = record_.opened_at = at;
  note(result::TranscriptLine::Direction::note, "connected to " + setup_.address.text, 0);
  if (const auto* tls = connection_->tls()) {
    record_.tls = result::TlsObserved{tls->version(), result::TlsObserved::End::open};
    note(result::TranscriptLine::Direction::note,
         fmt::format("{}, {}", tls->version(), tls->cipher()), 0);
  }
  // Of what was offered the server has chosen something that is not HTTP/1.1 (RFC 7301 3.2): there
  // is nothing to say to it.
  if (connection_->tls() != nullptr && !setup_.tls_shape.alpn.empty() &&
      connection_->tls()->alpn() != "" && connection_->tls()->alpn() != "http/1.1") {
    note(result::TranscriptLine::Direction::note, "the server chose another protocol (ALPN)", 0);
    fail(Failure::hangup, result::fact(Cause::alpn_other_protocol));
    record_.ended_at = at;
    changed();
    return;
  }
  key_ = wire::make_key(random_.octets<16>());
  if (!setup_.handshake) {
    timeout_.cancel();
    record_.phase = Phase::raw;
    changed();
    return;
  }
  record_.phase = Phase::handshaking;
  const std::string text = handshake_text({});
  note(result::TranscriptLine::Direction::sent, "opening handshake", text.size());
  out_ = wire::to_vector(text);
  out_pos_ = 0;
  out_parts_ = {{out_.size(), true}};
  pump();
  changed();
}

std::string Session::handshake_text(const scenario::HandshakeShape& shape) {
  const bool queried = setup_.path.find('?') != std::string::npos;
  scenario::HandshakeNames names = {{"path", setup_.path},
                                    {"query", queried ? "&" : "?"},
                                    {"key", key_},
                                    {"host", setup_.host},
                                    {"scheme", setup_.tls ? "https" : "http"}};
  wire::HeaderList extra = setup_.headers;
  for (const auto& [name, value] : shape.headers)
    extra.emplace_back(name, scenario::fill_handshake(value, names));
  auto request = wire::client_handshake(setup_.host, shape.path ? *shape.path : setup_.path, key_,
                                        setup_.subprotocols, setup_.extensions, extra);
  if (shape.raw) {
    names.emplace_back("headers", wire::encode_headers(request.headers));
    const wire::OctetVector raw = shape.raw->head(scenario::HandshakeShape::kMaxRaw);
    return scenario::fill_handshake(wire::as_chars(raw), names);
  }
  if (shape.method) request.method = *shape.method;
  if (shape.version) request.version = *shape.version;
  return wire::encode(request);
}

void Session::on_data(std::span<const std::uint8_t> octets, net::TimePoint at) {
  now_ = record_.last_activity = at;
  record_.received_octets += octets.size();
  wire::Octets input = octets;
  // A refusal's body may be still on its way when the script has asked again.
  read_refusal(input);
  if (record_.phase == Phase::raw && setup_.tls_overridden && setup_.tls == nullptr)
    skip_records(input, at);
  if ((record_.phase == Phase::handshaking || record_.phase == Phase::raw) && !input.empty()) {
    read_head(input, at);
    read_refusal(input);
  }
  if (record_.sent.close_code) reader_.allow_echo_of(*record_.sent.close_code);
  if (record_.phase == Phase::open && !record_.violation && !input.empty()) reader_.feed(input);
  answer_last_ping();
  if (record_.violation && connection_ && !record_.close_at) {
    // A server that breaks the protocol is not read on: the rest has no meaning.
    cancel_sending();
  }
  if (record_.phase == Phase::open && !record_.violation && is_flood()) {
    record_.flooded = true;
    note(result::TranscriptLine::Direction::note, "a flood: the server is read no further", 0);
    drop();
  }
  // What is judged as broken or refused is read no further either.
  if (connection_ && (record_.violation || record_.phase == Phase::refused) &&
      record_.received_octets > (8u << 20)) {
    record_.ended_at = at;
    record_.end = result::End::open;
    connection_.reset();
    if (record_.phase == Phase::open) record_.phase = Phase::ended;
  }
  changed();
}

// RFC 6455 4.2.2 refuses with an HTTP answer, and whoever sends one keeps to HTTP: the end of its
// body can be told, and nothing but HTTP comes behind it.
void Session::read_refusal(wire::Octets& input) {
  if (!body_ || record_.violation) return;
  body_->feed(input);
  if (record_.phase == Phase::refused && record_.response) record_.response->body = body_->head();
  if (body_->state() == wire::BodyState::bad) bad_answer(body_->problem(), body_->section());
  if (body_->state() == wire::BodyState::done && record_.phase == Phase::refused)
    read_behind_refusal(input);
}

void Session::read_behind_refusal(wire::Octets input) {
  constexpr std::string_view kHttp = "HTTP/";
  for (const char c : wire::as_chars(input)) {
    if (behind_.size() == kHttp.size()) return;
    if (behind_.empty() && (c == '\r' || c == '\n')) continue;
    behind_ += c;
    if (kHttp.starts_with(behind_)) continue;
    bad_answer("octets behind its refusal that are no HTTP", "RFC 9112 6.3");
    return;
  }
}

void Session::bad_answer(std::string what, std::string_view section) {
  if (record_.violation) return;
  wire::Violation violation;
  violation.kind = wire::ViolationKind::http_answer;
  violation.what = std::move(what);
  violation.section = section;
  on_violation(violation);
}

void Session::answer_has_no_end() {
  if (!answer_is_open()) return;
  const bool measured = body_->state() == wire::BodyState::reading;
  bad_answer(measured ? "an answer whose body never comes to its declared end"
                      : "an answer without a length, and did not end the connection",
             "RFC 9112 6.3");
}

// The script's next handshake goes out on the same connection.
void Session::ask_again() {
  record_.phase = Phase::raw;
  record_.response.reset();
  record_.response_head.clear();
  head_ = {};
  record_.interim_answers.clear();
  behind_.clear();
}

// What a TLS port answers to the script's own records (RFC 8446 5.1) says nothing to us but its
// end: an alert, or that of the stream. Plain text is left to whoever reads HTTP.
void Session::skip_records(wire::Octets& input, net::TimePoint at) {
  constexpr std::size_t kRecordHead = 5;
  constexpr std::uint8_t kFirstType = 20, kAlert = 21, kLastType = 23;
  while (!input.empty()) {
    const std::size_t skipped = std::min(record_left_, input.size());
    input = input.subspan(skipped);
    record_left_ -= skipped;
    if (input.empty()) return;
    if (record_head_.empty() && (input[0] < kFirstType || input[0] > kLastType)) return;
    record_head_.push_back(input[0]);
    input = input.subspan(1);
    if (record_head_.size() < kRecordHead) continue;
    const std::uint8_t type = record_head_[0];
    record_left_ = static_cast<std::size_t>(record_head_[3]) << 8 | record_head_[4];
    record_head_.clear();
    note(result::TranscriptLine::Direction::received, fmt::format("a TLS record of type {}", type),
         record_left_);
    if (type != kAlert) continue;
    record_.ended_at = at;
    drop();
    input = {};
  }
}

void Session::read_head(wire::Octets& input, net::TimePoint at) {
  while (true) {
    const auto state = head_.feed(input);
    if (record_.phase == Phase::handshaking && setup_.tls == nullptr &&
        head_.text().starts_with(kTlsAlert)) {
      fail(Failure::not_http, result::fact(Cause::tls_port));
      return;
    }
    // What a script sends may be anything: TLS that is refused by an alert (RFC 8446 6) is.
    if (record_.phase == Phase::raw && head_.text().starts_with(kTlsAlert)) {
      note(result::TranscriptLine::Direction::received, "a TLS alert", head_.text().size());
      record_.ended_at = at;
      drop();
      return;
    }
    if (state == wire::HeadState::incomplete) return;
    // Asked by HTTP/2's preface, a server may speak HTTP/2. We do not.
    if (record_.phase == Phase::raw && is_http2(head_.text())) {
      note(result::TranscriptLine::Direction::received, "HTTP/2 SETTINGS", head_.text().size());
      record_.ended_at = at;
      drop();
      return;
    }
    if (state == wire::HeadState::done) {
      record_.response = head_.response();
      record_.response_head = head_.text();
    }
    if (!record_.response) {
      fail(Failure::not_http, head_fact(head_));
      return;
    }
    note(result::TranscriptLine::Direction::received,
         fmt::format("HTTP {}", record_.response->status), head_.text().size());
    const bool final = record_.response->status == 101 || record_.response->status >= 200;
    if (final) break;
    // RFC 9110 15.2: a client reads over interim answers, though it asked for none.
    record_.interim_answers.push_back(record_.response->status);
    if (record_.interim_answers.size() > kInterimAnswers) {
      fail(Failure::not_http, {.cause = Cause::too_many_interim_answers, .count = kInterimAnswers});
      return;
    }
    record_.response.reset();
    head_ = {};
  }
  timeout_.cancel();
  record_.opened_at = at;
  const wire::SentRequest request = requests_.asked();
  requests_.answered();
  if (record_.response->status != 101) {
    record_.phase = Phase::refused;
    body_.emplace(*record_.response, request.method);
    behind_.clear();
    cancel_sending();
    return;
  }
  if (const auto problem = wire::check_upgrade(*record_.response, request)) {
    fail(Failure::bad_101, upgrade_fact(*problem));
    return;
  }
  const auto agreed = wire::read_deflate_answer(
      request.extensions,
      wire::joined_header(record_.response->headers, "Sec-WebSocket-Extensions"));
  if (!agreed) {
    fail(Failure::bad_101, {.cause = agreed.error().malformed  ? Cause::extension_malformed
                                     : agreed.error().left_out ? Cause::deflate_parameter_left_out
                                                               : Cause::deflate_answer,
                            .text = agreed.error().what,
                            .section = std::string(agreed.error().section)});
    return;
  }
  if (*agreed) agree_on_deflate(**agreed);
  record_.phase = Phase::open;
}

void Session::agree_on_deflate(const wire::DeflateParams& params) {
  const bool takeover = !params.client_no_context_takeover;
  deflater_ = std::make_unique<wire::Deflater>(params.client_max_window_bits, takeover);
  sent_log_.allow_deflate(params.client_max_window_bits, takeover);
  reader_.allow_deflate(params.server_max_window_bits, !params.server_no_context_takeover);
}

void Session::on_end(const net::EndInfo& end, net::TimePoint at) {
  now_ = record_.last_activity = at;
  // Kept until the handler returns: it is being called.
  const std::unique_ptr<net::Connection> connection = std::move(connection_);
  cancel_sending();
  if (record_.tls)
    record_.tls->end = end.close_notify ? result::TlsObserved::End::close_notify
                                        : result::TlsObserved::End::truncated;
  if (record_.phase == Phase::connecting || record_.phase == Phase::handshaking) {
    fail_before_answer(end);
    if (record_.failure == Failure::hangup) record_.ended_at = at;
  } else if (record_.phase != Phase::failed) {
    timeout_.cancel();
    record_.ended_at = at;
    if (doubtful_ && !record_.violation) record_.violation = doubtful_;
    if (end.kind == net::EndKind::eof) {
      if (body_ && body_->end() == wire::BodyState::bad)
        bad_answer(body_->problem(), body_->section());
      if (record_.phase == Phase::raw && !head_.text().empty())
        bad_answer("an HTTP answer that ends inside its head", "RFC 9112 8");
    }
    record_.end = end.kind == net::EndKind::eof ? result::End::eof : result::End::reset;
    note_frame_cut_off();
    if (record_.phase != Phase::refused) record_.phase = Phase::ended;
    std::string what = record_.end == result::End::reset ? "connection reset" : "end of stream";
    if (end.kind == net::EndKind::tls_failed) what = end.tls.words;
    if (record_.tls)
      what += end.close_notify ? ", after a close_notify" : ", without a close_notify";
    note(result::TranscriptLine::Direction::note, std::move(what), 0);
  }
  changed();
}

// RFC 6455 5.5.1 lets a server finish a message before it answers our Close, or drop it; but half a
// frame makes octets of the message out of the Close behind it. Only where nothing but our Close
// can be the cause: who fails a connection may drop it anywhere (7.1.7).
void Session::note_frame_cut_off() {
  if (record_.phase != Phase::open || record_.end != result::End::eof || record_.violation ||
      record_.close_at || shut_)
    return;
  if (reader_.at_frame_boundary() || record_.closer != result::Closer::none ||
      !record_.sent.close_sent)
    return;
  if (record_.goodbye || record_.sent.fault.source != Fault::Source::none) return;
  record_.violation = wire::Violation{.kind = wire::ViolationKind::frame_cut_off,
                                      .what = "half a frame before it ended the connection",
                                      .section = "RFC 6455 5.5.1"};
}

void Session::fail_before_answer(const net::EndInfo& end) {
  using net::EndKind;
  if (end.kind == EndKind::connect_failed) {
    fail(Failure::connect, {.cause = result::cause_of_errno(end.error),
                            .detail = setup_.address.text,
                            .error = end.error});
    return;
  }
  if (end.kind == EndKind::tls_failed) {
    record_.tls_failure = end.tls.failure;
    // Cut off is cut off, at whatever moment: a policy may refuse a connection so. Where the script
    // has bent TLS, an alert is a refusal like any other, and so is the certificate of another name
    // than the URL's where another one was asked for.
    const bool other_name = setup_.tls_shape.server_name.has_value() &&
                            record_.tls_failure == net::TlsFailure::certificate_wrong_name;
    const bool refused = record_.tls_failure == net::TlsFailure::cut || other_name ||
                         (setup_.tls_overridden && record_.tls_failure == net::TlsFailure::alert);
    fail(refused ? Failure::hangup : Failure::tls, {.cause = tls_cause(end.tls.failure),
                                                    .text = end.tls.words,
                                                    .detail = setup_.address.text});
    return;
  }
  result::Fact fact;
  fact.cause = record_.tls ? Cause::tls_ended_before_answer : Cause::ended_before_answer;
  fact.text = end.kind == EndKind::reset ? "reset" : "closed";
  if (!end.asked_for_certificate.empty()) {
    record_.tls_failure = net::TlsFailure::client_certificate;
    fact.cause = Cause::client_certificate_wanted;
    fact.text = "the TLS connection was " + fact.text + ", after the server had " +
                end.asked_for_certificate;
    fact.detail = setup_.address.text;
  }
  fail(Failure::hangup, std::move(fact));
}

void Session::forget_exchange() {
  record_.sent.ledger.clear();
  record_.unsolicited.clear();
  next_answer_ = last_answered_ = next_pong_ = 0;
  record_.duplicates = record_.reordered = record_.reordered_pongs = record_.answered_pongs =
      record_.duplicate_pongs = record_.late_pongs = 0;
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
  record_.phase = Phase::ended;
}

void Session::drop() {
  cancel_sending();
  timeout_.cancel();
  read_timer_.cancel();
  connection_.reset();
  if (record_.is_connected()) record_.phase = Phase::ended;
}

}  // namespace wsspec::session
