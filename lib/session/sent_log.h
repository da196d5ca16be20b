// What we sent and what it earned. The octets that really left are decoded again by the same reader
// that reads a server (wire/message.h): it finds where our fault is, which octet proves it, and
// keeps a ledger of everything that may be answered. Nothing of a payload is kept but its length
// and its fingerprint.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "result/transcript.h"
#include "session/record.h"
#include "wire/message.h"

namespace wsspec::session {

/// Our side of the conversation.
class SentLog : public wire::MessageSink {
 public:
  /// Octets of messages that are kept on a connection, to compare an echo that differs.
  static constexpr std::size_t kKept = 512u << 10;
  SentLog(result::Transcript& transcript, SentRecord& record, wire::Role role = wire::Role::client);
  SentLog(const SentLog&) = delete;
  SentLog& operator=(const SentLog&) = delete;

  /// Octets that were handed to the kernel, frames only (never the handshake).
  void sent(wire::Octets octets, double at_ms);
  /// The same, of a frame of our own making (probe ping, pong, Close, harmless message).
  void sent_by_tool(wire::Octets octets, double at_ms);
  /// A burst's frames are not decoded one by one: `rounds` more of them went out. Call after
  /// sent_burst_octets().
  void sent_burst(std::size_t entry, std::uint64_t rounds, double at_ms);
  /// Octets of a burst, and how many pings and pongs were completed by them.
  void sent_burst_octets(std::uint64_t octets, std::uint64_t controls);
  std::size_t begin_burst(MessageDigest digest);
  /// Marks: the item that ends at `end` is the fault.
  void mark_fault(std::uint64_t start, std::uint64_t end);

  /// permessage-deflate was agreed on: what we compress is read as well.
  void allow_deflate(int window_bits, bool takeover) {
    reader_.allow_deflate(window_bits, takeover);
  }
  /// The other side's Close had this code: ours may repeat it.
  void allow_echo_of(std::uint16_t close_code) { reader_.allow_echo_of(close_code); }
  /// The message that will begin at this position is not inflated again.
  void know(std::uint64_t position, KnownMessage message);

  void on_frame(const wire::FrameHeader& header, std::uint64_t at) override;
  void on_message_begin(wire::Opcode type) override;
  void on_message_data(wire::Octets data) override;
  void on_message_end(std::uint64_t end) override;
  void on_ping(wire::Octets payload, std::uint64_t end) override;
  void on_pong(wire::Octets payload, std::uint64_t end) override;
  void on_close(std::optional<std::uint16_t> code, std::string_view reason,
                std::uint64_t end) override;
  void on_violation(const wire::Violation& violation) override;
  void on_refused_data(wire::Octets data) override;
  void on_refused_end(const wire::FrameHeader& header, std::uint64_t end) override;

 private:
  static constexpr std::uint64_t kCutEcho = 2ULL << 30;
  void settle(std::uint64_t after);
  void take_excerpt(wire::Octets octets, std::uint64_t offset);

  void note_position();
  void keep_head(wire::Octets data);

  result::Transcript& transcript_;
  SentRecord& record_;
  wire::Role role_;
  wire::MessageReader reader_;
  MessageDigest current_, refused_;
  std::deque<std::pair<std::uint64_t, KnownMessage>> known_;
  std::uint64_t frame_start_ = 0;
  std::uint64_t frame_octets_ = 0;  ///< payload of the current frame, as its header says
  bool current_is_known_ = false;
  std::uint64_t skipped_ = 0;       ///< octets of bursts
  std::uint64_t inflated_ = 0;      ///< octets of messages
  std::uint64_t cut_messages_ = 0;  ///< bombs
  std::uint64_t message_offset_ = 0;
  wire::OctetVector current_head_;  ///< of the current message, within kKept
  double at_ms_ = 0;
  bool by_tool_ = false;
  bool fault_in_message_ = false;
  bool fault_in_frame_ = false;
  // The window of the current message around the place where a fault may be found.
  wire::OctetVector window_;
  std::uint64_t window_offset_ = 0;
  std::size_t excerpt_after_ = 0;
};

}  // namespace wsspec::session
