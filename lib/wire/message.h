// The rules of RFC 6455 5 and 7 for one direction of one connection, as a streaming reader on top
// of the frame decoder. The same class reads what a server sends us, audits what we send (the
// proof of where our own fault is), and is the receiving half of the reference server.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wire/deflate.h"
#include "wire/frame.h"
#include "wire/octets.h"
#include "wire/role.h"
#include "wire/utf8.h"

namespace wsspec::wire {

enum class ViolationKind : std::uint8_t {
  unmasked,                    // client frame without a mask (5.1)
  masked,                      // server frame with a mask (5.1)
  rsv,                         // RSV bit without an extension (5.2)
  reserved_opcode,             // 0x3-0x7, 0xb-0xf (5.2)
  length_not_shortest,         // (5.2)
  length_msb,                  // 64-bit length with the top bit set (5.2)
  control_fragmented,          // control frame with FIN 0 (5.4, 5.5)
  control_too_long,            // control frame above 125 octets (5.5)
  continuation_without_start,  // (5.4)
  data_inside_fragmented,      // a new data frame inside a fragmented message (5.4)
  text_not_utf8,               // (8.1)
  close_body_one_octet,        // (5.5.1)
  close_code_invalid,          // code that must not travel (7.4.1, 7.4.2)
  close_reason_not_utf8,       // (5.5.1)
  after_close,                 // any frame after a Close (5.5.1)
  deflate_data,                // compressed octets that do not inflate (RFC 7692 7.2.2)
  frame_cut_off,               // the stream ends inside a frame (reported by its reader)
  inflated_too_long,           // above Inflater::kMaxMessage; a bound of ours, no rule. With
                               // keep_going so many octets of the message are told, and its end
  http_answer,                 // a refusal that is no HTTP (RFC 9112); never by this reader
};

struct Violation {
  ViolationKind kind{};
  /// The code that names it best: 1002, or 1007 for UTF-8 (RFC 6455 7.4.1).
  std::uint16_t code = 1002;
  /// One clause, lower case, without the section: "a control frame of 126 octets".
  std::string what;
  /// "RFC 6455 5.5"
  std::string_view section;
  /// Stream offset of the first octet that proves it (the octet's own index, from 0 at the first
  /// octet after the handshake); of the octet after FIN's last one for a truncated character. In a
  /// compressed message no finer than the frame: of its first payload octet.
  std::uint64_t at = 0;
  /// For text_not_utf8 and close_reason_not_utf8: index of the proving octet in the message or in
  /// the reason (which begins after the two octets of the code); its length when truncated.
  std::uint64_t at_in_message = 0;
  /// UTF-8 only: the end of the message, inside a character, is the proof.
  bool truncated = false;
};

/// What a reader tells. All spans are valid during the call only; data is unmasked and inflated.
/// Octets of a message are told before the violation that they prove (up to it, if reading stops
/// there). A Close that breaks a rule of its body is reported right after its violation, also when
/// reading stops there: code that answers a Close must look at `stopped()` first.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  /// Every frame header, before any rule is applied. `at` = stream offset of its first octet.
  virtual void on_frame(const FrameHeader& /*header*/, std::uint64_t /*at*/) {}
  virtual void on_message_begin(Opcode /*type*/) {}
  virtual void on_message_data(Octets /*data*/) {}
  /// The FIN frame's last octet was read; `end` = stream offset after it.
  virtual void on_message_end(std::uint64_t /*end*/) {}
  virtual void on_ping(Octets /*payload*/, std::uint64_t /*end*/) {}
  virtual void on_pong(Octets /*payload*/, std::uint64_t /*end*/) {}
  /// nullopt = a Close without a body (1005 to an API).
  virtual void on_close(std::optional<std::uint16_t> /*code*/, std::string_view /*reason*/,
                        std::uint64_t /*end*/) {}
  virtual void on_violation(const Violation& /*violation*/) {}
  /// keep_going: what stood in a frame that broke a framing rule or came after a Close, told
  /// after its violation. It is part of no message, but another reader may accept it.
  virtual void on_refused_data(Octets /*data*/) {}
  virtual void on_refused_end(const FrameHeader& /*header*/, std::uint64_t /*end*/) {}
};

