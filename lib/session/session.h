// One connection of a scenario: connect, opening handshake, the octets out (queue, chop, hold,
// burst), the frames in, our automatic answers, and the record of it all. It decides nothing: the
// judge reads it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/connection.h"
#include "result/result.h"
#include "result/transcript.h"
#include "scenario/model.h"
#include "session/burst_source.h"
#include "session/item_encoder.h"
#include "session/record.h"
#include "session/sent_log.h"
#include "wire/extension.h"
#include "wire/handshake.h"
#include "wire/http_body.h"
#include "wire/message.h"
#include "wire/request_scan.h"

namespace wsspec::session {

struct SessionSetup {
  net::Address address;
  std::string host;  ///< Host header
  std::string path;  ///< request target, query included
  wire::HeaderList headers;
  std::vector<std::string> subprotocols, extensions;
  std::string from;
  std::optional<int> receive_buffer;
  std::shared_ptr<const net::TlsContext> tls{};  ///< null: ws://
  net::TlsShape tls_shape{};
  bool tls_overridden = false;  ///< the script's own idea of TLS: that it is refused is an answer
  bool handshake = true;
  bool auto_pong = true;
  bool auto_close = true;
  bool compress = false;          ///< messages that do not say otherwise
  int connect_timeout_ms = 5000;  ///< connect and handshake together
  bool chatty = false;            ///< the target sends messages on its own
  std::uint64_t seed = 1;
};

class Session : private net::ConnectionHandler, private wire::MessageSink {
 public:
  static constexpr std::size_t kMaxReceived = 1u << 20;

  Session(net::Loop& loop, SessionSetup setup, std::function<void()> on_change);
  ~Session() override;
  void start();

  // --- what we do -----------------------------------------------------------------------------
  /// True when the items can be sent: compressed ones need permessage-deflate.
  bool can_send(const std::vector<scenario::Item>& items) const;
  bool busy() const { return job_ != nullptr || burst_ != nullptr; }
  /// How long the socket has taken nothing although octets are due; 0 = it takes them.
  double stalled_ms() const {
    return stalled_since_ ? net::ms_between(*stalled_since_, net::Clock::now()) : 0;
  }
  /// Gives up a send that stalled; `stalled()` stays true.
  void give_up_sending();
  /// Queues a send; call only when not busy. Done when no longer busy.
  void send(const scenario::SendStep& step, bool after_close);
  /// An error text when the burst cannot be prepared.
  std::optional<std::string> burst(const scenario::BurstStep& step);
  void cancel_sending();
  /// What wraps the test messages from now on.
  void set_carrier(scenario::Carrier carrier) { carrier_ = std::move(carrier); }
  /// What was said so far (a profile's prologue) is no part of the scenario: it is not counted and
  /// not judged, and its payloads (a login, as a rule) are not shown.
  void forget_exchange();
  void hide_payloads();
  /// A step has asked for this message of the server: it is no stray.
  void expected(std::uint64_t serial);
  void pause_reading();
  void resume_reading();
  void read_rate(std::uint64_t octets_per_second);
  void shutdown_write();
  void reset();
  /// Close 1000 of our own making, if a Close may still be written.
  void send_close();
  /// Asks "are you there" with a ping, once behind what the script has sent, if nothing of ours is
  /// incomplete.
  void send_probe();
  /// The profile's harmless message; ask may_send_message() first. It is no part of the script.
  void send_harmless(const scenario::Item& item);
  /// Drops the connection without a word.
  void drop();
  /// Reads what has arrived but was not told yet.
  void drain();

  // --- what there is --------------------------------------------------------------------------
  const ExchangeRecord& record() const { return record_; }
  /// An expect step has asked for the oldest `limit` messages of the ledger: they are answered for.
  void take_answers(std::uint64_t limit);
  /// Refused, but on a connection that takes another request (RFC 9112 9.3): send() begins it.
  bool can_ask_again() const {
    return record_.phase == Phase::refused && record_.scripted && connection_ != nullptr &&
           !write_failed_ && body_ && body_->keeps_alive();
  }
  /// The refusal is not yet complete.
  bool answer_is_open() const {
    return record_.phase == Phase::refused && connection_ != nullptr && !record_.violation &&
           body_ && body_->state() < wire::BodyState::done;
  }
  /// The refusal is complete, and says that it is the last on this connection (RFC 9112 9.6).
  bool end_is_due() const {
    return record_.phase == Phase::refused && connection_ != nullptr && !record_.violation &&
           body_ && body_->state() == wire::BodyState::done && !body_->keeps_alive();
  }
  /// It will never be complete: a client would wait for ever.
  void answer_has_no_end();
  /// Nothing of ours is half written: a control frame may go out.
  bool may_write() const;
  /// No message of ours is open either.
  bool may_send_message() const { return may_write() && !busy() && !record_.sent.in_message; }
  std::vector<result::TranscriptLine> take_transcript() { return transcript_.take(); }

