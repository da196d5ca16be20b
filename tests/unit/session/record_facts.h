// An ExchangeRecord as text: every fact of it but the times (whether a time is set is a fact).
#pragma once

#include <fmt/format.h>

#include <string>

#include "session/record.h"

namespace wsspec::session::test {

inline std::string hex_of(wire::Octets octets) {
  std::string out;
  for (const auto octet : octets) out += fmt::format("{:02x}", octet);
  return out;
}

inline std::string facts_of(const wire::Violation& violation) {
  return fmt::format("{} {} {} {} at {} in message {} truncated {}",
                     static_cast<int>(violation.kind), violation.code, violation.what,
                     violation.section, violation.at, violation.at_in_message, violation.truncated);
}

inline std::string facts_of(const Received& message) {
  return fmt::format("{} {} octets {} whole {} serial {}", static_cast<int>(message.type),
                     message.length, hex_of(message.octets), message.whole, message.serial);
}

inline std::string facts_of(const LedgerEntry& entry) {
  return fmt::format(
      "{} {} {} payload {} end {} count {} answered {} probe {} refused {} "
      "consumed {} after close {}",
      entry.kind == LedgerEntry::Kind::ping ? "ping" : "message",
      static_cast<int>(entry.digest.type()), entry.digest.length(), hex_of(entry.payload),
      entry.end, entry.count, entry.answered, entry.own_probe, entry.refused, entry.consumed,
      entry.after_own_close);
}

inline std::string facts_of(const SentRecord& sent) {
  std::string out = fmt::format(
      "sent {} echo {} controls {} bad text {} close {} {} boundary {} in message {}\n",
      sent.position, sent.echo_octets, sent.burst_controls, sent.text_not_utf8, sent.close_sent,
      sent.close_code.value_or(0), sent.at_frame_boundary, sent.in_message);
  out += fmt::format("fault {} at {} after {} settled {}\n", static_cast<int>(sent.fault.source),
                     sent.fault.at, sent.fault.after, sent.fault.settled);
  if (sent.fault.violation) out += "  " + facts_of(*sent.fault.violation) + "\n";
  for (const auto& entry : sent.ledger) out += "  sent " + facts_of(entry) + "\n";
  for (const auto& pong : sent.pongs) out += "  pong " + hex_of(pong) + "\n";
  return out;
}

inline std::string facts_of(const wire::HeaderList& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += fmt::format("  {}: {}\n", name, value);
  return out;
}

inline std::string facts_of(const ExchangeRecord& record) {
  std::string out = fmt::format("phase {} failure {}\n", static_cast<int>(record.phase),
                                static_cast<int>(record.failure));
  // What is no HTTP is quoted as far as it was read.
  const result::Fact& fact = record.failure_fact;
  if (const char* name = result::cause_name(fact.cause)) out += std::string(name) + "\n";
  if (record.failure != Failure::not_http) out += fact.text + " " + fact.section + "\n";
  if (record.response)
    out += fmt::format("HTTP {} {} [{}]\n{}", record.response->status, record.response->reason,
                       record.response->body, facts_of(record.response->headers));
  out += record.response_head;
  for (const int status : record.interim_answers) out += fmt::format("interim {}\n", status);
  if (record.request)
    out += fmt::format("{} {}\n{}", record.request->method, record.request->target,
                       facts_of(record.request->headers));
  out += facts_of(record.sent);
  out += fmt::format("held {} stalled {} own {} flooded {}\n", record.held, record.stalled,
                     record.writing_own_frame, record.flooded);
  for (const auto& message : record.received) out += "received " + facts_of(message) + "\n";
  for (const auto& message : record.unsolicited) out += "unsolicited " + facts_of(message) + "\n";
  out += fmt::format("messages {} duplicates {} reordered {} pongs: {} {} {} {}\n", record.messages,
                     record.duplicates, record.reordered, record.reordered_pongs,
                     record.answered_pongs, record.duplicate_pongs, record.late_pongs);
  // Where the session ends the reading, how much came with the last read is none of its doing.
  const bool read_on = record.failure == Failure::none && record.end != result::End::open;
  if (read_on) out += fmt::format("octets {}\n", record.received_octets);
  if (record.violation) out += "violation " + facts_of(*record.violation) + "\n";
  out += fmt::format("close {} [{}] closer {} end {} goodbye {}\n", record.close_code.value_or(0),
                     record.close_reason, static_cast<int>(record.closer),
                     static_cast<int>(record.end), record.goodbye);
  out += fmt::format("times: octet {} close {} end {} released {} probe {} {}\n",
                     record.last_octet_at.has_value(), record.close_at.has_value(),
                     record.ended_at.has_value(), record.released_at.has_value(),
                     record.probe_at.has_value(), record.pong_for_probe_at.has_value());
  return out;
}

}  // namespace wsspec::session::test
