// The expect step: judge every connection it is about, allow what is tolerated, count how many
// matched, and decide.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/reset_share.h"
#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "judge/defect.h"
#include "loader/late.h"

namespace wsspec::engine {

using scenario::ExpectStep;
using scenario::Step;

namespace {

constexpr std::chrono::milliseconds kOnItsWay{100};
constexpr std::size_t kExpectedShown = 8;
constexpr int kMaxDepth = 64;

/// The outcome, or what `tolerate` allows in its place. An alternative that may still come true
/// keeps the step open.
judge::Judgement judge_with_tolerance(const ExpectStep& expect, const session::Session& session,
                                      const judge::JudgeInput& input) {
  judge::Judgement judged = judge::judge(expect.outcome, session.record(), input);
  if (judged.state != judge::Judgement::State::mismatch) return judged;
  bool open = false;
  // Beside `http`, a drop is a refusal without an answer. After an answer it is another matter, and
  // not awaited.
  using Kind = scenario::Outcome::Kind;
  const auto& any = expect.outcome.any;
  const auto is_http = [](const auto& one) { return one.kind == Kind::http; };
  const bool about_answers =
      is_http(expect.outcome) || (std::any_of(any.begin(), any.end(), is_http) &&
                                  std::all_of(any.begin(), any.end(), [&](const auto& one) {
                                    return is_http(one) || one.kind == Kind::accepted;
                                  }));
  const bool answered = about_answers && session.record().response.has_value();
  for (const auto& allowed : expect.tolerate) {
    if (answered && allowed.kind == Kind::drop) continue;
    const auto second = judge::judge(allowed, session.record(), input);
    if (second.state == judge::Judgement::State::match &&
        judged.cls != result::Class::processed_after_fault) {
      judged.state = judge::Judgement::State::match;
      judged.tolerated = true;
      judged.message = second.message;
      judged.because = allowed.because;
      return judged;
    }
    if (second.state == judge::Judgement::State::pending) open = true;
    // What would be allowed, came too late: that is graver.
    if (second.cls == result::Class::processed_after_fault) judged = second;
  }
  if (open && !input.deadline) judged.state = judge::Judgement::State::pending;
  return judged;
}

/// Whether so many members match as are wanted; nullopt while that may go either way.
std::optional<bool> comes_true(const scenario::HowMany& how_many, std::uint64_t matched,
                               std::uint64_t unsettled, std::uint64_t total) {
  using Kind = scenario::HowMany::Kind;
  const bool all = how_many.kind == Kind::all;
  const std::uint64_t n = all ? total : how_many.n;
  const bool enough = how_many.kind == Kind::at_most || matched >= n;
  const bool too_many =
      (how_many.kind == Kind::exactly || how_many.kind == Kind::at_most) && matched > n;
  if (too_many || (!enough && matched + unsettled < n)) return false;
  const bool may_grow_too_many = how_many.kind == Kind::exactly || how_many.kind == Kind::at_most;
  if (enough && (unsettled == 0 || !may_grow_too_many)) return true;
  return std::nullopt;
}

}  // namespace

// As reports may show it: with the member's run-time values, without what was captured.
Step ScenarioRun::shown_step(const Op& op, const Member* member) {
  if (op.values.empty()) return op.step;
  const auto& members = group(op.on).members;
  std::size_t index = 0;
  for (std::size_t i = 0; i < members.size() && i < op.values.size(); ++i)
    if (&members[i] == member) index = i;
  return loader::shown(op.step, op.values[index], context_.show_secrets);
}

// A pass names what came true, each once and a handful at most: a repeat asks a thousand times.
void ScenarioRun::note_expected(const scenario::Outcome& outcome) {
  auto& list = result_.expected;
  if (list.size() >= kExpectedShown) return;
  std::string text = outcome.json();
  if (std::find(noted_.begin(), noted_.end(), text) != noted_.end()) return;
  noted_.push_back(std::move(text));
  list.push_back(outcome);
}

void ScenarioRun::fail_step(Op& op, Member* member, const judge::Judgement& judgement) {
  auto leak = member == nullptr ? std::nullopt : slots_leaked(member->session->record());
  decide(leak ? result::deviation(result::Class::leaks, std::move(*leak), scenario_.level)
              : result::deviation(judgement.cls, judgement.fact, scenario_.level),
         member);
  seen_.unanswered = judgement.cls == result::Class::hung && member != nullptr &&
                     !member->session->record().stalled && !member->session->record().flooded;
  result_.observed.evidence = result::Evidence::none;
  const Step step = shown_step(op, member);
  result_.expected = {std::get<ExpectStep>(step.what).outcome};
  result_.failed_step = step.summary;
  finish_script();
}

net::TimePoint ScenarioRun::due_at(const ExpectStep& expect, const Member& member) {
  const session::ExchangeRecord& record = member.session->record();
  const std::chrono::milliseconds deadline(expect.deadline_ms);
  // The end of TCP after a Close that was asked for: the Close is where it counts from.
  if (expect.outcome.kind == scenario::Outcome::Kind::drop && member.end_expected &&
      record.close_at)
    return *record.close_at + deadline;
  return (expect.since_connect ? record.opened_at : record.reference()) + deadline;
}

// What has come by a deadline counts, and is read before it is judged. Where that takes more than
// one step of the loop, what had no room in our buffers is still on its way after that.
bool ScenarioRun::all_read(Op& op, std::size_t i, net::TimePoint due) {
  session::Session& session = *group(op.on).members[i].session;
  if (!context_.loop.has_told_until(due)) return false;
  if (!session.holds_octets() && session.drain()) return true;
  op.caught_up[i] = net::Clock::now() + kOnItsWay;
  return false;
}

// Judges one connection if that is possible by now; op.finished tells. False: the run is over.
bool ScenarioRun::settle_member(Op& op, std::size_t i) {
  const auto now = net::Clock::now();
  Member& member = group(op.on).members[i];
  session::Session& session = *member.session;
  const Step& own = op.resolved.empty() ? op.step : op.resolved[i];
  const auto& expect = std::get<ExpectStep>(own.what);
  const auto mismatch = [&](result::Class cls, result::Fact fact) {
    op.judged[i] = {
        .state = judge::Judgement::State::mismatch, .cls = cls, .fact = std::move(fact)};
    op.finish(i);
    return true;
  };
  if (session.record().violation)
    return mismatch(result::Class::broken, judge::violation_fact(session.record()));
  if (is_broken_101(session)) return mismatch(result::Class::broken, session.record().failure_fact);
  if (op.prologue_step > 0 && excused(op, session)) {
    op.judged[i].state = judge::Judgement::State::match;
    ++op.matched;
    op.finish(i);
    return true;
  }
  if (session.record().flooded)
    return mismatch(
        session.record().unsolicited.empty() ? result::Class::hung : result::Class::repaired,
        result::fact(result::Cause::flood));
  if (op.on == "main" && !judge::wants_http(expect) &&
      !(judge::wants_end(expect) && session.record().failure == session::Failure::hangup) &&
      refusal(member))
    return false;
  auto due = due_at(expect, member);
  const Asked asked = send_harmless(op, i);
  if (asked == Asked::run_over) return false;
  if (asked == Asked::later) return true;
  if (op.replies[i])
    due = std::max(due, op.replies[i]->asked_at + std::chrono::milliseconds(expect.deadline_ms));
  due = std::max(due, op.caught_up[i]);
  if (now >= due && !all_read(op, i, due)) {
    op.look_at[i] = now;
    wake_at(now);
    return true;
  }
  const judge::JudgeInput input{context_.facts,
                                scenario_,
                                expect,
                                now,
                                now >= due,
                                member.received_next,
                                member.end_expected,
                                op.replies[i] ? &*op.replies[i] : nullptr,
                                &op.searched[i],
                                op.started};
  if (session.record().flooded) return settle_member(op, i);
  judge::Judgement judged = judge_with_tolerance(expect, session, input);
  if (judged.state == judge::Judgement::State::pending) {
    auto look = due > now ? due : now + std::chrono::milliseconds(std::max(1, judged.again_ms));
    if (judged.again_ms > 0)
      look = std::min(look, now + std::chrono::milliseconds(judged.again_ms));
    op.look_at[i] = std::min(look, probe(op, i, expect));
    wake_at(op.look_at[i]);
    return true;
  }
  op.judged[i] = std::move(judged);
  op.finish(i);
  if (op.judged[i].state != judge::Judgement::State::match) return true;
  ++op.matched;
  return take_match(member, expect, op.judged[i]);
}

// A connection that never came about, or that a promised limit ended, has no login to finish: the
// script judges it.
bool ScenarioRun::excused(const Op& op, const session::Session& session) const {
  using Phase = session::Phase;
  if (session.record().phase == Phase::refused || session.record().phase == Phase::failed)
    return op.on != "main" || judge::is_policy(scenario_);
  return judge::is_policy(scenario_) && (session.record().close_at || session.record().ended_at);
}

// What a matched step has asked for is not asked for again. False: a capture failed.
bool ScenarioRun::take_match(Member& member, const ExpectStep& expect,
                             const judge::Judgement& judged) {
  using Kind = scenario::Outcome::Kind;
  session::Session& session = *member.session;
  if (judge::wants_end(expect) ||
      (judge::wants_http(expect) && session.record().phase != session::Phase::open))
    member.end_expected = true;
  if (expect.outcome.kind == Kind::accepted || expect.outcome.kind == Kind::echo) {
    std::uint64_t left = expect.outcome.kind == Kind::accepted ? UINT64_MAX : expect.outcome.count;
    if (!expect.latency_as.empty()) {
      // The largest so far: of a group's members, of a repeat's rounds.
      std::string& kept = captures_[expect.latency_as];
      const int known = kept.empty() ? 0 : std::stoi(kept);
      kept =
          std::to_string(std::max(known, judge::latency_p99(session.record(), left).value_or(0)));
    }
    session.take_answers(left);
  }
  if (!judged.message) return true;
  const auto& received = session.record().received;
  const auto found = std::find_if(
      received.begin(), received.end(),
      [&](const session::Received& message) { return message.serial == *judged.message; });
  if (!judged.tolerated && found != received.end() && !capture(member, expect, *found))
    return false;
  member.received_next = *judged.message + 1;
  session.expected(*judged.message);
  return true;
}

bool ScenarioRun::capture(Member& member, const ExpectStep& expect,
                          const session::Received& message) {
  using Json = nlohmann::json;
  // A hostile server nests without end, and what is captured is walked by recursion.
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth < kMaxDepth; };
  for (const auto& [name, pointer] : expect.capture) {
    const auto value = Json::parse(wire::as_chars(message.octets), shallow, false);
    try {
      captures_[name] = value.at(Json::json_pointer(pointer)).dump();
      member.captures[name] = captures_[name];
    } catch (const nlohmann::json::exception&) {
      give_up({.cause = result::Cause::nothing_to_capture, .text = name, .detail = pointer});
      return false;
    }
  }
  return true;
}

