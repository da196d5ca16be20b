// The steps of a script, each as begin (start it) and poll (is it done?).
#include <algorithm>

#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "loader/late.h"

namespace wsspec::engine {

using scenario::BurstStep;
using scenario::ConnectStep;
using scenario::DisconnectStep;
using scenario::ExpectStep;
using scenario::ReadStep;
using scenario::RepeatStep;
using scenario::ResetStep;
using scenario::SendStep;
using scenario::ShutdownStep;
using scenario::Step;
using scenario::TriggerStep;
using scenario::WaitStep;

void ScenarioRun::Op::for_members(std::size_t count) {
  begun.assign(count, 0);
  finished.assign(count, 0);
  unfinished = count;
  look_at.assign(count, net::TimePoint::min());
  judged.assign(std::holds_alternative<ExpectStep>(step.what) ? count : 0, {});
  replies.assign(judged.size(), std::nullopt);
  searched.assign(judged.size(), {});
  caught_up.assign(judged.size(), net::TimePoint::min());
  matched = 0;
  look_at_all = true;
  rest.clear();
  in_rest.assign(count, 0);
}

// Which members of its group a step has to look at now. What a pass has left is due in the next one
// that the timer begins.
void ScenarioRun::collect(Op& op) {
  op.due.clear();
  const auto unfinished = [&](std::size_t i) { return i < op.finished.size() && !op.finished[i]; };
  if (!op.look_at_all && !timed_) {
    for (const std::size_t i : group(op.on).told)
      if (unfinished(i)) op.due.push_back(i);
    return;
  }
  for (const std::size_t i : op.rest)
    if (unfinished(i)) op.due.push_back(i);
  const auto now = net::Clock::now();
  auto next = net::TimePoint::max();
  for (std::size_t i = 0; i < op.finished.size(); ++i) {
    if (!unfinished(i) || op.in_rest[i] != 0) continue;
    if (op.look_at_all || op.look_at[i] <= now)
      op.due.push_back(i);
    else
      next = std::min(next, op.look_at[i]);
  }
  for (const std::size_t i : op.rest) op.in_rest[i] = 0;
  op.rest.clear();
  if (next != net::TimePoint::max()) wake_at(next);
  op.look_at_all = false;
}

// Of a crowd a pass looks at so many as a step of the loop has time for, and at one at least.
bool ScenarioRun::leaves_rest(Op& op, std::size_t looked_at) {
  if (looked_at == 0 || !long_enough()) return false;
  for (std::size_t k = looked_at; k < op.due.size(); ++k) {
    if (op.in_rest[op.due[k]] != 0) continue;
    op.in_rest[op.due[k]] = 1;
    op.rest.push_back(op.due[k]);
  }
  op.due.resize(looked_at);
  wake_at(net::Clock::now());
  return true;
}

// Takes the next step of the innermost list; at a list's end its next round, or back out.
ScenarioRun::Progress ScenarioRun::next_step(Strand& strand) {
  if (strand.frames.empty()) return Progress::over;
  Frame& frame = strand.frames.back();
  if (frame.next >= frame.steps->size()) {
    if (frame.repeat) {
      bool closed = false;
      for (auto& member : group(frame.alias.empty() ? "main" : frame.alias).members)
        if (member.session && member.session->record().close_at && !member.end_expected)
          closed = true;
      if (closed) {
        strand.closed_in_repeat = true;
        frame.round = frame.times;
      } else {
        ++frame.round;
      }
      if (frame.round < frame.times) {
        const auto due = frame.round_started + std::chrono::milliseconds(frame.every_ms);
        if (frame.every_ms > 0 && net::Clock::now() < due) {
          --frame.round;
          wake_at(due);
          return Progress::waiting;
        }
        frame.round_started = frame.every_ms > 0 ? due : net::Clock::now();
        frame.next = 0;
        return Progress::done;
      }
    }
    if (frame.prologue && !begin_exchange(frame.alias, true)) return Progress::over;
    if (frame.suspended) {
      strand.op = std::move(frame.suspended);
      strand.op->look_at_all = true;
    }
    strand.frames.pop_back();
    return strand.frames.empty() ? Progress::over : Progress::done;
  }
  const Step& step = (*frame.steps)[frame.next];
  const std::string on = step.on == "main" && !frame.alias.empty() ? frame.alias : step.on;
  // `main` (and a trigger's own connection) is made before its first step.
  Group& target = group(on);
  const bool is_connect = std::holds_alternative<ConnectStep>(step.what);
  const bool needs = !std::holds_alternative<WaitStep>(step.what) &&
                     !std::holds_alternative<RepeatStep>(step.what) &&
                     !std::holds_alternative<TriggerStep>(step.what);
  if (!is_connect && needs && !target.connected) {
    if (on != "main" && (frame.alias.empty() || frame.prologue)) {
      give_up(result::fact(result::Cause::scenario_problem,
                           "the group '" + on + "' is used before its `connect` step"));
      return Progress::over;
    }
    strand.op = std::make_unique<Op>();
    strand.op->step.what = ConnectStep{};
    strand.op->on = on;
    return Progress::done;
  }
  ++frame.next;
  begin(strand, step);
  return Progress::done;
}

void ScenarioRun::begin(Strand& strand, const Step& step) {
  Frame& frame = strand.frames.back();
  auto op = std::make_unique<Op>();
  op->started = net::Clock::now();
  op->on = step.on == "main" && !frame.alias.empty() ? frame.alias : step.on;
  op->step = step;
  for (const Frame& outer : strand.frames)
    if (outer.prologue) op->prologue_step = outer.next;
  if (step.late) {
    const auto round = std::find_if(strand.frames.rbegin(), strand.frames.rend(),
                                    [](const Frame& outer) { return outer.repeat; });
    if (round != strand.frames.rend()) op->round = round->round;
    op->late = &step;
  } else {
    fix_deadline(op->step, op->prologue_step > 0);
    if (const auto* wait = std::get_if<WaitStep>(&op->step.what))
      op->wait_until = op->started + std::chrono::milliseconds(wait->ms);
  }
  op->for_members(group(op->on).members.size());
  strand.op = std::move(op);
}

// With the values of each member. False: not all of them yet, or the run is over.
bool ScenarioRun::resolve_late(Op& op) {
  const std::size_t n = std::max<std::size_t>(1, op.finished.size());
  do {
    auto values = values_of(group(op.on), op.resolved.size());
    if (op.round) values.i = static_cast<std::int64_t>(*op.round);
    auto resolved = loader::resolve(*op.late, values);
    if (!resolved) {
      give_up(result::fact(result::Cause::scenario_problem, resolved.error().what));
      return false;
    }
    fix_deadline(*resolved, op.prologue_step > 0);
    op.resolved.push_back(std::move(*resolved));
    op.values.push_back(std::move(values));
  } while (op.resolved.size() < n && !long_enough());
  if (op.resolved.size() < n) {
    wake_at(net::Clock::now());
    return false;
  }
  op.late = nullptr;
  op.step.what = op.resolved.front().what;
  if (const auto* wait = std::get_if<WaitStep>(&op.step.what))
    op.wait_until = op.started + std::chrono::milliseconds(wait->ms);
  return true;
}

ScenarioRun::Progress ScenarioRun::poll(Strand& strand) {
  Op& op = *strand.op;
  Progress progress = Progress::done;
  if (op.late != nullptr && !resolve_late(op))
    return script_over() ? Progress::over : Progress::waiting;
  const bool connects = std::holds_alternative<ConnectStep>(op.step.what);
  if (!connects && group(op.on).unmade > 0) return Progress::waiting;  // another strand connects it
  if (login_is_due(strand)) {
    begin_prologue(strand, true);
    return Progress::done;
  }
  if (connects) {
    progress = poll_connect(op);
    if (progress == Progress::done && wants_prologue(strand, op)) {
      Group& made = group(op.on);
      if (std::any_of(made.members.begin(), made.members.end(), [](const Member& member) {
            return member.session->record().phase == session::Phase::open;
          })) {
        begin_prologue(strand, false);
        return Progress::done;
      }
      made.login_due = true;  // if the script's own handshake is accepted
    }
    if (progress == Progress::done && strand.frames.back().alias.empty() &&
        !begin_exchange(op.on, false))
      return Progress::over;
  } else if (std::holds_alternative<SendStep>(op.step.what) ||
             std::holds_alternative<BurstStep>(op.step.what)) {
    progress = poll_sending(strand, op);
  } else if (std::holds_alternative<ExpectStep>(op.step.what)) {
    progress = poll_expect(strand, op);
  } else if (std::holds_alternative<DisconnectStep>(op.step.what)) {
    progress = poll_disconnect(op);
  } else if (std::holds_alternative<WaitStep>(op.step.what)) {
    if (net::Clock::now() < op.wait_until) {
      wake_at(op.wait_until);
      progress = Progress::waiting;
    }
  } else if (const auto* repeat = std::get_if<RepeatStep>(&op.step.what)) {
    if (repeat->times > 0) return begin_repeat(strand, *repeat);
  } else if (const auto* trigger = std::get_if<TriggerStep>(&op.step.what)) {
    return begin_trigger(strand, trigger->name);
  } else {
    progress = poll_touch(op);
  }
  if (progress == Progress::done) {
    strand.op.reset();
    // A session does not announce what is done to it here; other strands may wait for it.
    for (auto& other : strands_)
      if (other.op) {
        other.op->look_at_all = true;
        again_ = true;
      }
  }
  return progress;
}

ScenarioRun::Progress ScenarioRun::begin_repeat(Strand& strand, const RepeatStep& repeat) {
  Frame frame;
  // A late step's inner list lives in the op, which goes away: the scenario's own is the same list,
  // and its steps are worked out one by one when they run.
  const Frame& outer = strand.frames.back();
  const Step& original = (*outer.steps)[outer.next - 1];
  frame.steps = &std::get<RepeatStep>(original.what).steps;
  frame.times = repeat.times;
  frame.every_ms = repeat.every_ms;
  frame.repeat = true;
  frame.round_started = net::Clock::now();
  frame.alias = outer.alias;
  const bool apart = repeat.background;
  strand.op.reset();
  if (!apart) {
    strand.frames.push_back(std::move(frame));
    return Progress::done;
  }
  Strand background;
  background.background = true;
  background.frames.push_back(std::move(frame));
  strands_.push_back(std::move(background));
  again_ = true;
  return Progress::done;
}

ScenarioRun::Progress ScenarioRun::begin_trigger(Strand& strand, const std::string& name) {
  const auto found = context_.profile->triggers.find(name);
  if (found == context_.profile->triggers.end()) {
    give_up(result::fact(result::Cause::trigger_not_declared, "trigger." + name));
    return Progress::over;
  }
  Frame frame;
  frame.steps = &found->second;
  frame.alias = std::string(kTrigger) + name;
  strand.op.reset();
  strand.frames.push_back(std::move(frame));
  return Progress::done;
}

// Steps that wait for nothing: how we read, and our end of the stream.
ScenarioRun::Progress ScenarioRun::poll_touch(Op& op) {
  auto& members = group(op.on).members;
  collect(op);
  for (std::size_t k = 0; k < op.due.size() && !leaves_rest(op, k); ++k) {
    touch(members[op.due[k]], op.step);
    op.finish(op.due[k]);
  }
  return op.unfinished > 0 ? Progress::waiting : Progress::done;
}

void ScenarioRun::touch(Member& member, const Step& step) {
  session::Session& session = *member.session;
  if (const auto* read = std::get_if<ReadStep>(&step.what)) {
    if (read->mode == ReadStep::Mode::pause) session.pause_reading();
    if (read->mode == ReadStep::Mode::resume) session.resume_reading();
    if (read->mode == ReadStep::Mode::rate) session.read_rate(read->per_second);
  } else if (std::holds_alternative<ShutdownStep>(step.what)) {
    session.shutdown_write();
  } else if (std::holds_alternative<ResetStep>(step.what)) {
    session.reset();
    member.end_expected = true;
  }
}

// A server that reads nothing more would keep us for ever: what it has not taken for as long as an
// answer may take (and 5 s at least, for a server that throttles) is given up.
bool ScenarioRun::still_sending(session::Session& session) {
  if (!session.busy()) return false;
  const double stalled = session.stalled_ms();
  const double limit = std::max(5000, within_ms({}));
  if (stalled >= limit) {
    session.give_up_sending();
    return false;
  }
  if (stalled > 0) wake_in(static_cast<int>(limit - stalled) + 1);
  return true;
}

// The target declined what this connection offers, although it takes other offers.
void ScenarioRun::cannot_compress() {
  skip(result::fact(result::Cause::deflate_declined));
}

// Begins what an op writes, on one session. False: the run is over.
bool ScenarioRun::begin_sending(const Step& step, session::Session& session) {
  const auto* burst = std::get_if<BurstStep>(&step.what);
  const auto& items = burst != nullptr ? burst->items : std::get<SendStep>(step.what).items;
  if (!session.can_send(items)) {
    cannot_compress();
    return false;
  }
  if (burst == nullptr) {
    session.send(std::get<SendStep>(step.what), step.after_close);
  } else {
    session.burst(*burst);
  }
  return true;
}

// A refusal of the handshake is for the next expectation, if that asks for one.
bool ScenarioRun::answer_is_awaited(const Strand& strand, const Op& op) {
  const Frame& frame = strand.frames.back();
  for (std::size_t i = frame.next; i < frame.steps->size(); ++i) {
    const Step& step = (*frame.steps)[i];
    if (const auto* expect = std::get_if<ExpectStep>(&step.what); expect && step.on == op.step.on)
      return judge::wants_http(*expect);
  }
  return false;
}

ScenarioRun::Progress ScenarioRun::poll_sending(const Strand& strand, Op& op) {
  auto& members = group(op.on).members;
  collect(op);
  for (std::size_t k = 0; k < op.due.size() && !leaves_rest(op, k); ++k) {
    const std::size_t i = op.due[k];
    session::Session& session = *members[i].session;
    if (op.begun[i] == 0) {
      const bool awaited =
          session.record().phase == session::Phase::refused && answer_is_awaited(strand, op);
      if (op.on == "main" && !awaited && refusal(members[i])) return Progress::over;
      const bool stopped = session.record().close_at && !op.step.after_close;
      const bool writable = session.record().is_connected() || session.can_ask_again();
      if (!writable || stopped || session.record().violation) {
        op.finish(i);
        continue;
      }
      if (session.busy()) {  // another strand is writing; it need not tell when it ends
        op.look_at_all = true;
        continue;
      }
      const Step& step = op.resolved.empty() ? op.step : op.resolved[i];
      const Progress may = keep_promises(op, i, step);
      if (may == Progress::over) return may;
      if (may == Progress::waiting) continue;
      op.begun[i] = 1;
      if (!begin_sending(step, session)) return Progress::over;
    }
    if (still_sending(session)) continue;
    if (const auto& problem = session.burst_problem()) {
      give_up(result::fact(result::Cause::scenario_problem, *problem));
      return Progress::over;
    }
    turn_ended(members[i]);
    op.finish(i);
  }
  return op.unfinished > 0 ? Progress::waiting : Progress::done;
}

}  // namespace wsspec::engine
