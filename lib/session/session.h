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
  bool tls_bent = false;  ///< the script's own idea of TLS: that it is refused is an answer
  bool handshake = true;
  bool auto_pong = true;
  bool auto_close = true;
  bool compress = false;          ///< messages that do not say otherwise
  int connect_timeout_ms = 5000;  ///< connect and handshake together
  bool chatty = false;            ///< the target sends messages on its own
  std::uint64_t seed = 1;
};

/// A message of the server.
struct Received {
  wire::Opcode type = wire::Opcode::text;
  std::uint64_t length = 0;
  wire::OctetVector octets;  ///< all of them up to kMaxReceived, else the head
  net::TimePoint at{};
  bool whole = true;         ///< `octets` is all of it
  std::uint64_t serial = 0;  ///< counts the server's messages on this connection, from 0
};

class Session : private net::ConnectionHandler, private wire::MessageSink {
 public:
  static constexpr std::size_t kMaxReceived = 1u << 20;
  static constexpr std::size_t kStrays = 16;  ///< kept at most
  enum class Phase : std::uint8_t {
    idle,
    connecting,
    handshaking,
    raw,  ///< connected, no handshake of ours
    open,
    refused,  ///< an HTTP answer other than 101
    failed,   ///< no connection, no HTTP, or a 101 that is not one; `failure()` says what
    ended,    ///< was open (or raw) and the stream ended
  };
  enum class Failure : std::uint8_t {
    none,
    connect,  ///< refused, unreachable
    timeout,  ///< neither connection nor answer in time
    tls,      ///< no TLS with this server: `tls_failure()`
    hangup,   ///< the stream ended inside the handshake (that of TLS too)
    not_http,
    bad_101,
  };

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
  bool stalled() const { return gave_up_; }
  /// Messages of the server that repeat an answer it has given already.
  std::uint64_t duplicates() const { return duplicates_; }
  /// Echoes that came behind the echo of a later message.
  std::uint64_t reordered() const { return reordered_; }
  /// Pongs that came behind the pong for a later ping.
  std::uint64_t reordered_pongs() const { return reordered_pongs_; }
  /// Pongs that answer a pong of ours, and such that answer a ping again.
  std::uint64_t answered_pongs() const { return answered_pongs_; }
  std::uint64_t duplicate_pongs() const { return duplicate_pongs_; }
  /// Pongs that came behind the echo of a message that ended behind their ping.
  std::uint64_t late_pongs() const { return late_pongs_; }
  /// The clock of the transcript and of Fault::sent_ms.
  double session_ms(net::TimePoint at) const { return now_ms(at); }
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
  Phase phase() const { return phase_; }
  bool is_over() const {
    return phase_ == Phase::refused || phase_ == Phase::failed || phase_ == Phase::ended;
  }
  Failure failure() const { return failure_; }
  const std::string& failure_text() const { return failure_text_; }
  /// Also set where a hangup may come from a client certificate that we do not have.
  net::TlsFailure tls_failure() const { return tls_failure_; }
  /// What TLS was like; nullopt without it.
  const std::optional<result::TlsObserved>& tls() const { return tls_; }
  const std::optional<wire::HttpResponse>& response() const { return response_; }
  /// The head of that answer as it came, its status line first.
  const std::string& response_head() const { return head_.text(); }
  /// The statuses of the interim answers (1xx) before it.
  const std::vector<int>& interim_answers() const { return interim_answers_; }
  /// The script sends the handshakes.
  bool scripted() const { return !setup_.handshake; }
  /// Refused, but on a connection that takes another request (RFC 9112 9.3): send() begins it.
  bool can_ask_again() const {
    return phase_ == Phase::refused && scripted() && connection_ != nullptr && !write_failed_ &&
           body_ && body_->keeps_alive();
  }
  /// The refusal is not yet complete.
  bool answer_is_open() const {
    return phase_ == Phase::refused && connection_ != nullptr && !violation_ && body_ &&
           body_->state() < wire::BodyState::done;
  }
  /// The refusal is complete, and says that it is the last on this connection (RFC 9112 9.6).
  bool end_is_due() const {
    return phase_ == Phase::refused && connection_ != nullptr && !violation_ && body_ &&
           body_->state() == wire::BodyState::done && !body_->keeps_alive();
  }
  /// It will not be any more: a client would wait for ever.
  void answer_has_no_end();
  /// What a 101 says of extensions.
  std::string agreed_extensions() const {
    if (!response_ || response_->status != 101) return {};
    return wire::joined_header(response_->headers, "Sec-WebSocket-Extensions");
  }
  bool close_received() const { return close_at_.has_value(); }
  std::optional<int> close_code() const { return close_code_; }
  const std::string& close_reason() const { return close_reason_; }
  net::TimePoint close_at() const { return *close_at_; }
  bool ended() const { return ended_at_.has_value(); }
  net::TimePoint ended_at() const { return *ended_at_; }
  result::End end() const { return end_; }
  result::Closer closer() const { return closer_; }
  /// The Close was ours, at the end of the script, and the server's only answers it: unjudged.
  bool said_goodbye() const { return said_goodbye_ && closer_ == result::Closer::client; }
  const std::optional<wire::Violation>& violation() const { return violation_; }
  const Outbound& outbound() const { return outbound_; }
  Outbound& outbound() { return outbound_; }
  /// The newest of the server's messages, as many as memory is spent on.
  const std::deque<Received>& received() const { return received_; }
  /// How many messages the server has sent: the next one's serial.
  std::uint64_t messages() const { return messages_; }
  /// Messages of an echo target that equal nothing we sent.
  const std::vector<Received>& strays() const { return strays_; }
  /// The server has sent so much that nobody asked for that waiting for its end is vain.
  bool floods() const { return strays_.size() >= kStrays || duplicates_ >= kStrays; }
  bool held() const { return held_ever_; }
  std::optional<net::TimePoint> released_at() const { return released_at_; }
  net::TimePoint opened_at() const { return opened_at_; }
  /// The script's last octet, else the TCP connection: where the time of an HTTP answer counts
  /// from.
  net::TimePoint asked_at() const { return last_octet_at_ ? *last_octet_at_ : connected_at_; }
  /// Times count from here: our last octet on this connection, else the 101.
  net::TimePoint reference() const { return last_octet_at_ ? *last_octet_at_ : opened_at_; }
  net::TimePoint last_activity() const { return last_activity_; }
  /// Behind the script's last octet; an older one says nothing of what came after it.
  bool probe_sent() const {
    return probe_at_ && (!last_octet_at_ || *probe_at_ >= *last_octet_at_);
  }
  std::optional<net::TimePoint> probe_answered() const {
    return probe_sent() ? probe_answered_ : std::nullopt;
  }
  /// Nothing of ours is half written: a control frame may go out.
  bool may_write() const;
  /// No message of ours is open either.
  bool may_send_message() const { return may_write() && !busy() && !outbound_.in_message(); }
  /// A frame of the script is half written; a half-written pong of our own does not count.
  bool inside_frame() const { return !outbound_.at_frame_boundary() && !out_is_tool_; }
  bool connected_ok() const { return phase_ == Phase::open || phase_ == Phase::raw; }
  std::vector<result::TranscriptLine> take_transcript() { return transcript_.take(); }
  /// The server sent far more than anything we sent can have asked for; it was read no further.
  bool flooded() const { return flooded_; }
  /// How many octets came in, all in all.
  std::uint64_t received_octets() const { return received_octets_; }

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
  void fail(Failure failure, std::string text);
  void fail_before_answer(const net::EndInfo& end);
  void note_frame_cut_off();
  void note(result::TranscriptLine::Direction direction, std::string what, std::uint64_t length);
  double now_ms(net::TimePoint at) const { return net::ms_between(started_at_, at); }
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
  Phase phase_ = Phase::idle;
  Failure failure_ = Failure::none;
  std::string failure_text_;
  net::TlsFailure tls_failure_ = net::TlsFailure::none;
  std::optional<result::TlsObserved> tls_;
  std::string key_;
  wire::HttpHeadReader head_;
  wire::OctetVector record_head_;  ///< of TLS, where the script speaks it by itself
  std::size_t record_left_ = 0;
  std::vector<int> interim_answers_;
  std::optional<wire::HttpResponse> response_;
  wire::RequestScan requests_;
  std::optional<wire::HttpBodyReader> body_;  ///< of the newest refusal
  std::string behind_;                        ///< the first octets behind it
  wire::MessageReader reader_;
  result::Transcript transcript_;
  Outbound outbound_;

