#include "session/handshake_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "session/failure_fact.h"

namespace wsspec::session {
namespace {

using Event = HandshakeReader::Event;
using Kind = Event::Kind;

constexpr std::string_view kTlsAlert = "\x15\x03";  ///< how a TLS port answers plain text
constexpr std::size_t kInterimAnswers = 16;
constexpr int kEmptyOctets = 4;

constexpr std::size_t kHttp2Head = 9;

/// A SETTINGS frame on stream 0, not an acknowledgement (RFC 9113 4.1, 6.5): how its server begins.
/// Of fewer octets: they may become one. Its length is below 65536, which no HTTP/1 begins like.
bool may_be_http2(std::string_view text) {
  constexpr std::string_view kRest("\x04\0\0\0\0\0", 6);
  if (!text.empty() && text[0] != 0) return false;
  return text.size() <= 3 || kRest.starts_with(text.substr(3, kRest.size()));
}

}  // namespace

Event HandshakeReader::fail(Failure failure, result::Fact fact) {
  state_ = State::failed;
  Event event;
  event.kind = Kind::failed;
  event.failure = failure;
  event.fact = std::move(fact);
  return event;
}

Event HandshakeReader::next(wire::Octets& input) {
  // The rest of a refusal may still be on its way when the script has asked again.
  if (body_)
    if (Event event = read_body(input); event.kind != Kind::need_more) return event;
  if (state_ == State::refused) return read_after_refusal(input);
  if (state_ != State::head || input.empty()) return {};
  if (options_.role == wire::Role::server) return read_request(input);
  if (options_.tls_records && head_.text().empty()) {
    if (Event event = skip_records(input); event.kind != Kind::need_more) return event;
    if (input.empty()) return {};
  }
  if (options_.scripted && is_http2(input)) {
    state_ = State::failed;
    Event event;
    event.kind = Kind::other_protocol;
    event.what = "HTTP/2 SETTINGS";
    event.length = first_octets_.size() + input.size();
    return event;
  }
  return read_answer(input);
}

// RFC 6455 4.2.2 refuses with an HTTP answer, and a server that sends one keeps to HTTP: the end of
// its body can be told, and nothing but HTTP follows it.
Event HandshakeReader::read_body(wire::Octets& input) {
  if (bad_) return {};
  body_->feed(input);
  if (state_ == State::refused && record_.response) record_.response->body = body_->head();
  if (body_->state() == wire::BodyState::bad) {
    bad_ = true;
    Event event;
    event.kind = Kind::bad_answer;
    event.what = body_->problem();
    event.section = body_->section();
    return event;
  }
  if (state_ == State::head && body_->state() == wire::BodyState::done) body_.reset();
  return {};
}

Event HandshakeReader::read_after_refusal(wire::Octets& input) {
  constexpr std::string_view kHttp = "HTTP/";
  constexpr std::size_t kStatusLine = std::string_view("HTTP/1.1 200").size();
  if (bad_ || body_->state() != wire::BodyState::done) return {};
  const wire::Octets octets = std::exchange(input, {});
  Event event;
  for (const char c : wire::as_chars(octets)) {
    if (after_refusal_.size() == kStatusLine) break;
    if (after_refusal_.empty() && (c == '\r' || c == '\n')) continue;
    after_refusal_ += c;
    if (after_refusal_.size() > kHttp.size() || kHttp.starts_with(after_refusal_)) continue;
    bad_ = true;
    event.kind = Kind::bad_answer;
    event.what = "extra bytes after the error response";
    event.section = "RFC 9112 6.3";
    return event;
  }
  if (after_refusal_.size() < kStatusLine || record_.further_answer) return {};
  const std::string_view digits = std::string_view(after_refusal_).substr(kStatusLine - 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), event.status);
  record_.further_answer = event.status;
  event.kind = Kind::further_answer;
  return event;
}

void HandshakeReader::ask_again() {
  state_ = State::head;
  head_ = {};
  after_refusal_.clear();
  record_.asked_again = true;
  record_.further_answer.reset();
  record_.response.reset();
  record_.response_head.clear();
  record_.interim_answers.clear();
  if (body_ && body_->state() == wire::BodyState::done) body_.reset();
}

Event HandshakeReader::answer_has_no_end() const {
  Event event;
  if (!answer_is_open()) return event;
  event.kind = Kind::bad_answer;
  event.what = body_->state() == wire::BodyState::reading
                   ? "an answer whose body never comes to its declared end"
                   : "an answer without a length, and did not end the connection";
  event.section = "RFC 9112 6.3";
  return event;
}

