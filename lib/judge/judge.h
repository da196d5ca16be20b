// The rules of verdict: what one outcome is worth, given what was seen on one connection so far.
// No timers, no I/O: a function of the session's record, the clock and the target's abilities.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "judge/message_search.h"
#include "scenario/model.h"
#include "scenario/profile.h"
#include "session/record.h"

namespace wsspec::judge {

/// What is known of the target when scenarios run.
struct TargetFacts {
  bool echo = true;
  bool ping = true;  ///< answers pings
  bool chatty = false;
  bool greets = false;  ///< sends an unsolicited message where no fault was sent
  const scenario::Profile* profile = nullptr;  ///< never null in a run
  int settle_ms = 100;  ///< how long a Close may follow a pong or a wrong echo
};

/// One outcome's state.
struct Judgement {
  enum class State : std::uint8_t { pending, match, mismatch };
  State state = State::pending;
  result::Class cls = result::Class::none;
  result::Fact fact{};
  result::Evidence evidence = result::Evidence::none;  ///< what shows acceptance without an echo
  /// The server's message that fitted, by its serial.
  std::optional<std::uint64_t> message{};
  bool tolerated = false;  ///< set by the run: an entry of `tolerate` allows it
  std::string because{};   ///< of that entry
  /// pending: when to look again at the latest, in ms from now; 0 = when something happens.
  int again_ms = 0;
};

/// The profile's harmless message was sent after what is to be accepted: its reply is awaited.
struct AwaitedReply {
  scenario::MessageRule rule;
  std::uint64_t from = 0;  ///< serial of the first message of the server that may be it
  bool numbered = false;   ///< no other reply can be mistaken for it
  net::TimePoint asked_at{};
};

struct JudgeInput {
  const TargetFacts& facts;
  const scenario::Scenario& scenario;
  const scenario::ExpectStep& step;
  net::TimePoint now;
  bool deadline = false;            ///< within_ms is over: pending is not an answer any more
  std::uint64_t received_next = 0;  ///< serial of the first message that no step has taken
  bool close_taken = false;         ///< an earlier step has asked for the Close that came
  const AwaitedReply* reply = nullptr;
  Searched* searched = nullptr;  ///< of this step and connection; may be null
  net::TimePoint begun{};        ///< when the step began; what came before it was there already
};

/// Never asked of a session whose violation() is set: that is `broken` whatever was expected.
Judgement judge(const scenario::Outcome& outcome, const session::ExchangeRecord& record,
                const JudgeInput& input);

/// The scenario is about what the target promises: nothing that is not in its script is counted.
bool is_policy(const scenario::Scenario& scenario);
/// Some outcome can come true by acceptance, which the target does not show by an echo.
bool wants_acceptance(const scenario::Outcome& outcome, const session::ExchangeRecord& record,
                      const TargetFacts& facts);

/// Milliseconds in which 99 of 100 answers came to the oldest `limit` messages that no step has
/// asked for yet; nullopt if none was answered.
std::optional<int> latency_p99(const session::ExchangeRecord& record, std::uint64_t limit);

/// True when a ping of our own may be sent while this outcome is awaited (it would disturb
/// silence, idle times and the like).
bool probe_allowed(const scenario::Outcome& outcome, const scenario::ExpectStep& step);
/// True when the outcome, or one of its alternatives, is about the handshake's answer.
bool wants_http(const scenario::ExpectStep& step);
bool wants_end(const scenario::ExpectStep& step);

}  // namespace wsspec::judge
