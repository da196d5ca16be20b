// The rules of verdict: what one outcome is worth, given what was seen on one connection so far.
// No timers, no I/O: a function of the session's record, the clock and the target's abilities.
#pragma once

#include <cstdint>
#include <string>

#include "engine/session.h"
#include "scenario/model.h"
#include "scenario/profile.h"

namespace wsspec::engine {

/// What is known of the target when scenarios run.
struct TargetFacts {
  bool echo = true;
  bool chatty = false;
  const scenario::Profile* profile = nullptr;  ///< never null in a run
  int settle_ms = 100;  ///< how long a Close may lag behind a pong or a wrong echo
};

/// One outcome's state.
struct Judgement {
  enum class State : std::uint8_t { pending, match, mismatch };
  State state = State::pending;
  Class cls = Class::none;
  std::string detail;      ///< one clause, safe to print
  std::string barrier;     ///< "ping" when only a pong vouches
  bool tolerated = false;  ///< set by the run: an entry of `tolerate` allows it
  /// pending: when to look again at the latest, in ms from now; 0 = when something happens.
  int again_ms = 0;
};

struct JudgeInput {
  const TargetFacts& facts;
  const scenario::Scenario& scenario;
  const scenario::ExpectStep& step;
  net::TimePoint now;
  bool deadline = false;          ///< within_ms is over: pending is not an answer any more
  std::size_t received_next = 0;  ///< first message of the server that no step has taken
  bool close_taken = false;       ///< an earlier step has asked for the Close that came
};

/// Never asked of a session whose violation() is set: that is `broken` whatever was expected.
Judgement judge(const scenario::Outcome& outcome, const Session& session, const JudgeInput& input);

/// The index of the server's message that the rule fits, from `from` on; npos if none.
std::size_t find_message(const scenario::MessageRule& rule, const Session& session,
                         std::size_t from);

/// True when a ping of our own may be sent while this outcome is awaited (it would disturb
/// silence, idle times and the like).
bool probe_allowed(const scenario::Outcome& outcome, const scenario::ExpectStep& step);
/// True when the outcome, or one of its alternatives, is about the handshake's answer.
bool wants_http(const scenario::ExpectStep& step);
bool wants_end(const scenario::ExpectStep& step);

/// A deviation at this level: tolerated, or a failure?
Verdict verdict_of(Class cls, scenario::Level level);

}  // namespace wsspec::engine
