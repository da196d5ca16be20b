// A sink that writes down what a MessageReader tells, one line an event, the data of a message
// joined: so that two readings can be compared however the stream was cut.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "wire/message.h"

namespace wsspec::wire::test {

inline std::string line(const Violation& violation) {
  static constexpr const char* kNames[] = {"unmasked",
                                           "masked",
                                           "rsv",
                                           "reserved_opcode",
                                           "length_not_shortest",
                                           "length_msb",
                                           "control_fragmented",
                                           "control_too_long",
                                           "continuation_without_start",
                                           "data_inside_fragmented",
                                           "text_not_utf8",
                                           "close_body_one_octet",
                                           "close_code_invalid",
                                           "close_reason_not_utf8",
                                           "after_close",
                                           "deflate_data",
                                           "inflated_too_long"};
  return fmt::format("{} at {}", kNames[static_cast<int>(violation.kind)], violation.at);
}

struct EventLog : MessageSink {
  std::vector<std::string> lines;
  std::vector<Violation> violations;
  std::string data;  // of the current message
  std::size_t frames = 0;

  void on_frame(const FrameHeader& /*header*/, std::uint64_t /*at*/) override { ++frames; }
  void on_message_begin(Opcode type) override {
    lines.push_back(fmt::format("begin {}", opcode_name(static_cast<std::uint8_t>(type))));
    data.clear();
  }
  void on_message_data(Octets part) override { data += as_chars(part); }
  void on_message_end(std::uint64_t end) override {
    lines.push_back(fmt::format("end {} [{}]", end, data));
  }
  void on_ping(Octets payload, std::uint64_t end) override {
    lines.push_back(fmt::format("ping {} [{}]", end, as_chars(payload)));
  }
  void on_pong(Octets payload, std::uint64_t end) override {
    lines.push_back(fmt::format("pong {} [{}]", end, as_chars(payload)));
  }
  void on_close(std::optional<std::uint16_t> code, std::string_view reason,
                std::uint64_t end) override {
    lines.push_back(fmt::format("close {} {} [{}]", end, code ? int{*code} : 1005, reason));
  }
  void on_violation(const Violation& violation) override {
    violations.push_back(violation);
    lines.push_back(line(violation));
  }
};

}  // namespace wsspec::wire::test
