// The profile's prologue (a login, as a rule): on which connections it runs and when, and where the
// scenario's own exchange begins.
#include <algorithm>

#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "loader/late.h"

namespace wsspec::engine {

using scenario::ConnectStep;

// Every connection of the scenario says what the profile's prologue says, groups too: a login is
// needed on each. Not so a trigger's own connection, and one that comes with a bad token.
bool ScenarioRun::wants_prologue(const Strand& strand, const Op& op) {
  const Group& made = group(op.on);
  if (context_.profile->prologue.empty() || !strand.frames.back().alias.empty()) return false;
  if (!made.connect.prologue) return false;
  const auto* step = std::get_if<ConnectStep>(&op.step.what);
  const auto& token = step != nullptr && step->token ? *step->token : made.connect.token;
  return token.kind == scenario::TokenChoice::Kind::valid;
}

// `suspend`: the step that is being executed goes on afterwards.
void ScenarioRun::begin_prologue(Strand& strand, bool suspend) {
  Frame frame;
  frame.alias = strand.op->on;
  frame.steps = &context_.profile->prologue;
  frame.prologue = true;
  if (suspend) frame.suspended = std::move(strand.op);
  strand.op.reset();
  Group& target = group(frame.alias);
  target.login_due = false;
  for (auto& member : target.members) member.session->set_carrier({});  // it is the profile's own
  strand.frames.push_back(std::move(frame));
}

// A handshake of the script's own was accepted, and the step is not about its answer alone.
bool ScenarioRun::login_is_due(const Strand& strand) {
  const Op& op = *strand.op;
  const Group& target = group(op.on);
  if (!target.login_due || target.members.empty()) return false;
  const auto open = [](const Member& member) {
    return member.session->record().phase == session::Phase::open &&
           !member.session->record().close_at && !member.session->busy();
  };
  if (!std::all_of(target.members.begin(), target.members.end(), open)) return false;
  if (const auto* send = std::get_if<scenario::SendStep>(&op.step.what))
    return op.begun.front() == 0 &&
           std::any_of(send->items.begin(), send->items.end(), [](const scenario::Item& item) {
             return item.kind != scenario::Item::Kind::handshake;
           });
  const auto* expect = std::get_if<scenario::ExpectStep>(&op.step.what);
  if (expect == nullptr) return std::holds_alternative<scenario::BurstStep>(op.step.what);
  return !judge::wants_http(*expect) ||
         judge::wants_acceptance(expect->outcome, target.members.front().session->record(),
                                 context_.facts);
}

// It asks for no answer, and its payloads may be secrets.
void ScenarioRun::forget_login(session::Session& session) const {
  session.forget_exchange();
  if (!context_.show_secrets) session.hide_payloads();
}

// From here on it is the scenario that speaks: in the target's carrier, and judged. False: the run
// is over.
bool ScenarioRun::begin_exchange(const std::string& name, bool after_prologue) {
  Group& target = group(name);
  for (std::size_t i = 0; i < target.members.size(); ++i) {
    session::Session& session = *target.members[i].session;
    const bool gone = session.record().close_at || session.record().phase == session::Phase::ended;
    if (after_prologue) {
      if (gone && !judge::is_policy(scenario_)) {
        decided_by_ = &target.members[i];
        const session::ExchangeRecord& record = session.record();
        give_up({.cause = result::Cause::prologue_failed,
                 .of = {record.close_at ? result::Fact{.cause = result::Cause::other_close,
                                                       .code = record.close_code.value_or(0)}
                                        : result::fact(result::Cause::ended_without_close)}});
        return false;
      }
      forget_login(session);
    }
    if (!context_.profile->carrier || gone) continue;
    auto carrier = loader::resolve_carrier(*context_.profile, values_of(target, i));
    if (carrier) {
      session.set_carrier(std::move(*carrier));
    } else if (after_prologue) {
      give_up(
          result::fact(result::Cause::profile_value_missing, "carrier: " + carrier.error().what));
      return false;
    }
  }
  return true;
}

}  // namespace wsspec::engine
