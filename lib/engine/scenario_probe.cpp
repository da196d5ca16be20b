// What is asked beside the script: the profile's harmless message, and the probe ping.
#include <algorithm>

#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "loader/late.h"

namespace wsspec::engine {

using scenario::ExpectStep;
using scenario::Step;

namespace {

constexpr int kSilenceMs = 100;  ///< before a probe ping asks whether the server is there

}  // namespace

// Where the target does not echo, its answer to the profile's harmless message shows that it took
// what was sent before. Not in a policy's scenario: the server would count it.
ScenarioRun::Asked ScenarioRun::send_harmless(Op& op, std::size_t i) {
  Member& member = group(op.on).members[i];
  session::Session& session = *member.session;
  const Step& own = op.resolved.empty() ? op.step : op.resolved[i];
  const scenario::Profile& profile = *context_.profile;
  if (op.replies[i] || op.prologue_step > 0 || judge::is_policy(scenario_))
    return Asked::not_needed;
  if (!profile.message || !profile.message->reply || !session.may_send_message() ||
      session.record().close_at)
    return Asked::not_needed;
  const auto& outcome = std::get<ExpectStep>(own.what).outcome;
  if (!judge::wants_acceptance(outcome, session.record(), context_.facts)) return Asked::not_needed;
  auto values = values_of(group(op.on), i);
  values.i = static_cast<std::int64_t>(member.harmless_sent);
  auto message = loader::resolve_message(profile, values);
  if (!message) {
    give_up(result::fact(result::Cause::profile_value_missing, "message: " + message.error().what));
    return Asked::run_over;
  }
  const std::vector<scenario::Item> items{message->send};
  if (const auto when = take_turn(member, Sending{items}, {})) {
    op.look_at[i] = *when;
    wake_at(*when);
    return Asked::later;
  }
  ++member.harmless_sent;
  op.replies[i] = judge::AwaitedReply{std::move(*message->reply), session.record().messages,
                                      message->numbered, net::Clock::now()};
  session.send_harmless(message->send);
  return Asked::yes;
}

// "Are you there?" It waits for a pause, unless the pong itself is all that can vouch for what was
// sent. An endpoint that talks of its own accord never pauses. Gives when to ask again.
net::TimePoint ScenarioRun::probe(const Op& op, std::size_t i, const ExpectStep& expect) {
  constexpr auto never = net::TimePoint::max();
  session::Session& session = *group(op.on).members[i].session;
  if (!context_.facts.ping || !judge::probe_allowed(expect.outcome, expect) ||
      session.record().probe_sent() || session.record().close_at || !session.may_write() ||
      session.busy())
    return never;
  if (!op.replies[i] && judge::wants_acceptance(expect.outcome, session.record(), context_.facts)) {
    session.send_probe();
    return never;
  }
  // Inside an open message, with a deadline of its own, the question is when; and a ping would
  // stand between the frames of the script.
  if (expect.within_ms && session.record().sent.in_message) return never;
  const auto quiet_since = context_.facts.chatty ? session.record().reference()
                                                 : std::max(session.record().reference(),
                                                            session.record().last_activity);
  const auto due = quiet_since + std::chrono::milliseconds(kSilenceMs);
  if (net::Clock::now() < due) return due;
  // What lies unread is no silence: in a crowd our own loop may be late by this much.
  if (session.holds_octets() || !session.drain())
    return net::Clock::now() + std::chrono::milliseconds(1);
  if (context_.facts.chatty || session.record().last_activity <= quiet_since) session.send_probe();
  return never;
}

}  // namespace wsspec::engine
