// What happened on one connection: what we sent (audited by the same decoder that reads the other
// side), what came, and when. Plain data that a Session writes and the judge reads: a test builds
// one by hand, without a socket.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/tls.h"
#include "net/transport.h"
#include "result/result.h"
#include "wire/fingerprint.h"
#include "wire/handshake.h"
#include "wire/message.h"
#include "wire/request_fault.h"
#include "wire/role.h"

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
  /// There is more of it; how much is not known.
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
  wire::OctetVector head;    ///< its first octets
  wire::OctetVector window;  ///< its last octets, if later messages may refer to them
};

/// Something of ours that may be answered.
struct LedgerEntry {
  enum class Kind : std::uint8_t { message, ping };
  Kind kind = Kind::message;
  MessageDigest digest;  ///< of a message
  /// Of a ping all octets; of a message the first ones, as long as SentLog::kKept allows.
  wire::OctetVector payload;
  std::uint64_t end = 0;    ///< stream offset after its last octet
  std::uint64_t count = 1;  ///< a burst's rounds
  std::uint64_t answered = 0;
  net::TimePoint answered_at{};  ///< of the first answer to a message
  bool own_probe = false;
  bool refused = false;   ///< the frame breaks a framing rule: a server that answers it accepted it
  bool consumed = false;  ///< an expect step has asked for it
  bool after_own_close = false;
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
  std::uint64_t at = 0;     ///< stream offset of the proving octet
  std::uint64_t after = 0;  ///< octets from this offset on come after the fault; 0 = not yet known
  bool settled = false;     ///< `after` is known
  double sent_ms = 0;       ///< when the proof went out, on the session's clock
};

/// Our side of the conversation. SentLog writes it.
struct SentRecord {
  static constexpr std::size_t kPongs = 64;

  std::deque<LedgerEntry> ledger;  ///< all that may be answered, in the order it was sent
  Fault fault;
  /// Pongs of the script, the newest kPongs: a pong is never answered (RFC 6455 5.5.3).
  std::deque<wire::OctetVector> pongs;
  result::FaultExcerpt excerpt;  ///< our octets around the one that proves them ill-formed
  std::uint64_t position = 0;    ///< octets of frames that left so far
  /// Octets that an echo of it all may have: more than we sent, where that was compressed.
  std::uint64_t echo_octets = 0;
  std::uint64_t burst_controls = 0;  ///< pings and pongs of bursts: they have no ledger entry
  bool text_not_utf8 = false;        ///< a text message of ours was not UTF-8
  bool close_sent = false;
  std::optional<std::uint16_t> close_code;  ///< of our first Close, if it had one
  bool at_frame_boundary = true;
  bool in_message = false;
  /// Of the message that is open: octets (after decompression) and frames that left so far.
  std::uint64_t open_octets = 0, open_frames = 0;

  std::size_t kept_octets = 0;  ///< of messages, in the ledger

  bool fault_is_out() const { return fault.source != Fault::Source::none; }
  /// Of a message that needs no comparison any more.
  void free_octets(LedgerEntry& entry);
  std::uint64_t messages() const;
  std::uint64_t messages_answered() const;
  /// Pings, and the pongs of bursts.
  std::uint64_t controls() const;
  /// The ledger's entries that no expect step has taken yet begin here. They are taken in order.
  std::size_t first_open() const;
};

/// A message of the other side.
struct Received {
  wire::Opcode type = wire::Opcode::text;
  std::uint64_t length = 0;
  wire::OctetVector octets;  ///< all of them up to ReplyMatcher::kMaxReceived, else the head
  net::TimePoint at{};
  bool whole = true;         ///< `octets` is all of it
  std::uint64_t serial = 0;  ///< counts the other side's messages on this connection, from 0
};

/// A frame of the other side, as its header says and as far as it came.
struct SeenFrame {
  wire::FrameHeader header;
  std::uint64_t at = 0;    ///< stream offset of its header, from the 101 on
  std::uint64_t came = 0;  ///< octets of its payload
  bool cut_short() const { return came < header.length; }
};

