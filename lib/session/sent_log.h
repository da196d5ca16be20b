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

#include "net/loop.h"
#include "result/result.h"
#include "result/transcript.h"
#include "wire/fingerprint.h"
#include "wire/message.h"

namespace wsspec::session {

/// A message without its octets. Of a very long one only the beginning is looked at: a bomb is not
/// inflated to its end (see wire::Inflater::kMaxMessage), and its echo is no better known.
class MessageDigest {
 public:
  static constexpr std::uint64_t kHashed = wire::Inflater::kMaxMessage;

  void begin(wire::Opcode type);
  void add(wire::Octets data);
  /// What only the end of the frame tells.
  void set_type(wire::Opcode type) { type_ = type; }
  /// There is more of it, nobody knows how much.
  void cut() { cut_ = true; }
  bool is_cut() const { return cut_; }
  /// Call once, when the message is complete.
  void finish();

  bool same(const MessageDigest& other) const;
  wire::Opcode type() const { return type_; }
  std::uint64_t length() const { return length_; }
  /// The first octets of a text that is not complete yet.
  wire::Octets head() const { return head_; }
  /// A text with U+FFFD among its first octets: what a repaired one looks like.
  bool holds_replacement() const { return holds_replacement_; }

 private:
  static constexpr std::size_t kSearched = 4096;
  wire::Opcode type_ = wire::Opcode::text;
  bool holds_replacement_ = false;
  std::uint64_t length_ = 0;
  bool cut_ = false;
  wire::Fingerprint print_;
  wire::Fingerprint::Sum sum_{};
  wire::OctetVector head_;  ///< of a text, until it is complete
};

/// A message that we compressed ourselves and by the rules: what its octets stand for is known.
struct KnownMessage {
  MessageDigest digest;
  wire::OctetVector head;    ///< for the transcript
  wire::OctetVector window;  ///< its last octets, if later messages may refer to them
};

/// Something of ours that may be answered.
struct LedgerEntry {
  enum class Kind : std::uint8_t { message, ping };
  Kind kind = Kind::message;
  MessageDigest digest;       ///< of a message
  wire::OctetVector payload;  ///< of a ping
  std::uint64_t end = 0;      ///< stream offset behind its last octet
  std::uint64_t count = 1;    ///< a burst's rounds
  std::uint64_t answered = 0;
  net::TimePoint answered_at{};  ///< of the first answer to a message
  bool own_probe = false;
  bool refused = false;   ///< the frame breaks a framing rule: whoever answers it took it for good
  bool consumed = false;  ///< an expect step has asked for it
  bool behind_own_close = false;
  /// Of the first `answered` messages how long the answer took, of the others when they were sent;
  /// in ms. At most kTimes of a burst's.
  std::vector<float> times;
  static constexpr std::size_t kTimes = 20000;

  void sent(std::uint64_t messages, double at_ms);
  void answer(double at_ms);
};

/// Where our own fault is.
struct Fault {
  enum class Source : std::uint8_t { none, marked, violation };
  Source source = Source::none;
  std::optional<wire::Violation> violation;
  std::uint64_t at = 0;      ///< stream offset of the proving octet
  std::uint64_t behind = 0;  ///< octets from this offset on are behind the fault; 0 = not yet known
  bool settled = false;      ///< `behind` is known
  double sent_ms = 0;        ///< when the proof went out, on the session's clock
};

/// Our side of the conversation.
class Outbound : public wire::MessageSink {
 public:
  explicit Outbound(result::Transcript& transcript);
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  /// Octets that were handed to the kernel, frames only (never the handshake).
  void sent(wire::Octets octets, double at_ms);
  /// The same, of a frame of our own making (probe ping, pong, Close, harmless message).
  void sent_by_tool(wire::Octets octets, double at_ms);
  /// A burst's frames are not decoded one by one: `rounds` more of them went out. Call behind
  /// sent_burst_octets().
  void sent_burst(std::size_t entry, std::uint64_t rounds, double at_ms);
  /// Octets of a burst, and how many pings and pongs were completed by them.
  void sent_burst_octets(std::uint64_t octets, std::uint64_t controls);
  std::size_t begin_burst(MessageDigest digest);
  /// Marks: the item that ends at `end` is the fault.
  void mark_fault(std::uint64_t start, std::uint64_t end);

  std::uint64_t position() const { return skipped_ + reader_.position(); }
  /// How many octets an echo of it all may have: more than we sent, where that was compressed.
  std::uint64_t echo_octets() const { return position() + inflated_ + cut_messages_ * kCutEcho; }
  bool at_frame_boundary() const { return reader_.at_frame_boundary(); }
  /// permessage-deflate was agreed on: what we compress is read as well.
  void allow_deflate(int window_bits, bool takeover) {
    reader_.allow_deflate(window_bits, takeover);
  }
  /// The message that will begin at this position is not inflated again.
  void know(std::uint64_t position, KnownMessage message);
  bool in_message() const { return reader_.in_message(); }
  bool close_sent() const { return close_sent_; }
  const Fault& fault() const { return fault_; }
  /// True when the octets that prove the fault are out.
  bool fault_is_out() const;
  std::uint64_t messages_sent() const;
  /// Pings, and the pongs of bursts.
  std::uint64_t controls_sent() const;
  /// The pings and pongs of bursts alone: they have no entry in the ledger.
  std::uint64_t controls_of_bursts() const { return burst_controls_; }
  std::uint64_t messages_answered() const;
  std::deque<LedgerEntry>& ledger() { return ledger_; }
  const std::deque<LedgerEntry>& ledger() const { return ledger_; }
  /// A text message of ours was not UTF-8.
  bool text_not_utf8() const { return text_not_utf8_; }
  /// The octets of our message around the one that proves it ill-formed.
  const result::FaultExcerpt& excerpt() const { return excerpt_; }
  /// Pongs of the script that were not empty, the newest kPongs: nobody answers a pong.
  const std::deque<wire::OctetVector>& pongs() const { return pongs_; }
  static constexpr std::size_t kPongs = 64;

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
  void settle(std::uint64_t behind);
  void take_excerpt(wire::Octets octets, std::uint64_t offset);

  result::Transcript& transcript_;
  wire::MessageReader reader_;
  std::deque<LedgerEntry> ledger_;
  std::deque<wire::OctetVector> pongs_;
  MessageDigest current_, refused_;
  std::deque<std::pair<std::uint64_t, KnownMessage>> known_;
  std::uint64_t frame_start_ = 0;
  bool current_is_known_ = false;
  Fault fault_;
  std::uint64_t skipped_ = 0;  ///< octets of bursts
  std::uint64_t burst_controls_ = 0;
  std::uint64_t inflated_ = 0;      ///< octets of messages
  std::uint64_t cut_messages_ = 0;  ///< bombs
  std::uint64_t message_offset_ = 0;
  double at_ms_ = 0;
  bool by_tool_ = false;
  bool close_sent_ = false;
  bool text_not_utf8_ = false;
  bool fault_in_message_ = false;
  bool fault_in_frame_ = false;
  // The window of the current message around the place where a fault may be found.
  wire::OctetVector window_;
  std::uint64_t window_offset_ = 0;
  result::FaultExcerpt excerpt_;
  std::size_t excerpt_after_ = 0;
};

}  // namespace wsspec::session
