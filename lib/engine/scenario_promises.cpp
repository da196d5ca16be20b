// How a run keeps what the target promises (promises.h): a send waits for its turn or ends the
// scenario, and a connection that lasted as long as it may is no finding.
#include <algorithm>

#include "engine/scenario_run.h"
#include "engine/step_state.h"

namespace wsspec::engine {

using Whose = Promises::Whose;

/// Nothing: the sending may begin, and is counted. A time: ask again then.
std::optional<net::TimePoint> ScenarioRun::take_turn(Member& member, const Sending& sending,
                                                     const scenario::Carrier& carrier) {
  const auto now = net::Clock::now();
  auto when = now;
  const auto each = [&](const auto& what) {
    for (auto [whose, paces] :
         {std::pair{Whose::connection, &member.paces}, {Whose::shared, &shared_paces_}}) {
      if (paces->empty()) continue;
      const auto amounts = promises_.amounts(whose, sending, carrier);
      for (std::size_t i = 0; i < paces->size(); ++i) what((*paces)[i], amounts[i]);
    }
  };
  each([&](const Pace& pace, std::uint64_t n) { when = std::max(when, pace.free_at(n, now)); });
  if (when > now) return when;
  each([&](Pace& pace, std::uint64_t n) { pace.take(n, now); });
  return std::nullopt;
}

/// Its last octet is out only now.
void ScenarioRun::turn_ended(Member& member) {
  const auto now = net::Clock::now();
  for (auto* paces : {&member.paces, &shared_paces_})
    for (Pace& pace : *paces) pace.renew(now);
}

/// Why this cannot be said to an endpoint that wants a login, or all messages in a carrier.
std::optional<result::Fact> ScenarioRun::not_carried(const Op& op, const session::Session& session,
                                                     const Sending& sending) {
  using result::Cause;
  const bool late = group(op.on).login_due && !session.record().is_over();
  if (late && std::any_of(sending.items.begin(), sending.items.end(), scenario::begins_message))
    return result::fact(Cause::login_too_late);
  if (!context_.profile->carrier || session.record().phase != session::Phase::open)
    return std::nullopt;
  const scenario::Carrier& carrier = session.carrier();
  for (const scenario::Item& item : sending.items) {
    const bool data = scenario::begins_message(item);
    if (scenario::cannot_wrap(carrier, item))
      return result::fact(Cause::carrier_cannot_wrap, "a message in frames of the script's own");
    if (data && sending.rounds > 1 && carrier.numbered)
      return result::fact(Cause::carrier_cannot_wrap, "a burst, with a number for each message");
    if (data && item.kind == scenario::Item::Kind::frame && item.carrier && item.frame.rsv == 4 &&
        session.compresses())
      return result::fact(Cause::carrier_cannot_wrap, "octets that are compressed already");
  }
  return std::nullopt;
}

/// Done: it may be sent. What the profile itself says (a login) is only counted.
ScenarioRun::Progress ScenarioRun::keep_promises(Op& op, std::size_t i,
                                                 const scenario::Step& step) {
  Member& member = group(op.on).members[i];
  const session::Session& session = *member.session;
  const auto sending = sending_of(step);
  if (!sending) return Progress::done;
  if (op.prologue_step == 0 && !op.on.starts_with(kTrigger)) {
    auto why = not_carried(op, session, *sending);
    if (!why) why = promises_.broken_by(*sending, session.carrier(), session.record().sent);
    if (why) {
      skip(std::move(*why));
      return Progress::over;
    }
  }
  const auto when = take_turn(member, *sending, session.carrier());
  if (!when) return Progress::done;
  op.look_at[i] = *when;
  wake_at(*when);
  return Progress::waiting;
}

/// What a Close or a missing answer says of the server, unless the connection's promised time was
/// over by then.
result::Finding ScenarioRun::within_promises(result::Finding finding, const Member* member) {
  using result::Class;
  const bool excusable =
      finding.cls == Class::none || finding.cls == Class::other_code || finding.cls == Class::limit;
  if (member == nullptr || !member->session || !excusable ||
      finding.verdict == result::Verdict::skipped)
    return finding;
  const session::ExchangeRecord& record = member->session->record();
  if (auto over = promises_.ended(record)) return result::skipped(*over);
  if (!promises_.refused(record)) return finding;
  seen_.refused = true;  // worth another try
  return result::not_judged(
      {.cause = result::Cause::handshake_refused, .status = record.response->status});
}

}  // namespace wsspec::engine
