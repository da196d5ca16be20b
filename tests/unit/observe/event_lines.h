// A sink that writes down what a conversation tells, one line an event, times aside.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "observe/events.h"

namespace wsspec::observe::test {

/// Printable ASCII stays.
inline std::string visible(std::string_view octets) {
  std::string out;
  for (const char c : octets)
    out += c >= 0x20 && c < 0x7f ? std::string(1, c)
                                 : fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
  return out;
}

struct EventLines : Sink {
  std::vector<std::string> lines;
  std::string data[2];  ///< of the frame that is not told yet

  void add(Role side, std::string line) {
    lines.push_back(fmt::format("{} {}", wire::role_name(side), line));
  }
  void on_request(const Request& e) override {
    add(Role::client, fmt::format("request {} [{}]", e.request.target, e.fault));
  }
  void on_response(const Response& e) override {
    add(Role::server, fmt::format("response {} [{}]{}{}", e.response.status, e.fault,
                                  e.interim ? " interim" : "", e.deflate ? " deflate" : ""));
  }
  void on_data(Role side, wire::Octets part) override {
    data[side == Role::client ? 0 : 1] += wire::as_chars(part);
  }
  void on_frame(const Frame& e) override {
    std::string& payload = data[e.side == Role::client ? 0 : 1];
    add(e.side, fmt::format("frame {} {} fin {} at {} head {} [{}]{}", e.number,
                            wire::opcode_name(e.header.opcode), e.header.fin, e.at, e.head.size(),
                            visible(payload), e.whole ? "" : " cut"));
    payload.clear();
  }
  void on_message(const Message& e) override {
    add(e.side, fmt::format("message {} of {} frames, {} octets{}", e.number, e.frames, e.octets,
                            e.compressed ? ", compressed" : ""));
  }
  void on_violation(const Broken& e) override {
    std::string line =
        fmt::format("violation in frame {} ({}) at {}: {} [{}|{}]", e.frame, e.opcode,
                    e.violation.at, e.violation.what, e.mark, e.excerpt.size());
    if (e.cut)
      line += fmt::format(" cut {}/{} block {}", e.cut->there, e.cut->character, e.cut->block);
    add(e.side, line);
  }
  void on_close(const Close& e) override {
    add(e.side, fmt::format("close {} [{}]{}", e.code ? int{*e.code} : 1005, visible(e.reason),
                            e.answer ? " answer" : ""));
  }
  void on_pong(const Ping& e) override {
    add(e.side, fmt::format("ping took {}", e.round_trip_ms));
  }
  /// How much of the octets is quoted depends on how they came.
  void on_opaque(Role side, std::string_view why, double /*ms*/) override {
    add(side, fmt::format("opaque [{}]", why.substr(0, why.find_first_of(":'\""))));
  }
  void on_end(const End& e) override { add(e.side, e.kind == EndKind::reset ? "reset" : "fin"); }
};

}  // namespace wsspec::observe::test