struct MessageReaderOptions {
  /// Whose frames are read: it says whether they must be masked, and which Close codes are its own.
  Role sender = Role::server;
  /// False: stop consuming at the first violation. True: report every violation once per frame
  /// or message and read on as well as the framing allows (the audit of our own octets).
  bool keep_going = false;
  /// RSV bits an extension allows on the first frame of a data message (RFC 7692 6.1), as a number
  /// (RSV1 = 4). A text message that uses one is not checked as UTF-8: its octets are encoded. For
  /// permessage-deflate see allow_deflate().
  std::uint8_t allowed_rsv = 0;
};

class MessageReader {
 public:
  MessageReader(MessageReaderOptions options, MessageSink& sink) : options_(options), sink_(sink) {}

  /// Reads all of `input` (or up to the first violation without keep_going; then it returns the
  /// number of octets read, and every later feed reads nothing).
  std::size_t feed(Octets input);
  /// permessage-deflate was agreed on (RFC 7692): data messages with RSV1 are inflated. The window
  /// is that of this direction's sender.
  void allow_deflate(int window_bits, bool takeover);

  /// The audit of our own octets need not inflate what was compressed here, by the rules, a moment
  /// ago: the message whose first frame begins at `at` is told without its data. `window`: its last
  /// octets as text, where later messages may refer to them.
  void know(std::uint64_t at, OctetVector window);

  /// The other direction's Close had this code: a Close that answers it may have it too, whichever
  /// side sends it (RFC 6455 5.5.1).
  void allow_echo_of(std::uint16_t close_code) { peers_close_code_ = close_code; }

  bool stopped() const { return stopped_; }
  /// Between two frames: something else may be written into this direction.
  bool at_frame_boundary() const { return decoder_.at_boundary(); }
  /// A data message was begun and its FIN frame has not ended.
  bool in_message() const { return in_message_ || discarding_; }
  std::uint64_t position() const { return decoder_.position(); }

 private:
  void on_header();
  void on_payload(Octets raw, std::uint64_t offset);
  void on_end();
  void on_octets(Octets data, std::uint64_t at);
  void on_refused_payload(Octets raw, std::uint64_t offset);
  void inflate(Octets data, bool end);
  void finish_control();
  void violate(ViolationKind kind, std::uint16_t code, std::string what, std::string_view section,
               std::uint64_t at, std::uint64_t at_in_message = 0, bool truncated = false);

  MessageReaderOptions options_;
  MessageSink& sink_;
  FrameDecoder decoder_;
  Utf8Validator utf8_;
  bool stopped_ = false;
  bool in_message_ = false;
  bool skip_frame_ = false;  // keep_going: the current frame is not part of anything
  bool refused_ = false;     // keep_going: what on_refused_data and on_refused_end tell
  bool discarding_ = false;  // keep_going: inside a message whose first frame was skipped
  bool utf8_off_ = true;     // the message is not text, or its text was already judged
  bool compressed_ = false;  // the message has RSV1 and permessage-deflate was agreed on
  bool inflating_ = false;   // and nothing was wrong with it so far
  struct Known {
    std::uint64_t at = 0;
    OctetVector window;
  };
  std::deque<Known> known_;
  std::optional<Known> known_now_;      // the message is this one
  std::unique_ptr<Inflater> inflater_;  // null: no permessage-deflate
  bool closed_ = false;
  std::optional<std::uint16_t> peers_close_code_;  // the code of the other direction's Close
  std::uint64_t frame_start_ = 0;
  std::uint64_t message_length_ = 0;
  std::array<std::uint8_t, 125> control_{};
  std::size_t control_size_ = 0;
};

}  // namespace wsspec::wire
