// Records of conversations written down by hand, for the judge's tests. What we sent runs through
// the SentLog of a real session, so that faults, ledger and excerpt are what the program makes of
// these octets; what the server did is set as Session sets it. Times are milliseconds after the
// start of the connection; no clock is read.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judge/judge.h"
#include "session/sent_log.h"

namespace wsspec::judge::test {

/// The time base: never the clock's.
net::TimePoint moment(double ms);

/// What happened, and the time at which the judge is asked.
struct Seen {
  session::ExchangeRecord record;
  double now_ms = 0;
};

/// Each call is an event; at() sets the time of those that follow. The conversion to Seen is the
/// end: the judge is asked at the time of the last at().
class Record {
 public:
  Record();
  operator Seen() const { return {record_, ms_}; }  // NOLINT(google-explicit-constructor)

  Record& at(double ms);
  /// What came last may have waited so long for our own loop.
  Record& waited(double ms);

  // The connection and its handshake.
  Record& opened();     ///< a 101
  Record& connected();  ///< TCP alone: the script sends its own handshake
  Record& tls(result::TlsObserved::End end);
  Record& interim(int status);
  Record& answered(int status, wire::HeaderList headers = {});  ///< 101: open, else refused
  Record& failed(session::Failure failure);

  // Frames of the script, masked.
  Record& text(std::string_view payload) { return frame(1, payload); }
  Record& binary(std::string_view payload) { return frame(2, payload); }
  Record& ping(std::string_view payload) { return frame(9, payload); }
  Record& our_close(int code = 1000);
  Record& begin(std::string_view payload) { return frame(1, payload, {.fin = false}); }
  Record& more(std::string_view payload) { return frame(0, payload, {.fin = false}); }
  Record& finish(std::string_view payload) { return frame(0, payload); }
  struct Shape {
    bool fin = true;
    std::uint8_t rsv = 0;
    bool masked = true;
  };
  Record& frame(std::uint8_t opcode, std::string_view payload, Shape shape);
  Record& frame(std::uint8_t opcode, std::string_view payload);
  /// A frame that is cut: its header says more octets than were sent.
  Record& cut_frame(std::uint8_t opcode, std::string_view payload);
  /// permessage-deflate was agreed on.
  Record& deflate();
  Record& burst(std::string_view payload, std::uint64_t rounds);
  /// The newest frame is the one that the script marks as the fault.
  Record& marked();
  /// Octets are held back; then they are sent.
  Record& held();
  Record& released();
  /// A send was given up: the server reads no more.
  Record& stalled();
  /// An expect step has taken the answers to the oldest `n` messages that none has taken yet.
  Record& taken(std::size_t n);

  // The tool's own frames.
  Record& probe();
  Record& probe_pong();
  /// A frame of the tool's own is half written.
  Record& half_own_frame();

  // What the server sent.
  Record& echo();                          ///< of the oldest message that has none
  Record& echo_of(std::string_view text);  ///< of the oldest message equal to this
  Record& echoes(std::uint64_t n);
  Record& pong(std::string_view payload);  ///< for the newest open ping of the script's
  Record& says(std::string_view text, wire::Opcode type = wire::Opcode::text);
  Record& says_binary(std::string_view octets) { return says(octets, wire::Opcode::binary); }
  /// A message of which no more has come yet.
  Record& begins_to_say(std::string_view text, wire::Opcode type = wire::Opcode::text);
  /// A message of which only the head was kept.
  Record& says_long(std::string_view head, std::uint64_t length);
  Record& repeats(std::uint64_t n);  ///< echoes of what was echoed before
  Record& close(int code, std::string_view reason = {});
  Record& close_without_code() { return close(1005); }
  Record& eof() { return end(result::End::eof); }
  Record& reset() { return end(result::End::reset); }

  /// What has no name here.
  template <typename Change>
  Record& with(Change change) {
    change(record_);
    return *this;
  }

 private:
  Record& end(result::End how);
  Record& send(const wire::OctetVector& octets);
  void arrived(std::string_view octets, wire::Opcode type, bool unsolicited);
  session::LedgerEntry* open_message(const session::MessageDigest* like);
  void answer(session::LedgerEntry& entry);

  session::ExchangeRecord record_;
  result::Transcript transcript_;
  session::SentLog log_{transcript_, record_.sent};
  double ms_ = 0;
  std::uint64_t item_start_ = 0;
};

session::MessageDigest digest_of(std::string_view octets, wire::Opcode type);

// Outcomes.
scenario::Pattern pattern(std::string_view source);
scenario::Outcome closes(std::initializer_list<scenario::CodeRange> ranges);
scenario::Outcome closes(int code);
scenario::Outcome closes_because(int code, std::string_view matches, std::string_view not_matches);
scenario::Outcome accepted();
scenario::Outcome echoed(std::uint64_t n = 1);
scenario::Outcome ponged(bool all = false);
scenario::Outcome message(scenario::MessageRule rule = {});
scenario::Outcome http(std::vector<int> statuses = {});
scenario::Outcome http(scenario::HttpRule rule);
scenario::Outcome drops(scenario::DropRule::End end = scenario::DropRule::End::any,
                        std::optional<int> within_ms = {});
scenario::Outcome stays_open(int ms);
scenario::Outcome silent(int ms);
scenario::Outcome any_of(std::vector<scenario::Outcome> any);
scenario::Outcome by_payload();
scenario::Outcome by_policy(std::string key);

// Rules for messages.
scenario::MessageRule typed(scenario::MessageRule::Type type);
scenario::MessageRule equal_to(std::string_view octets);
scenario::MessageRule like(std::string_view source);
scenario::MessageRule json_at(std::string pointer, std::string value);

/// What the judge is told beside the record: by default an echo server that answers pings, a
/// scenario of the suite "utf8" and a step without modifiers, before its deadline.
class Given {
 public:
  Given();

  // The target.
  Given& no_echo();
  Given& no_ping();
  Given& chatty();
  Given& greets();
  Given& settles_in(int ms);
  Given& policy(scenario::Policy policy);

  // The scenario.
  Given& about_policy();
  Given& tag(std::string name);
  Given& requires_(std::string_view name);

  // The step.
  Given& within(int ms);
  Given& not_before(int ms);
  Given& since_connect();
  Given& next();
  Given& latency(int ms);
  Given& after_messages(std::optional<std::uint64_t> min, std::optional<std::uint64_t> max = {});

  // The moment.
  Given& deadline();
  /// The step began then, in ms.
  Given& begun(int at_ms);
  Given& taken_messages(std::uint64_t n);  ///< of the server, by steps before this one
  Given& close_taken();
  /// The outcome is not the step's own: one that `tolerate` allows.
  Given& tolerated_instead();
  /// The profile's harmless message went out after `from` messages of the server.
  Given& awaits_reply(scenario::MessageRule rule, std::uint64_t from = 0, bool numbered = false);

  Judgement judge(const Seen& seen, const scenario::Outcome& outcome) const;

  TargetFacts facts;
  scenario::Profile profile;
  scenario::Scenario scenario;
  scenario::ExpectStep step;

 private:
  int begun_ms_ = 0;
  bool deadline_ = false, close_taken_ = false, own_outcome_ = true;
  std::uint64_t received_next_ = 0;
  std::optional<AwaitedReply> reply_;
};

scenario::Policy policy(std::string key, scenario::PolicyAction action);

}  // namespace wsspec::judge::test