/// What the other side's octets show when they cannot be read as frames, or when one never ends.
struct ServerFrames {
  static constexpr std::size_t kFirst = 64;
  wire::OctetVector first_octets;        ///< the first kFirst after the 101
  std::optional<SeenFrame> last;         ///< with a violation: the frame that breaks the rule
  std::optional<SeenFrame> after_fault;  ///< what was read as a header after that frame
  /// From the octet on that shows a text not to be UTF-8, at most kAtFault; none of a compressed
  /// or masked one.
  wire::OctetVector at_fault;
  static constexpr std::size_t kAtFault = 16;
};

/// Our octets that nothing from the other side has followed yet.
struct Unanswered {
  std::uint64_t octets = 0;
  std::uint64_t writes = 0;  ///< system calls
  net::TimePoint since{}, last{};

  void sent(std::uint64_t n, net::TimePoint at) {
    if (writes++ == 0) since = at;
    octets += n;
    last = at;
  }
};

enum class Phase : std::uint8_t {
  idle,
  connecting,
  handshaking,
  raw,  ///< connected, no handshake of ours
  open,
  refused,  ///< an HTTP answer other than 101
  failed,   ///< no connection, no HTTP, or a 101 that is not one; `failure` says what
  ended,    ///< was open (or raw) and the stream ended
};

enum class Failure : std::uint8_t {
  none,
  connect,  ///< refused, unreachable
  timeout,  ///< neither connection nor answer in time
  tls,      ///< no TLS with this server: `tls_failure`
  hangup,   ///< the stream ended inside the handshake (that of TLS too)
  not_http,
  bad_101,
  bad_request,  ///< role server: no opening handshake by the rules
};

/// The opening handshake. HandshakeReader writes it.
struct OpeningRecord {
  bool scripted = false;  ///< the script sends the handshakes
  std::optional<wire::HttpResponse> response;
  std::string response_head;  ///< of that answer as it came, its status line first
  wire::RequestFault request_fault = wire::RequestFault::none;  ///< of the request answered last
  std::vector<int> interim_answers;                             ///< statuses (1xx) before it
  bool asked_again = false;                  ///< the script sent another request after a refusal
  std::optional<int> further_answer;         ///< status of another answer after that refusal
  std::optional<wire::HttpRequest> request;  ///< role server: the one that came
};

/// What came. ReplyMatcher counts what answers what.
struct ReceivedRecord {
  static constexpr std::size_t kUnsolicited = 16;  ///< kept at most

  std::deque<Received> received;  ///< the newest, as many as memory is spent on
  std::uint64_t messages = 0;     ///< how many came: the next one's serial
  /// What has come of a message that is not complete; `at` is when it began.
  std::optional<Received> unfinished;
  std::vector<Received>
      unsolicited;               ///< messages that equal nothing we sent, the first kUnsolicited
  std::uint64_t duplicates = 0;  ///< messages that repeat an answer given already
  std::uint64_t reordered = 0;   ///< echoes that came after the echo of a later message
  std::uint64_t reordered_pongs = 0;  ///< pongs that came after the pong for a later ping
  std::uint64_t answered_pongs = 0;   ///< pongs that answer a pong of ours
  std::uint64_t duplicate_pongs = 0;  ///< pongs that answer a ping again
  std::uint64_t late_pongs = 0;  ///< pongs after the echo of a message that ended after the ping
  std::uint64_t received_octets = 0;
  bool flooded = false;  ///< far more came than ours can have asked for: read no further
  std::optional<wire::Violation> violation;  ///< the first rule that the other side broke
};

struct ExchangeRecord : OpeningRecord, ReceivedRecord {
  // The connection.
  wire::Role role = wire::Role::client;  ///< ours
  Phase phase = Phase::idle;
  Failure failure = Failure::none;
  result::Fact failure_fact;  ///< why, where `failure` says that
  /// Also set where a hangup may come from a client certificate that we do not have.
  net::TlsFailure tls_failure = net::TlsFailure::none;
  std::optional<result::TlsObserved> tls;  ///< nullopt without TLS
  net::TlsFacts tls_facts;                 ///< its chain also of a TLS that failed

