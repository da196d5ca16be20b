// One connection in one role: its opening handshake, the octets out, the frames in, our automatic
// answers, and the record of it all. It decides nothing: the judge reads the record.
//
// It only wires its parts: a HandshakeReader until the frames begin, then a MessageReader whose
// messages a ReplyMatcher compares with what a FrameWriter has sent, as the SentLog saw it. What is
// below is a Transport. The phases (record.h), the same in both roles:
//
//   idle -> connecting -> handshaking --101--> open --end of stream--> ended
//               |              |                ^
//               |              +--another answer|--> refused --the script asks again--> raw
//               |                               |
//               +--the script sends the --> raw-+   (from raw as from handshaking)
//                  handshakes itself
//
// Each of them may end in `failed`: no connection, no HTTP, or a 101 that is none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/transport.h"
#include "result/result.h"
#include "result/transcript.h"
#include "scenario/model.h"
#include "session/handshake_reader.h"
#include "session/read_pace.h"
#include "session/record.h"
#include "session/reply_matcher.h"
#include "session/sent_log.h"
#include "session/setup.h"
#include "session/writer.h"
#include "wire/message.h"

namespace wsspec::session {

class Session : private net::TransportHandler,
                private wire::MessageSink,
                private FrameWriter::Host {
 public:
  Session(net::Loop& loop, SessionSetup setup, std::function<void()> on_change);
  ~Session() override;
  void start();

  // --- what we do -----------------------------------------------------------------------------
  bool can_send(const std::vector<scenario::Item>& items) const { return writer_.can_send(items); }
  bool busy() const { return writer_.busy(); }
  double stalled_ms() const { return writer_.stalled_ms(); }
  /// Gives up a send that stalled; the record says so.
  void give_up_sending();
  /// Queues a send; call only when not busy. Done when no longer busy.
  void send(const scenario::SendStep& step, bool after_close);
  void burst(const scenario::BurstStep& step) { writer_.burst(step); }
  /// Of the last burst: why it cannot be sent, once it is no longer busy.
  const std::optional<std::string>& burst_problem() const { return writer_.problem(); }
  void cancel_sending() { writer_.cancel(); }
  /// What wraps the test messages from now on.
  void set_carrier(scenario::Carrier carrier) { writer_.set_carrier(std::move(carrier)); }
  const scenario::Carrier& carrier() const { return writer_.carrier(); }
  std::uint64_t messages_begun() const { return writer_.messages(); }
  /// permessage-deflate was agreed on.
  bool compresses() const { return writer_.compresses(); }
  /// What was said so far (a profile's prologue) is no part of the scenario: it is not counted and
  /// not judged.
  void forget_exchange();
  /// Those in the transcript so far: a login, as a rule.
  void hide_payloads() { transcript_.hide_payloads(); }
  /// A step has asked for this message of the other side: it is no longer unsolicited.
  void expected(std::uint64_t serial) { matcher_.expected(serial); }
  /// An expect step has asked for the oldest `limit` messages of the ledger: they are answered for.
  void take_answers(std::uint64_t limit) { matcher_.take_answers(limit); }
  void pause_reading() { pace_.pause(); }
  void resume_reading() { pace_.resume(); }
  void read_rate(std::uint64_t octets_per_second) { pace_.rate(octets_per_second); }
  void shutdown_write() { writer_.shutdown(); }
  void reset();
  /// Close 1000 of our own making, if a Close may still be written.
  void send_close() { writer_.say_goodbye(); }
  /// Asks "are you there" with a ping, once after what the script has sent, if nothing of ours is
  /// incomplete.
  void send_probe();
  /// The profile's harmless message; ask may_send_message() first. It is no part of the script.
  void send_harmless(const scenario::Item& item) { writer_.send_aside(item); }
  /// Ends the connection without a Close.
  void drop();
  /// Reads what has arrived but was not told yet. False: there may be more than one step of the
  /// loop takes in.
  bool drain() { return pace_.drain(kDrain); }

  // --- what there is --------------------------------------------------------------------------
  const ExchangeRecord& record() const { return record_; }
  /// More has come than was looked at so far: a later round of the loop goes on with it.
  bool holds_octets() const { return pace_.holds_octets(); }
  /// Refused, but on a connection that takes another request (RFC 9112 9.3): send() begins it.
  bool can_ask_again() const;
  /// The refusal is not yet complete.
  bool answer_is_open() const;
  /// The refusal is complete, and says that it is the last on this connection (RFC 9112 9.6).
  bool end_is_due() const;
  /// It will never be complete: a client would wait for ever.
  void answer_has_no_end();
  /// Nothing of ours is half written: a control frame may go out.
  bool may_write() const { return writer_.may_write(); }
  /// No message of ours is open either.
  bool may_send_message() const { return may_write() && !busy() && !record_.sent.in_message; }
  std::vector<result::TranscriptLine> take_transcript() { return transcript_.take(); }
  /// The lines that are complete: a frame's with its payload.
  std::vector<result::TranscriptLine> take_complete();

 private:
  static constexpr std::size_t kDrain = 4u << 20;

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

  std::string handshake_text(const scenario::HandshakeShape& shape) override;
  void literal_sent(wire::Octets octets) override { handshake_.sent(octets); }
  void read_first(std::size_t limit) override { pace_.drain(limit); }
  void resumed() override { changed(); }
  void write_failed(int error) override;

  void on_event(const HandshakeReader::Event& event, net::TimePoint at);
  void answer_request(net::TimePoint at);
  void read_frames(wire::Octets& input);
  void read_slice(wire::Octets slice);
  void bad_answer(const HandshakeReader::Event& event);
  void agree_on_deflate(const wire::DeflateParams& params);
  bool chose_other_protocol() const;
  bool is_flood() const;
  void break_rule(const wire::Violation& violation);
  void stop_reading_on(net::TimePoint at);
  void attach(net::Transport* transport);
  void fail(Failure failure, result::Fact fact);
  void fail_on_timeout();
  void fail_before_answer(const net::EndInfo& end);
  void end_exchange(const net::EndInfo& end);
  void note_frame_cut_off();
  void note(result::TranscriptLine::Direction direction, std::string what, std::uint64_t length);
  double note_lag();
  void note_own_trouble(const result::Fact& fact);
  bool in_phase(Phase phase) const { return record_.phase == phase; }
  void changed() { on_change_(); }

  const net::Loop& loop_;
  SessionSetup setup_;
  std::function<void()> on_change_;
  Random random_;
  ExchangeRecord record_;
  result::Transcript transcript_;
  SentLog sent_log_;
  HandshakeReader handshake_;
  wire::MessageReader reader_;
  ReplyMatcher matcher_;
  FrameWriter writer_;
  ReadPace pace_;
  net::Timer timeout_;
  std::unique_ptr<net::Transport> transport_;
  std::string key_;
  net::TimePoint now_{};  ///< of the read that is being worked on
  std::uint64_t received_frames_ = 0;
  std::uint64_t told_octets_ = 0;      ///< of messages, inflated
  std::uint64_t violating_frame_ = 0;  ///< the number of the one that broke a rule
  std::uint8_t last_opcode_ = 0;       ///< of the other side's frames
  /// The message that came is not UTF-8: a violation of its own, unless it turns out to be the echo
  /// of our own bad text.
  std::optional<wire::Violation> doubtful_;
};

}  // namespace wsspec::session
