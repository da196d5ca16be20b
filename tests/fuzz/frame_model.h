// RFC 6455 5 to 7 once more, from a whole stream at once and with no code of wire/ (its names of
// violations aside): what a reader that stops at the first violation must tell.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "../unit/wire/event_log.h"
#include "../unit/wire/utf8_oracle.h"
#include "wire/message.h"

namespace wsspec::fuzz {

/// Lines as the unit tests' EventLog writes them.
struct FrameModel {
  using Kind = wire::ViolationKind;

  std::vector<std::string> lines;
  bool violated = false;
  std::string open_data;  ///< octets of the message that has not ended
  bool in_message = false;

  void read(wire::Octets stream, wire::Role sender, std::uint8_t allowed_rsv) {
    static constexpr const char* kNames[] = {"continuation", "text", "binary"};
    std::vector<std::uint64_t> places;  // of each octet of the message, in the stream
    const bool from_client = sender == wire::Role::client;
    bool closed = false, text = false;
    std::size_t at = 0;
    while (!violated) {
      const std::size_t start = at;
      const auto have = [&](std::size_t n) { return stream.size() - at >= n; };
      if (!have(2)) return;
      const unsigned first = stream[at], second = stream[at + 1];
      const bool fin = first >= 0x80, masked = second >= 0x80;
      const unsigned rsv = first / 16 % 8, opcode = first % 16, marker = second % 128;
      at += 2;
      const std::size_t wide = marker == 126 ? 2 : marker == 127 ? 8 : 0;
      if (!have(wide + (masked ? 4 : 0))) return;
      std::uint64_t length = wide == 0 ? marker : 0;
      for (std::size_t i = 0; i < wide; ++i) length = length * 256 + stream[at++];
      const std::size_t key = at;
      if (masked) at += 4;

      const bool control = opcode >= 8;
      const bool starts = opcode == 1 || opcode == 2;
      const auto bad = [&](bool broken, Kind kind, std::size_t octet) {
        if (broken && !violated) violate(kind, start + octet);
      };
      bad(closed, Kind::after_close, 0);
      bad((rsv & ~(opcode == 0 || control ? 0U : allowed_rsv)) != 0, Kind::rsv, 0);
      bad(opcode > 10 || (opcode > 2 && opcode < 8), Kind::reserved_opcode, 0);
      bad(control && !fin, Kind::control_fragmented, 0);
      bad(opcode == 0 && !in_message, Kind::continuation_without_start, 0);
      bad(starts && in_message, Kind::data_inside_fragmented, 0);
      bad(from_client && !masked, Kind::unmasked, 1);
      bad(!from_client && masked, Kind::masked, 1);
      bad(control && length > 125, Kind::control_too_long, 1);
      bad(length > INT64_MAX, Kind::length_msb, 2);
      const bool longer = (wide == 2 && length < 126) || (wide == 8 && length < 65536);
      bad(longer, Kind::length_not_shortest, control ? 1 : wide == 8 ? 7 : 3);
      if (violated) return;

      if (starts) {
        in_message = true;
        text = opcode == 1 && rsv == 0;
        open_data.clear();
        places.clear();
        lines.push_back(std::string("begin ") + kNames[opcode]);
      }
      std::string payload;
      const std::size_t size = have(length) ? static_cast<std::size_t>(length) : stream.size() - at;
      for (std::size_t i = 0; i < size; ++i, ++at) {
        payload += static_cast<char>(masked ? stream[at] ^ stream[key + i % 4] : stream[at]);
        if (!control) places.push_back(at);
      }
      const bool whole = size == length;
      if (!control) {
        open_data += payload;
        if (text) check_text(places, at, fin && whole);
        if (!violated && fin && whole) {
          lines.push_back(fmt::format("end {} [{}]", at, open_data));
          in_message = false;
        }
      } else if (whole && opcode == 8) {
        close(payload, start, at, from_client);
        closed = true;
      } else if (whole) {
        lines.push_back(fmt::format("{} {} [{}]", opcode == 9 ? "ping" : "pong", at, payload));
      }
      if (!whole) return;
    }
  }

 private:
  void violate(Kind kind, std::uint64_t at) {
    violated = true;
    lines.push_back(wire::test::line({kind, 0, "", "", at}));
  }

  void check_text(const std::vector<std::uint64_t>& places, std::uint64_t end, bool complete) {
    const auto fault = wire::test::oracle(wire::as_octets(open_data));
    if (!fault || (fault->truncated && !complete)) return;
    violate(Kind::text_not_utf8, fault->truncated ? end : places[fault->at]);
    if (!fault->truncated) open_data.resize(fault->at + 1);
    if (fault->truncated) in_message = false;
  }

  void close(const std::string& body, std::uint64_t start, std::uint64_t end, bool from_client) {
    const std::uint64_t at = end - body.size();
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(body[i]); };
    const int code = body.size() < 2 ? 1005 : octet(0) * 256 + octet(1);
    const std::string reason = body.size() < 2 ? "" : body.substr(2);
    // RFC 6455 7.4.1 and IANA's registry; all of these have the upper octet 03, or 0b to 13.
    const bool assigned = (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006) &&
                           (code != 1010 || from_client)) ||
                          (code >= 3000 && code <= 4999);
    if (body.size() == 1) {
      violate(Kind::close_body_one_octet, start + 1);
    } else if (!body.empty() && !assigned) {
      const bool upper = octet(0) == 3 || (octet(0) >= 0x0b && octet(0) <= 0x13);
      violate(Kind::close_code_invalid, upper ? at + 1 : at);
    } else if (const auto fault = wire::test::oracle(wire::as_octets(reason))) {
      violate(Kind::close_reason_not_utf8, at + 2 + fault->at);
    }
    lines.push_back(fmt::format("close {} {} [{}]", end, code, reason));
  }
};

}  // namespace wsspec::fuzz