  // What we sent, and what the writing half knows.
  SentRecord sent;
  bool held = false;     ///< octets were held back on purpose
  bool stalled = false;  ///< a send was given up: the other side reads no more
  Unanswered unanswered;
  bool writing_own_frame = false;  ///< a pong, Close or probe of our own making is being written

  // How it ended.
  std::optional<int> close_code;  ///< of the Close that came; 1005 = a Close without a code
  std::string close_reason;       ///< raw
  result::Closer closer = result::Closer::none;
  result::End end = result::End::open;
  result::End transport_end = result::End::open;  ///< the same, also inside a handshake
  bool goodbye = false;  ///< we sent Close 1000 of our own making at the end of the script

  // When.
  net::TimePoint started_at{}, connected_at{};
  net::TimePoint tcp_at{};     ///< before TLS; where the transport knows it
  net::TimePoint opened_at{};  ///< the 101
  net::TimePoint last_activity{};
  std::optional<net::TimePoint> last_octet_at;  ///< of the script
  std::optional<net::TimePoint> close_at, ended_at, released_at;
  std::optional<net::TimePoint> probe_at, pong_for_probe_at;

  // What is ours alone, and says nothing of the other side.
  /// How long what came may have waited for our own loop, in ms: the most on this connection, and
  /// for the Close, the end and the handshake's answer. Their times are late by this at most.
  double lag_ms = 0, close_lag_ms = 0, end_lag_ms = 0, answer_lag_ms = 0;
  /// This machine could not do what was asked of it (no descriptors, no memory, ...).
  std::optional<result::Fact> own_trouble;

  ServerFrames frames;  ///< to name what is wrong with the other side's octets

  bool is_over() const {
    return phase == Phase::refused || phase == Phase::failed || phase == Phase::ended;
  }
  bool is_connected() const { return phase == Phase::open || phase == Phase::raw; }
  bool never_opened() const { return phase == Phase::refused || phase == Phase::failed; }
  /// Nothing more can come: a Close, the end of the stream, a handshake that failed or was refused.
  bool gone() const { return close_at || ended_at || never_opened(); }
  /// The Close was ours, at the end of the script, and the other side's only answers it: unjudged.
  bool said_goodbye() const { return goodbye && closer == own_side(); }
  result::Closer own_side() const {
    return role == wire::Role::client ? result::Closer::client : result::Closer::server;
  }
  result::Closer other_side() const {
    return role == wire::Role::client ? result::Closer::server : result::Closer::client;
  }
  /// So much came unsolicited that waiting for its end is vain.
  bool floods() const { return unsolicited.size() >= kUnsolicited || duplicates >= kUnsolicited; }
  /// A frame of the script is half written; a half-written pong of our own does not count.
  bool inside_frame() const { return !sent.at_frame_boundary && !writing_own_frame; }
  /// What a 101 says of extensions.
  std::string agreed_extensions() const;
  /// The script's last octet, else the TCP connection: the time of an HTTP answer counts from here.
  net::TimePoint asked_at() const { return last_octet_at ? *last_octet_at : connected_at; }
  /// Times count from here: our last octet on this connection, else the 101.
  net::TimePoint reference() const { return last_octet_at ? *last_octet_at : opened_at; }
  /// After the script's last octet; an older probe says nothing of what came after it.
  bool probe_sent() const { return probe_at && (!last_octet_at || *probe_at >= *last_octet_at); }
  std::optional<net::TimePoint> probe_answered() const {
    return probe_sent() ? pong_for_probe_at : std::nullopt;
  }
  /// The clock of the transcript and of Fault::sent_ms.
  double ms(net::TimePoint at) const { return net::ms_between(started_at, at); }
};

/// What a report says of the connection. A Close of our own making at the end of the script, and
/// the answer to it, are no part of it.
result::Observed observed(const ExchangeRecord& record);

}  // namespace wsspec::session