  // out
  std::unique_ptr<wire::Deflater> deflater_;  ///< null: no permessage-deflate
  std::unique_ptr<Job> job_;
  std::unique_ptr<BurstSource> burst_;
  wire::OctetVector out_;
  std::size_t out_pos_ = 0;
  bool out_is_tool_ = false;
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
  bool gave_up_ = false;
  std::optional<net::TimePoint> stalled_since_;
  bool cut_ = false;  ///< a burst was stopped inside a frame
  bool pumping_ = false;

  // in
  MessageDigest incoming_;
  wire::OctetVector incoming_octets_;
  std::deque<Received> received_;
  std::size_t received_kept_octets_ = 0;
  std::vector<Received> strays_;
  std::size_t next_answer_ = 0;
  std::uint64_t messages_ = 0, duplicates_ = 0, pongs_behind_close_ = 0;
  std::size_t last_answered_ = 0;  ///< the latest entry of the ledger that was answered, plus 1
  std::size_t next_pong_ = 0;      ///< the entry behind the ping of the latest pong
  std::uint64_t reordered_ = 0, reordered_pongs_ = 0, answered_pongs_ = 0, duplicate_pongs_ = 0,
                late_pongs_ = 0;
  int pings_in_read_ = 0;
  std::optional<wire::OctetVector> last_ping_;  ///< of one read, where not all are answered
  std::uint64_t received_octets_ = 0, received_frames_ = 0;
  bool flooded_ = false;
  std::uint64_t read_per_second_ = 0, read_at_rate_ = 0;
  net::TimePoint read_rate_since_{};
  bool reading_paused_ = false;

  // record
  net::TimePoint started_at_{}, connected_at_{}, opened_at_{}, last_activity_{}, now_{};
  std::optional<net::TimePoint> last_octet_at_, close_at_, ended_at_, released_at_, probe_answered_;
  std::optional<int> close_code_;
  std::string close_reason_;
  result::Closer closer_ = result::Closer::none;
  result::End end_ = result::End::open;
  std::optional<wire::Violation> violation_;
  /// The server's message is not UTF-8: a violation of its own, unless it turns out to be the echo
  /// of our own bad text.
  std::optional<wire::Violation> doubtful_;
  bool held_ever_ = false;
  std::optional<net::TimePoint> probe_at_;
  std::uint8_t last_opcode_ = 0;  ///< of the server's frames
  bool said_goodbye_ = false;
  bool shut_ = false;
  std::string probe_payload_;
};

}  // namespace wsspec::session