 private:
  struct Job;
  void on_open(net::TimePoint at) override;
  void on_data(std::span<const std::uint8_t> octets, net::TimePoint at) override;
  void on_writable() override;
  void on_end(const net::EndInfo& end, net::TimePoint at) override;

  void on_frame(const wire::FrameHeader& header, std::uint64_t at) override;
  void on_message_begin(wire::Opcode type) override;
  void on_message_data(wire::Octets data) override;
  void on_message_end(std::uint64_t end) override;
  void on_ping(wire::Octets payload, std::uint64_t end) override;
  void on_pong(wire::Octets payload, std::uint64_t end) override;
  void on_close(std::optional<std::uint16_t> code, std::string_view reason,
                std::uint64_t end) override;
  void on_violation(const wire::Violation& violation) override;

  void read_head(wire::Octets& input, net::TimePoint at);
  void skip_records(wire::Octets& input, net::TimePoint at);
  void read_refusal(wire::Octets& input);
  void read_behind_refusal(wire::Octets input);
  void bad_answer(std::string what, std::string_view section);
  void ask_again();
  bool is_flood() const;
  void answer_last_ping();
  void fail(Failure failure, result::Fact fact);
  void fail_before_answer(const net::EndInfo& end);
  void note_frame_cut_off();
  void note(result::TranscriptLine::Direction direction, std::string what, std::uint64_t length);
  double now_ms(net::TimePoint at) const { return record_.ms(at); }
  void agree_on_deflate(const wire::DeflateParams& params);
  Compression compression() const { return {deflater_.get(), setup_.compress}; }
  std::string handshake_text(const scenario::HandshakeShape& shape);
  void queue_tool_frame(wire::Opcode opcode, wire::Octets payload);
  bool flush_tool_frames();
  void answer_close();
  void pump();
  void note_progress(std::size_t sent, std::size_t wanted, net::TimePoint at);
  bool write_out();
  void note_sent(wire::Octets octets, net::TimePoint at);
  void note_literal(const scenario::Item& item, std::size_t handshake_size);
  void clear_out();
  std::size_t frames_in_out() const;
  void pump_job();
  void pump_burst();
  void end_job();
  bool match_message();
  bool owes_pong();
  void changed();
  void read_at_rate();
  bool inside_burst() const { return cut_ || (burst_ != nullptr && burst_->inside_round()); }

  net::Loop& loop_;
  SessionSetup setup_;
  std::function<void()> on_change_;
  scenario::Carrier carrier_;
  Random random_;
  std::unique_ptr<net::Connection> connection_;
  net::Timer timeout_, pace_, read_timer_;
  std::string key_;
  wire::HttpHeadReader head_;
  wire::OctetVector record_head_;  ///< of TLS, where the script speaks it by itself
  std::size_t record_left_ = 0;
  wire::RequestScan requests_;
  std::optional<wire::HttpBodyReader> body_;  ///< of the newest refusal
  std::string behind_;                        ///< the first octets behind it
  wire::MessageReader reader_;
  result::Transcript transcript_;
  ExchangeRecord record_;
  SentLog sent_log_;

  // out
  std::unique_ptr<wire::Deflater> deflater_;  ///< null: no permessage-deflate
  std::unique_ptr<Job> job_;
  std::unique_ptr<BurstSource> burst_;
  wire::OctetVector out_;
  std::size_t out_pos_ = 0;
  /// What of out_ is a handshake, or other octets ahead of the 101, and what is frames.
  struct Part {
    std::size_t end = 0;
    bool literal = false;
  };
  std::vector<Part> out_parts_;
  std::optional<scenario::Chop> out_chop_;
  bool chop_waits_ = false;
  std::deque<wire::OctetVector> tool_frames_;
  struct Mark {
    std::uint64_t start, end;
  };
  std::vector<Mark> marks_;
  bool write_failed_ = false;
  std::optional<net::TimePoint> stalled_since_;
  bool cut_ = false;  ///< a burst was stopped inside a frame
  bool pumping_ = false;

  // in
  MessageDigest incoming_;
  wire::OctetVector incoming_octets_;
  std::size_t received_kept_octets_ = 0;
  std::size_t next_answer_ = 0;
  std::uint64_t pongs_after_close_ = 0;
  std::size_t last_answered_ = 0;  ///< the latest entry of the ledger that was answered, plus 1
  std::size_t next_pong_ = 0;      ///< the entry behind the ping of the latest pong
  int pings_in_read_ = 0;
  std::optional<wire::OctetVector> last_ping_;  ///< of one read, where not all are answered
  std::uint64_t received_frames_ = 0;
  std::uint64_t read_per_second_ = 0, read_at_rate_ = 0;
  net::TimePoint read_rate_since_{};
  bool reading_paused_ = false;

  // record
  net::TimePoint now_{};
  /// The server's message is not UTF-8: a violation of its own, unless it turns out to be the echo
  /// of our own bad text.
  std::optional<wire::Violation> doubtful_;
  std::uint8_t last_opcode_ = 0;  ///< of the server's frames
  bool shut_ = false;
  std::string probe_payload_;
};

}  // namespace wsspec::session