// What a step that came true says of the scenario. `because`: an entry of `tolerate` was needed.
void ScenarioRun::note_good_step(const Op& op, const judge::Judgement& good,
                                 const scenario::Outcome& outcome, const std::string* because) {
  if (because != nullptr) {
    result_.expected = {outcome};
    const auto& first = op.judged.front();
    decide(result::put_up_with(first.cls, first.fact, *because), decided_by_);
    return;
  }
  if (good.cls != result::Class::none) result_.cls = good.cls;
  if (good.cls == result::Class::late && scenario_.level != scenario::Level::must) {
    result_.expected = {outcome};
    decide(result::put_up_with(good.cls, good.fact, {}), decided_by_);
  } else if (result_.verdict == result::Verdict::pass && op.prologue_step == 0) {
    note_expected(outcome);
  }
  if (good.evidence != result::Evidence::none) result_.observed.evidence = good.evidence;
}

ScenarioRun::Progress ScenarioRun::poll_expect(Strand& strand, Op& op) {
  auto& members = group(op.on).members;
  collect(op);
  for (std::size_t k = 0; k < op.due.size() && !leaves_rest(op, k); ++k)
    if (!settle_member(op, op.due[k])) return Progress::over;
  const auto& expect = std::get<ExpectStep>(op.step.what);
  const std::uint64_t total = op.finished.size();
  const std::uint64_t matched = op.matched;
  const auto good = comes_true(expect.how_many, matched, op.unfinished, total);
  if (!good || (!*good && op.unfinished > 0 && counts_resets(expect, op.judged)))
    return Progress::waiting;
  Member* bad = nullptr;
  judge::Judgement bad_judgement, good_judgement;
  bool any_tolerated = false;
  std::string because;
  for (std::size_t i = 0; i < total; ++i) {
    const judge::Judgement& judged = op.judged[i];
    if (op.finished[i] == 0) continue;
    if (judged.state != judge::Judgement::State::match) {
      if (result::is_own(bad_judgement.fact)) continue;  // then the others decide nothing
      bad = &members[i], bad_judgement = judged;
      continue;
    }
    if (judged.tolerated) {
      any_tolerated = true;
      because = judged.because;
    }
    good_judgement = judged;
  }
  if (*good) {
    if (!members.empty() && judge::wants_end(expect)) decided_by_ = &members.front();
    if (expect.how_many.kind != scenario::HowMany::Kind::all)
      for (std::size_t i = 0; i < members.size(); ++i)
        if (op.judged[i].state == judge::Judgement::State::match) decided_by_ = &members[i];
    const auto outcome = op.values.empty()
                             ? expect.outcome
                             : std::get<ExpectStep>(shown_step(op, nullptr).what).outcome;
    note_good_step(op, good_judgement, outcome, any_tolerated ? &because : nullptr);
    return Progress::done;
  }
  return bad_step(strand, op, bad, std::move(bad_judgement));
}

