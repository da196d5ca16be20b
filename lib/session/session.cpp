// The connection and its opening handshake: from start() to the first frame, and the end.
// session_frames.cpp has what is between them.
#include "session/session.h"

#include <fmt/format.h>

#include "session/failure_fact.h"
#include "session/opening.h"

namespace wsspec::session {

using result::Cause;
using Direction = result::TranscriptLine::Direction;

Session::Session(net::Loop& loop, SessionSetup setup, std::function<void()> on_change)
    : loop_(loop),
      setup_(std::move(setup)),
      on_change_(std::move(on_change)),
      random_(setup_.seed),
      transcript_(setup_.transcript),
      sent_log_(transcript_, record_.sent, setup_.role),
      handshake_({.role = setup_.role,
                  .scripted = !setup_.handshake,
                  .secure = setup_.secure,
                  .tls_records = setup_.tls_overridden && !setup_.secure},
                 record_),
      reader_({.sender = wire::peer_of(setup_.role), .keep_going = true}, *this),
      matcher_(record_, setup_.keep_answers),
      writer_(loop, {.role = setup_.role, .compress = setup_.compress}, random_, record_, sent_log_,
              transcript_, *this),
      pace_(loop, [this] { changed(); }),
      timeout_(loop, [this] { fail_on_timeout(); }) {
  record_.role = setup_.role;
  record_.scripted = !setup_.handshake;
}

Session::~Session() = default;

void Session::attach(net::Transport* transport) {
  writer_.attach(transport);
  pace_.attach(transport);
}

void Session::start() {
  record_.started_at = now_ = record_.last_activity = record_.opened_at = net::Clock::now();
  record_.phase = Phase::connecting;
  timeout_.start_deadline(std::chrono::milliseconds(setup_.connect_timeout_ms));
  auto transport = setup_.transport(*this);
  if (!transport) {
    fail(Failure::connect, open_fact(transport.error(), setup_.peer));
    return;
  }
  transport_ = std::move(*transport);
  attach(transport_.get());
  if (transport_->is_open()) on_open(now_);
}

void Session::fail(Failure failure, result::Fact fact) {
  record_.phase = Phase::failed;
  record_.failure = failure;
  note_own_trouble(fact);
  record_.failure_fact = std::move(fact);
  timeout_.cancel();
  attach(nullptr);
  transport_.reset();
}

void Session::note_own_trouble(const result::Fact& fact) {
  if (!record_.own_trouble && result::is_own(fact)) record_.own_trouble = fact;
}

void Session::write_failed(int error) {
  note_own_trouble(connect_fact(error, setup_.peer));
}

double Session::note_lag() {
  const double lag = std::chrono::duration<double, std::milli>(loop_.lag()).count();
  record_.lag_ms = std::max(record_.lag_ms, lag);
  return lag;
}

void Session::fail_on_timeout() {
  const bool connected = transport_ != nullptr && transport_->is_connected();
  const bool at_proxy = transport_ != nullptr && transport_->waits_for_proxy();
  result::Fact fact{.limit_ms = setup_.connect_timeout_ms};
  if (at_proxy) {
    fact.cause = Cause::proxy_silent;
    fact.detail = setup_.proxy;
  } else if (in_phase(Phase::connecting)) {
    fact.cause = connected ? Cause::tls_timeout : Cause::connect_timeout;
  } else if (const std::size_t head = handshake_.head_octets(); head > 0) {
    fact.cause = Cause::head_unfinished;
    fact.count = head;
  } else if (!record_.interim_answers.empty()) {
    fact.cause = Cause::interim_answers_alone;
  } else {
    fact.cause = Cause::handshake_timeout;
  }
  fail(Failure::timeout, std::move(fact));
  changed();
}

void Session::note(Direction direction, std::string what, std::uint64_t length) {
  transcript_.add(direction, std::move(what), {}, length, record_.ms(now_));
}

// Of what was offered the server has chosen something that is not HTTP/1.1 (RFC 7301 3.2): there is
// nothing to say to it.
bool Session::chose_other_protocol() const {
  const auto tls = transport_->tls_facts();
  return tls && !tls->alpn.empty() && tls->alpn != "http/1.1";
}

void Session::on_open(net::TimePoint at) {
  now_ = record_.last_activity = record_.connected_at = record_.opened_at = at;
  record_.tcp_at = transport_->connected_at();
  note(Direction::note, "connected to " + setup_.peer, 0);
  if (const auto tls = transport_->tls_facts()) {
    record_.tls = result::TlsObserved{tls->version, result::TlsObserved::End::open};
    record_.tls_facts = *tls;
    note(Direction::note, fmt::format("{}, {}", tls->version, tls->cipher), 0);
  }
  if (chose_other_protocol()) {
    note(Direction::note, "the server chose another protocol (ALPN)", 0);
    fail(Failure::hangup, result::fact(Cause::alpn_other_protocol));
    record_.ended_at = at;
    changed();
    return;
  }
  if (!setup_.handshake) timeout_.cancel();
  record_.phase = setup_.handshake ? Phase::handshaking : Phase::raw;
  if (setup_.role == wire::Role::client) {
    key_ = wire::make_key(random_.octets<16>());
    if (setup_.handshake) {
      const std::string text = handshake_text({});
      note(Direction::sent, "opening handshake", text.size());
      writer_.send_literal(text);
    }
  }
  changed();
}

std::vector<result::TranscriptLine> Session::take_complete() {
  std::vector<Direction> growing;
  if (writer_.busy() && !record_.sent.at_frame_boundary) growing.push_back(Direction::sent);
  const auto& last = record_.frames.last;
  if (transport_ != nullptr && last && last->cut_short()) growing.push_back(Direction::received);
  return transcript_.take(growing);
}

std::string Session::handshake_text(const scenario::HandshakeShape& shape) {
  return opening_request(setup_, key_, shape);
}

void Session::on_data(std::span<const std::uint8_t> octets, net::TimePoint at) {
  now_ = record_.last_activity = at;
  const double lag = note_lag();
  if (!in_phase(Phase::open)) record_.answer_lag_ms = lag;
  record_.received_octets += octets.size();
  record_.unanswered = {};
  if (setup_.last_heard != nullptr) *setup_.last_heard = at;
  wire::Octets input = octets;
  while (!in_phase(Phase::open) && transport_ != nullptr && !record_.violation) {
    const auto event = handshake_.next(input);
    if (event.kind == HandshakeReader::Event::Kind::need_more) break;
    on_event(event, at);
  }
  if (in_phase(Phase::open)) read_frames(input);
  if (in_phase(Phase::open) && transport_ != nullptr && !input.empty()) {
    record_.received_octets -= input.size();
    transport_->put_back(input);
  }
  stop_reading_on(at);
  changed();
}

void Session::on_event(const HandshakeReader::Event& event, net::TimePoint at) {
  using Kind = HandshakeReader::Event::Kind;
  if (event.status != 0)
    note(Direction::received, fmt::format("HTTP {}", event.status), event.length);
  const bool final = event.kind == Kind::upgraded || event.kind == Kind::refused ||
                     event.failure == Failure::bad_101;
  if (final) {
    timeout_.cancel();
    record_.opened_at = at;
  }
  switch (event.kind) {
    case Kind::need_more:
    case Kind::interim:
    case Kind::further_answer:
      break;
    case Kind::tls_record:
      note(Direction::received, event.what, event.length);
      break;
    case Kind::upgraded:
      if (event.deflate) agree_on_deflate(*event.deflate);
      record_.phase = Phase::open;
      break;
    case Kind::refused:
      record_.phase = Phase::refused;
      writer_.cancel();
      break;
    case Kind::request:
      note(Direction::received, "opening handshake", event.length);
      answer_request(at);
      break;
    case Kind::failed:
      fail(event.failure, event.fact);
      break;
    case Kind::other_protocol:
      note(Direction::received, event.what, event.length);
      record_.ended_at = at;
      drop();
      break;
    case Kind::bad_answer:
      bad_answer(event);
      break;
  }
}

// Role server.
void Session::answer_request(net::TimePoint at) {
  timeout_.cancel();
  const OpeningAnswer answer = opening_answer(setup_, *record_.request);
  note(Direction::sent, fmt::format("HTTP {}", answer.status), answer.octets.size());
  writer_.send_literal(answer.octets);
  record_.opened_at = at;
  if (!answer.problem.empty()) {
    fail(Failure::bad_request, result::fact(Cause::malformed_head, answer.problem));
    return;
  }
  if (answer.deflate) agree_on_deflate(*answer.deflate);
  record_.phase = answer.status == 101 ? Phase::open : Phase::refused;
}

void Session::bad_answer(const HandshakeReader::Event& event) {
  wire::Violation violation;
  violation.kind = wire::ViolationKind::http_answer;
  violation.what = event.what;
  violation.section = event.section;
  on_violation(violation);
}

void Session::answer_has_no_end() {
  if (answer_is_open()) bad_answer(handshake_.answer_has_no_end());
}

bool Session::can_ask_again() const {
  return in_phase(Phase::refused) && record_.scripted && transport_ != nullptr &&
         !writer_.write_failed() && handshake_.takes_another();
}

bool Session::answer_is_open() const {
  return in_phase(Phase::refused) && transport_ != nullptr && !record_.violation &&
         handshake_.answer_is_open();
}

bool Session::end_is_due() const {
  return in_phase(Phase::refused) && transport_ != nullptr && !record_.violation &&
         handshake_.end_is_due();
}

void Session::send(const scenario::SendStep& step, bool after_close) {
  if (can_ask_again()) {  // the script's next handshake goes out on the same connection
    record_.phase = Phase::raw;
    handshake_.ask_again();
  }
  writer_.send(step, after_close);
}

void Session::agree_on_deflate(const wire::DeflateParams& params) {
  const bool client = setup_.role == wire::Role::client;
  const int client_bits = params.client_max_window_bits;
  const int server_bits = params.server_max_window_bits;
  const bool client_takeover = !params.client_no_context_takeover;
  const bool server_takeover = !params.server_no_context_takeover;
  const int own_bits = client ? client_bits : server_bits;
  const bool own_takeover = client ? client_takeover : server_takeover;
  writer_.allow_deflate(own_bits, own_takeover);
  sent_log_.allow_deflate(own_bits, own_takeover);
  reader_.allow_deflate(client ? server_bits : client_bits,
                        client ? server_takeover : client_takeover);
}

void Session::on_end(const net::EndInfo& end, net::TimePoint at) {
  now_ = record_.last_activity = at;
  record_.end_lag_ms = note_lag();
  if (end.kind == net::EndKind::reset) note_own_trouble(connect_fact(end.error, setup_.peer));
  attach(nullptr);
  // Kept until the handler returns: it is being called.
  const std::unique_ptr<net::Transport> transport = std::move(transport_);
  if (record_.tcp_at == net::TimePoint{}) record_.tcp_at = transport->connected_at();
  if (end.kind != net::EndKind::connect_failed && end.kind != net::EndKind::proxy_failed)
    record_.transport_end = end.kind == net::EndKind::eof ? result::End::eof : result::End::reset;
  if (record_.tls)
    record_.tls->end = end.close_notify ? result::TlsObserved::End::close_notify
                                        : result::TlsObserved::End::truncated;
  if (in_phase(Phase::connecting) || in_phase(Phase::handshaking)) {
    fail_before_answer(end);
    if (record_.failure == Failure::hangup) record_.ended_at = at;
  } else if (!in_phase(Phase::failed)) {
    timeout_.cancel();
    record_.ended_at = at;
    end_exchange(end);
  }
  changed();
}

void Session::end_exchange(const net::EndInfo& end) {
  if (doubtful_ && !record_.violation) record_.violation = doubtful_;
  if (end.kind == net::EndKind::eof) {
    using Kind = HandshakeReader::Event::Kind;
    const auto event = handshake_.end();
    if (event.kind == Kind::bad_answer) bad_answer(event);
    if (event.kind == Kind::failed) {
      fail(event.failure, event.fact);
      return;
    }
  }
  record_.end = end.kind == net::EndKind::eof ? result::End::eof : result::End::reset;
  note_frame_cut_off();
  if (!in_phase(Phase::refused)) record_.phase = Phase::ended;
  std::string what = record_.end == result::End::reset ? "connection reset" : "end of stream";
  if (end.kind == net::EndKind::tls_failed) what = end.tls.words;
  if (record_.tls) what += end.close_notify ? ", after a close_notify" : ", without a close_notify";
  note(Direction::note, std::move(what), 0);
}

void Session::fail_before_answer(const net::EndInfo& end) {
  using net::EndKind;
  if (end.kind == EndKind::connect_failed) {
    fail(Failure::connect,
         connect_fact(end.error, setup_.proxy.empty() ? setup_.peer : setup_.proxy));
    return;
  }
  if (end.kind == EndKind::proxy_failed) {
    fail(Failure::connect,
         {.cause = Cause::proxy_failed, .text = end.proxy, .detail = setup_.proxy});
    return;
  }
  if (end.kind == EndKind::tls_failed) {
    record_.tls_failure = end.tls.failure;
    record_.tls_facts.chain = end.chain;
    // Cut off is cut off, at whatever moment: a policy may refuse a connection so. Where the script
    // has changed TLS, an alert is a refusal like any other, and so is the certificate of another
    // name than the URL's where another one was asked for.
    const bool other_name =
        setup_.other_server_name && record_.tls_failure == net::TlsFailure::certificate_wrong_name;
    const bool refused = record_.tls_failure == net::TlsFailure::cut || other_name ||
                         (setup_.tls_overridden && record_.tls_failure == net::TlsFailure::alert);
    fail(refused ? Failure::hangup : Failure::tls,
         tls_fact(end.tls, setup_.peer, record_.tls.has_value()));
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
    fact.detail = setup_.peer;
  }
  fail(Failure::hangup, std::move(fact));
}

void Session::reset() {
  attach(nullptr);
  if (transport_) transport_->abort();
  transport_.reset();
  record_.phase = Phase::ended;
}

void Session::drop() {
  timeout_.cancel();
  attach(nullptr);
  transport_.reset();
  if (record_.is_connected()) record_.phase = Phase::ended;
}

}  // namespace wsspec::session