// What a TLS port answers to the script's own records (RFC 8446 5.1) says nothing to us but its
// end: an alert, or that of the stream. Plain text is left to the reader of HTTP.
Event HandshakeReader::skip_records(wire::Octets& input) {
  constexpr std::size_t kRecordHead = 5;
  constexpr std::uint8_t kFirstType = 20, kAlert = 21, kLastType = 23;
  while (!input.empty()) {
    const std::size_t skipped = std::min(record_left_, input.size());
    input = input.subspan(skipped);
    record_left_ -= skipped;
    if (input.empty()) break;
    if (record_head_.empty() && (input[0] < kFirstType || input[0] > kLastType)) break;
    record_head_.push_back(input[0]);
    input = input.subspan(1);
    if (record_head_.size() < kRecordHead) continue;
    const std::uint8_t type = record_head_[0];
    record_left_ = static_cast<std::size_t>(record_head_[3]) << 8 | record_head_[4];
    record_head_.clear();
    Event event;
    event.kind = type == kAlert ? Kind::other_protocol : Kind::tls_record;
    event.what = fmt::format("a TLS record of type {}", type);
    event.length = record_left_;
    if (type == kAlert) {
      state_ = State::failed;
      input = {};
    }
    return event;
  }
  return {};
}

// Asked by HTTP/2's preface, a server may speak HTTP/2. We do not. Takes the octets that may still
// become its first frame; those that cannot are handed to the reader of HTTP.
bool HandshakeReader::is_http2(wire::Octets& input) {
  if (!head_.text().empty()) return false;
  while (!input.empty() && first_octets_.size() < kHttp2Head) {
    first_octets_ += static_cast<char>(input[0]);
    if (!may_be_http2(first_octets_)) {
      first_octets_.pop_back();
      wire::Octets held = wire::as_octets(first_octets_);
      if (!held.empty()) head_.feed(held);
      first_octets_.clear();
      return false;
    }
    input = input.subspan(1);
  }
  return first_octets_.size() == kHttp2Head;
}

Event HandshakeReader::read_answer(wire::Octets& input) {
  const auto state = head_.feed(input);
  if (head_.text().starts_with(kTlsAlert)) {
    // What a script sends may be anything: TLS that is refused by an alert (RFC 8446 6) is.
    if (options_.scripted) {
      state_ = State::failed;
      Event event;
      event.kind = Kind::other_protocol;
      event.what = "a TLS alert";
      event.length = head_.text().size();
      return event;
    }
    if (!options_.secure) return fail(Failure::not_http, result::fact(result::Cause::tls_port));
  }
  if (state == wire::HeadState::incomplete) return {};
  if (state == wire::HeadState::done) {
    record_.response = head_.response();
    record_.response_head = head_.text();
  }
  if (!record_.response) return fail(Failure::not_http, head_fact(head_));
  const int status = record_.response->status;
  Event event;
  if (status == 101 || status >= 200) {
    event = final_answer();
  } else {
    // RFC 9110 15.2: a client reads over interim answers, though it asked for none.
    record_.interim_answers.push_back(status);
    if (record_.interim_answers.size() > kInterimAnswers)
      return fail(Failure::not_http,
                  {.cause = result::Cause::too_many_interim_answers, .count = kInterimAnswers});
    record_.response.reset();
    event.kind = Kind::interim;
  }
  event.status = status;
  event.length = head_.text().size();
  if (event.kind == Kind::interim) head_ = {};
  return event;
}

Event HandshakeReader::final_answer() {
  const wire::SentRequest request = requests_.asked();
  requests_.answered();
  record_.request_fault = request.fault;
  Event event;
  if (record_.response->status != 101) {
    state_ = State::refused;
    body_.emplace(*record_.response, request.method);
    after_refusal_.clear();
    event.kind = Kind::refused;
    return event;
  }
  if (const auto problem = wire::check_upgrade(*record_.response, request))
    return fail(Failure::bad_101, upgrade_fact(*problem));
  const auto agreed = wire::read_deflate_answer(
      request.extensions,
      wire::joined_header(record_.response->headers, "Sec-WebSocket-Extensions"));
  if (!agreed) return fail(Failure::bad_101, extension_fact(agreed.error()));
  state_ = State::done;
  event.kind = Kind::upgraded;
  event.deflate = *agreed;
  return event;
}

Event HandshakeReader::read_request(wire::Octets& input) {
  // RFC 9112 2.2: an empty line or two ahead of the request are passed over; a flood of them is
  // not.
  while (head_.text().empty() && !input.empty() && (input[0] == '\r' || input[0] == '\n') &&
         empty_octets_ < kEmptyOctets) {
    ++empty_octets_;
    input = input.subspan(1);
  }
  if (head_.feed(input) == wire::HeadState::incomplete) return {};
  record_.request = head_.request();
  if (!record_.request) return fail(Failure::not_http, head_fact(head_));
  state_ = State::done;
  Event event;
  event.kind = Kind::request;
  event.length = head_.text().size();
  return event;
}

Event HandshakeReader::end() {
  if (body_ && !bad_ && body_->end() == wire::BodyState::bad) {
    Event event;
    event.kind = Kind::bad_answer;
    event.what = body_->problem();
    event.section = body_->section();
    return event;
  }
  if (state_ != State::head || !options_.scripted) return {};
  if (!first_octets_.empty()) {
    wire::Octets held = wire::as_octets(first_octets_);
    if (head_.feed(held) == wire::HeadState::bad) return fail(Failure::not_http, head_fact(head_));
  }
  if (head_.text().empty()) return {};
  Event event;
  event.kind = Kind::bad_answer;
  event.what = "an HTTP answer that ends inside its head";
  event.section = "RFC 9112 8";
  return event;
}

}  // namespace wsspec::session