bool ScenarioRun::close_seen() const {
  for (const auto& [name, group] : groups_)
    for (const Member& member : group.members)
      if (member.session && member.session->record().close_at) return true;
  return false;
}

// Of the connections that match, where fewer should: one that the end of its promised time closed,
// as far as there is one, for that explains it.
ScenarioRun::Member* ScenarioRun::one_too_many(const Op& op) {
  Member* one = nullptr;
  auto& members = group(op.on).members;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (op.judged[i].state != judge::Judgement::State::match) continue;
    if (promises_.ended(members[i].session->record())) return &members[i];
    if (one == nullptr) one = &members[i];
  }
  return one;
}

// What a step that did not come true ends: the repeat, the prologue, or the script.
ScenarioRun::Progress ScenarioRun::bad_step(Strand& strand, Op& op, Member* bad,
                                            judge::Judgement bad_judgement) {
  const auto& expect = std::get<ExpectStep>(op.step.what);
  // Inside a repeat, a Close that no step in it asks for ends the repeat and is left to the steps
  // after it.
  const bool in_repeat =
      op.prologue_step == 0 && std::any_of(strand.frames.begin(), strand.frames.end(),
                                           [](const Frame& frame) { return frame.repeat; });
  if (in_repeat && bad != nullptr && bad->session->record().close_at && !judge::wants_end(expect) &&
      !bad->end_expected && bad_judgement.cls == result::Class::other_code) {
    while (!strand.frames.back().repeat) strand.frames.pop_back();
    strand.frames.pop_back();
    strand.closed_in_repeat = true;
    return strand.frames.empty() ? Progress::over : Progress::done;
  }
  using Kind = scenario::HowMany::Kind;
  const bool has_most =
      expect.how_many.kind == Kind::exactly || expect.how_many.kind == Kind::at_most;
  if (has_most && op.matched > expect.how_many.n) {
    bad = one_too_many(op);
    bad_judgement.cls = result::Class::none;
  }
  if (auto share = reset_share(expect, op.judged, close_seen()))
    bad_judgement.fact = std::move(*share);
  else if (expect.how_many.kind != scenario::HowMany::Kind::all)
    bad_judgement.fact = {.cause = result::Cause::not_so_many_connections,
                          .text = expect.outcome.text(),
                          .count = op.matched,
                          .total = op.finished.size(),
                          .of = {bad_judgement.fact}};
  if (op.prologue_step > 0) {
    if (bad != nullptr && !context_.show_secrets) bad->session->hide_payloads();
    result::Fact fact{.cause = result::Cause::prologue_failed,
                      .text = shown_step(op, bad).summary,
                      .count = op.prologue_step,
                      .of = {bad_judgement.fact}};
    // It works after an ordinary handshake: after the script's own, that it fails is a finding. An
    // end is the server's answer to that handshake, and is left to the step that was to come next.
    const bool after_own =
        std::any_of(strand.frames.begin(), strand.frames.end(),
                    [](const Frame& frame) { return frame.suspended != nullptr; });
    if (after_own && bad != nullptr && bad->session->record().gone()) {
      while (!strand.frames.back().suspended) strand.frames.pop_back();
      strand.op = std::move(strand.frames.back().suspended);
      strand.op->look_at_all = true;
      strand.frames.pop_back();
      return Progress::done;
    }
    if (after_own) {
      decide(result::deviation(bad_judgement.cls, std::move(fact), scenario_.level), bad);
      finish_script();
      return Progress::over;
    }
    decided_by_ = bad;
    give_up(std::move(fact));
    return Progress::over;
  }
  // What a trigger cannot do is no fault of the connection under test.
  if (op.on.starts_with(kTrigger)) {
    decided_by_ = nullptr;
    give_up({.cause = result::Cause::trigger_failed, .text = op.on, .of = {bad_judgement.fact}});
    return Progress::over;
  }
  fail_step(op, bad, bad_judgement);
  return Progress::over;
}

}  // namespace wsspec::engine
