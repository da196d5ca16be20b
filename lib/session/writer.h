// The writing half of a session: the script's octets as they are listed, one job at a time, in
// pieces, chopped and held where an item says so, or a burst; and between two frames of the script
// those of our own making (pongs, the probe, our Close). Nothing is written inside a frame that is
// not that frame's.
//
//   idle --send(), burst()--> sending --all out, cancel()--> idle
//                              | ^
//                              v |     a chop's pause, a hold, a burst's pace: a timer
//                             waiting  a full transport, a step of the loop that was long enough
//                                      (there is much to encode or to compress): on_writable()
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/transport.h"
#include "result/transcript.h"
#include "scenario/model.h"
#include "session/burst_source.h"
#include "session/item_encoder.h"
#include "session/out_buffer.h"
#include "session/own_frames.h"
#include "session/record.h"
#include "session/sent_log.h"
#include "wire/deflate.h"

namespace wsspec::session {

class FrameWriter {
 public:
  /// What the writer needs of its session.
  class Host {
   public:
    virtual ~Host() = default;
    /// The octets of a handshake item.
    virtual std::string handshake_text(const scenario::HandshakeShape& shape) = 0;
    /// Octets that are no frames went out.
    virtual void literal_sent(wire::Octets octets) = 0;
    /// Reading has priority: what has arrived is read before more goes out.
    virtual void read_first(std::size_t limit) = 0;
    /// A pause is over, and what follows it was written.
    virtual void resumed() = 0;
    /// Nothing more can be written: errno.
    virtual void write_failed(int error) = 0;
  };
  struct Options {
    wire::Role role = wire::Role::client;
    bool compress = false;  ///< messages that do not say otherwise
  };

  FrameWriter(net::Loop& loop, Options options, Random& random, ExchangeRecord& record,
              SentLog& sent_log, result::Transcript& transcript, Host& host);
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  /// nullptr: the transport is gone, and with it what is queued of the script.
  void attach(net::Transport* transport);
  void allow_deflate(int window_bits, bool takeover);
  bool compresses() const { return deflater_ != nullptr; }
  void set_carrier(scenario::Carrier carrier) { carrier_ = std::move(carrier); }
  const scenario::Carrier& carrier() const { return carrier_; }
  /// Messages of ours that were begun, whoever made them.
  std::uint64_t messages() const { return messages_; }

  // --- the script
  /// True when the items can be sent: compressed ones need permessage-deflate.
  bool can_send(const std::vector<scenario::Item>& items) const;
  bool busy() const { return job_ != nullptr || burst_ != nullptr; }
  bool in_burst() const { return burst_ != nullptr; }
  /// Queues a send; call only when not busy. Done when no longer busy.
  void send(const scenario::SendStep& step, bool after_close);
  /// Likewise. Where it cannot be prepared, problem() says why once it is no longer busy.
  void burst(const scenario::BurstStep& step);
  const std::optional<std::string>& problem() const { return problem_; }
  /// Octets that are no frames: our half of the opening handshake.
  void send_literal(const std::string& octets);
  void cancel();
  /// What came makes the rest of the script vain, unless that is meant to follow a Close.
  void cancel_before_close();
  /// How long the transport has taken nothing although octets are due; 0 = it takes them.
  double stalled_ms() const;
  void shutdown();

  // --- frames of our own (writer_own.cpp)
  /// A control frame may go out.
  bool may_write() const;
  void answer_ping(wire::Octets payload);
  void end_of_read();
  /// Close 1000 at the end of the script, if a Close may still be written.
  void say_goodbye();
  /// The other side's Close is answered.
  void answer_close();
  /// A ping, once after what the script has sent; its payload, or nullopt if none may go out.
  std::optional<std::string> probe();
  /// A whole message that is no part of the script.
  void send_aside(const scenario::Item& item);

  void pump();
  bool write_failed() const { return write_failed_; }
  bool is_shut() const { return shut_; }

 private:
  struct Job {
    scenario::SendStep step;
    bool after_close = false;
    std::size_t next = 0;                  ///< index of the item that is being written
    std::unique_ptr<ItemEncoder> encoder;  ///< null: the item was not begun
    std::uint64_t item_start = 0;          ///< stream offset, for `fault: true`
    bool item_begun = false;               ///< octets of it were encoded
    bool item_known = false;               ///< the log need not inflate it
    bool waiting_for_release = false;
  };
  struct Mark {
    std::uint64_t start, end;
  };

  bool write_out(net::TimePoint until);
  void note_sent(std::size_t count, net::TimePoint at);
  void note_progress(std::size_t sent, std::size_t wanted, net::TimePoint at);
  void fail_writing();
  void go_on_later();
  void rest_for(net::Duration pause);
  bool pump_job();
  ItemEncoder::State encode(const scenario::Item& item);
  bool begin_item(const scenario::Item& item);
  enum class Held : std::uint8_t { waits, goes_on };
  Held hold_item(const scenario::Item& item);
  void pump_burst(net::TimePoint until);
  bool burst_is_ready(net::TimePoint until);
  void own_frame(wire::Opcode opcode, wire::Octets payload);
  bool begin_own_frame();
  bool inside_burst() const { return cut_ || (burst_ != nullptr && burst_->inside_round()); }
  bool between_frames() const;
  bool is_literal(const scenario::Item& item) const;
  Encoding encoding() const { return {options_.role, deflater_.get(), options_.compress}; }

  Options options_;
  Random& random_;
  ExchangeRecord& record_;
  SentLog& sent_log_;
  result::Transcript& transcript_;
  Host& host_;
  const net::Loop& loop_;
  net::Transport* transport_ = nullptr;
  net::Timer pace_;
  std::unique_ptr<wire::Deflater> deflater_;  ///< null: no permessage-deflate
  scenario::Carrier carrier_;                 ///< what wraps the test messages
  std::uint64_t messages_ = 0;
  std::unique_ptr<Job> job_;
  std::unique_ptr<BurstSource> burst_;
  std::optional<std::string> problem_;  ///< of the last burst
  OutBuffer out_;
  OwnFrames own_;
  std::vector<Mark> marks_;  ///< items marked as the fault that are not out yet
  std::optional<net::TimePoint> stalled_since_;
  bool chop_waits_ = false;
  bool write_failed_ = false;
  bool cut_ = false;  ///< a burst was stopped inside a frame
  bool pumping_ = false;
  bool shut_ = false;
};

}  // namespace wsspec::session
