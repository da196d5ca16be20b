// Internal to the judge: its rules by what they are about (judge_close.cpp, judge_answers.cpp) and
// the four things that a rule can say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "judge/judge.h"

namespace wsspec::judge {

constexpr int kGraceMs = 100;  ///< our own lateness on a busy machine is not the server's

inline Judgement match(result::Class cls, result::Fact fact = {}) {
  return {.state = Judgement::State::match, .cls = cls, .fact = std::move(fact)};
}
/// Accepted: there is no echo, but something else vouches for it.
inline Judgement match_by(result::Evidence evidence) {
  return {.state = Judgement::State::match, .evidence = evidence};
}
inline Judgement mismatch(result::Class cls, result::Fact fact) {
  return {.state = Judgement::State::mismatch, .cls = cls, .fact = std::move(fact)};
}
inline Judgement mismatch(result::Class cls, result::Cause cause) {
  return mismatch(cls, result::fact(cause));
}
inline Judgement pending(int again_ms = 0) {
  return {.again_ms = again_ms};
}

/// The server ended the connection although something else was wanted.
Judgement unwanted_end(const session::ExchangeRecord& record, const JudgeInput& input);
/// The first message that an echo server sent although it equals none of ours; null if there is
/// none. The greeting of a target that greets is not meant: the first message on the connection.
const session::Received* wrong_answer(const session::ExchangeRecord& record,
                                      const JudgeInput& input);
/// Where the step's times count from.
net::TimePoint reference(const session::ExchangeRecord& record, const JudgeInput& input);
/// An echo differs: how, as far as the octets are still at hand.
result::Fact different_echo(result::Cause cause, const session::Received& first,
                            const session::ExchangeRecord& record);
/// What has a time.
enum class Timed : std::uint8_t { close, answer, end };
/// What came, came too early or too late. `lag_ms`: how long it may have waited for our own loop.
std::optional<Judgement> at_a_wrong_time(Timed what, double ms, double lag_ms,
                                         const JudgeInput& input);
/// What took `ms` was late, but it may have come by the limit and waited for our own loop.
inline std::optional<Judgement> perhaps_in_time(double ms, double lag_ms, double limit_ms) {
  if (ms - lag_ms > limit_ms) return std::nullopt;
  return mismatch(
      result::Class::none,
      {.cause = result::Cause::own_lag, .ms = lag_ms, .limit_ms = static_cast<int>(limit_ms)});
}
/// How long it has been quiet since the wrong answer. A flood never is: its first answer counts.
int quiet_ms(net::TimePoint wrong_answer, const session::ExchangeRecord& record,
             const JudgeInput& input);
/// The first message of the server that no step has taken; null if there is none.
const session::Received* next_message(const session::ExchangeRecord& record,
                                      const JudgeInput& input);

Judgement judge_close(const scenario::Outcome& outcome, const session::ExchangeRecord& record,
                      const JudgeInput& input);
/// In a scenario about a policy: what was served from the message on that the script marks.
std::optional<Judgement> served_from_mark(const session::ExchangeRecord& record,
                                          const JudgeInput& input);
/// What the profile promises for the policy.
Judgement judge_policy(const scenario::Outcome& outcome, const session::ExchangeRecord& record,
                       const JudgeInput& input);
Judgement judge_drop(const scenario::Outcome& outcome, const session::ExchangeRecord& record,
                     const JudgeInput& input);
/// Acceptance of the oldest `limit` messages that no step has asked for yet.
Judgement judge_answers(const session::ExchangeRecord& record, const JudgeInput& input,
                        std::uint64_t limit);
Judgement judge_evidence(const session::ExchangeRecord& record, const JudgeInput& input);
Judgement judge_pong(bool all, bool next, const session::ExchangeRecord& record,
                     const JudgeInput& input);
Judgement judge_message(const scenario::MessageRule& rule, const session::ExchangeRecord& record,
                        const JudgeInput& input);

}  // namespace wsspec::judge
