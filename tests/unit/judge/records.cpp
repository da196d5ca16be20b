#include "records.h"

#include <algorithm>
#include <chrono>

namespace wsspec::judge::test {

using session::LedgerEntry;

net::TimePoint moment(double ms) {
  return net::TimePoint{} + std::chrono::hours(1) +
         std::chrono::duration_cast<net::Duration>(std::chrono::duration<double, std::milli>(ms));
}

session::MessageDigest digest_of(std::string_view octets, wire::Opcode type) {
  session::MessageDigest digest;
  digest.begin(type);
  digest.add(wire::as_octets(octets));
  digest.finish();
  return digest;
}

Record::Record() {
  record_.phase = session::Phase::connecting;
  at(0);
  record_.started_at = record_.connected_at = record_.opened_at = record_.last_activity = moment(0);
}

Record& Record::at(double ms) {
  ms_ = ms;
  return *this;
}

Record& Record::opened() {
  return answered(101);
}

Record& Record::connected() {
  record_.phase = session::Phase::raw;
  record_.scripted = true;
  record_.connected_at = record_.opened_at = record_.last_activity = moment(ms_);
  return *this;
}

Record& Record::tls(result::TlsObserved::End end) {
  record_.tls = result::TlsObserved{.version = "TLSv1.3", .end = end};
  return *this;
}

Record& Record::interim(int status) {
  record_.interim_answers.push_back(status);
  record_.last_activity = moment(ms_);
  return *this;
}

Record& Record::answered(int status, wire::HeaderList headers) {
  record_.phase = status == 101 ? session::Phase::open : session::Phase::refused;
  record_.opened_at = record_.last_activity = moment(ms_);
  record_.response_head = "HTTP/1.1 " + std::to_string(status) + " Said\r\n";
  for (const auto& [name, value] : headers) record_.response_head += name + ": " + value + "\r\n";
  record_.response_head += "\r\n";
  record_.response = wire::HttpResponse{.status = status,
                                        .version = "HTTP/1.1",
                                        .reason = "Said",
                                        .headers = std::move(headers),
                                        .body = {}};
  return *this;
}

namespace {

/// One of those that Session may give as the reason.
result::Cause cause_of(session::Failure failure) {
  using session::Failure;
  switch (failure) {
    case Failure::none:
      break;
    case Failure::connect:
      return result::Cause::connect_refused;
    case Failure::timeout:
      return result::Cause::handshake_timeout;
    case Failure::tls:
      return result::Cause::certificate_untrusted;
    case Failure::hangup:
      return result::Cause::ended_before_answer;
    case Failure::not_http:
      return result::Cause::not_http;
    case Failure::bad_101:
      return result::Cause::accept_header;
    case Failure::bad_request:
      return result::Cause::malformed_head;
  }
  return result::Cause::none;
}

}  // namespace

Record& Record::failed(session::Failure failure) {
  record_.phase = session::Phase::failed;
  record_.failure = failure;
  record_.failure_fact = result::fact(cause_of(failure));
  return *this;
}

Record& Record::send(const wire::OctetVector& octets) {
  item_start_ = record_.sent.position;
  log_.sent(octets, ms_);
  record_.last_octet_at = moment(ms_);
  return *this;
}

namespace {

wire::FrameHeader header_of(std::uint8_t opcode, Record::Shape shape = {}) {
  return {.fin = shape.fin,
          .rsv = shape.rsv,
          .opcode = opcode,
          .masked = shape.masked,
          .key = {0x12, 0x34, 0x56, 0x78}};
}

}  // namespace

Record& Record::frame(std::uint8_t opcode, std::string_view payload, Shape shape) {
  return send(wire::encode_frame(header_of(opcode, shape), wire::as_octets(payload)));
}

Record& Record::frame(std::uint8_t opcode, std::string_view payload) {
  return frame(opcode, payload, Shape{});
}

Record& Record::our_close(int code) {
  const std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  frame(8, body);
  if (record_.closer == result::Closer::none) record_.closer = result::Closer::client;
  return *this;
}

Record& Record::cut_frame(std::uint8_t opcode, std::string_view payload) {
  wire::OctetVector octets = wire::encode_frame(
      header_of(opcode), wire::as_octets(std::string(payload) + "what was not sent"));
  octets.resize(octets.size() - 17);
  return send(octets);
}

Record& Record::deflate() {
  log_.allow_deflate(15, true);
  return *this;
}

Record& Record::burst(std::string_view payload, std::uint64_t rounds) {
  const auto entry = log_.begin_burst(digest_of(payload, wire::Opcode::text));
  log_.sent_burst_octets(rounds * (payload.size() + 6), 0);
  log_.sent_burst(entry, rounds, ms_);
  record_.last_octet_at = moment(ms_);
  return *this;
}

Record& Record::marked() {
  log_.mark_fault(item_start_, record_.sent.position);
  return *this;
}

Record& Record::held() {
  record_.held = true;
  return *this;
}

Record& Record::released() {
  record_.released_at = record_.last_octet_at = moment(ms_);
  return *this;
}

Record& Record::stalled() {
  record_.stalled = true;
  return *this;
}

Record& Record::taken(std::size_t n) {
  for (std::size_t i = record_.sent.first_open(); i < record_.sent.ledger.size() && n > 0; ++i) {
    LedgerEntry& entry = record_.sent.ledger[i];
    if (entry.kind != LedgerEntry::Kind::message || entry.consumed) continue;
    entry.consumed = true;
    --n;
  }
  return *this;
}

Record& Record::probe() {
  log_.sent_by_tool(wire::encode_frame(header_of(9), wire::as_octets("wsspec probe")), ms_);
  record_.probe_at = moment(ms_);
  record_.pong_for_probe_at.reset();
  return *this;
}

Record& Record::probe_pong() {
  for (LedgerEntry& entry : record_.sent.ledger) {
    if (!entry.own_probe || entry.answered > 0) continue;
    entry.answered = 1;
    entry.answered_at = moment(ms_);
  }
  record_.pong_for_probe_at = record_.last_activity = moment(ms_);
  return *this;
}

Record& Record::half_own_frame() {
  const auto octets = wire::encode_frame(header_of(10), wire::as_octets("ours"));
  log_.sent_by_tool(wire::Octets(octets).first(3), ms_);
  record_.writing_own_frame = true;
  return *this;
}

LedgerEntry* Record::open_message(const session::MessageDigest* like) {
  for (LedgerEntry& entry : record_.sent.ledger)
    if (entry.kind == LedgerEntry::Kind::message && entry.answered < entry.count &&
        (like == nullptr || entry.digest.same(*like)))
      return &entry;
  return nullptr;
}

void Record::answer(LedgerEntry& entry) {
  entry.answer(ms_);
  if (entry.answered == 1) entry.answered_at = moment(ms_);
  arrived({}, entry.digest.type(), false);
}

Record& Record::echo() {
  answer(*open_message(nullptr));
  return *this;
}

Record& Record::echo_of(std::string_view text) {
  const auto digest = digest_of(text, wire::Opcode::text);
  answer(*open_message(&digest));
  return *this;
}

Record& Record::echoes(std::uint64_t n) {
  for (; n > 0; --n) echo();
  return *this;
}

Record& Record::pong(std::string_view payload) {
  auto& ledger = record_.sent.ledger;
  const auto found = std::find_if(ledger.rbegin(), ledger.rend(), [&](const LedgerEntry& entry) {
    return entry.kind == LedgerEntry::Kind::ping && !entry.own_probe && entry.answered == 0 &&
           wire::as_chars(entry.payload) == payload;
  });
  if (found != ledger.rend()) {
    found->answered = 1;
    found->answered_at = moment(ms_);
  }
  record_.last_activity = moment(ms_);
  return *this;
}

void Record::arrived(std::string_view octets, wire::Opcode type, bool unsolicited) {
  session::Received message{.type = type,
                            .length = octets.size(),
                            .octets = wire::to_vector(octets),
                            .at = moment(ms_),
                            .whole = true,
                            .serial = record_.messages++};
  if (unsolicited && record_.unsolicited.size() < session::ExchangeRecord::kUnsolicited)
    record_.unsolicited.push_back(message);
  record_.received.push_back(std::move(message));
  record_.last_activity = moment(ms_);
}

Record& Record::says(std::string_view text, wire::Opcode type) {
  arrived(text, type, true);
  return *this;
}

Record& Record::begins_to_say(std::string_view text, wire::Opcode type) {
  record_.unfinished = session::Received{.type = type,
                                         .length = text.size(),
                                         .octets = wire::to_vector(text),
                                         .at = moment(ms_),
                                         .serial = record_.messages};
  record_.last_activity = moment(ms_);
  return *this;
}

Record& Record::says_long(std::string_view head, std::uint64_t length) {
  says(head);
  record_.received.back().length = length;
  record_.received.back().whole = false;
  return *this;
}

Record& Record::repeats(std::uint64_t n) {
  for (; n > 0; --n) {
    arrived({}, wire::Opcode::text, true);
    ++record_.duplicates;
  }
  return *this;
}

Record& Record::waited(double ms) {
  record_.lag_ms = record_.close_lag_ms = record_.end_lag_ms = ms;
  return *this;
}

Record& Record::close(int code, std::string_view reason) {
  record_.close_at = record_.last_activity = moment(ms_);
  record_.close_code = code;
  record_.close_reason = reason;
  if (record_.closer == result::Closer::none)
    record_.closer = record_.sent.close_sent ? result::Closer::client : result::Closer::server;
  return *this;
}

Record& Record::end(result::End how) {
  record_.ended_at = record_.last_activity = moment(ms_);
  record_.end = how;
  if (record_.phase != session::Phase::refused && record_.phase != session::Phase::failed)
    record_.phase = session::Phase::ended;
  return *this;
}

}  // namespace wsspec::judge::test
