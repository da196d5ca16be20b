// The expect step: judge every connection it is about, allow what is tolerated, count how many
// matched, and decide.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/scenario_op.h"
#include "engine/scenario_run.h"

namespace wsspec::engine {

using scenario::ExpectStep;
using scenario::Step;

namespace {

constexpr int kSilenceMs = 100;  ///< before a probe ping asks whether the server is there

/// The outcome, or what `tolerate` allows in its place. An alternative that may still come true
/// keeps the step open.
Judgement judge_with_tolerance(const ExpectStep& expect, const Session& session,
                               const JudgeInput& input) {
  Judgement judged = judge(expect.outcome, session, input);
  if (judged.state != Judgement::State::mismatch) return judged;
  bool open = false;
  for (const auto& allowed : expect.tolerate) {
    const auto second = judge(allowed, session, input);
    if (second.state == Judgement::State::match && judged.cls != Class::processed_after_fault) {
      judged.state = Judgement::State::match;
      judged.tolerated = true;
      judged.detail = allowed.because;
      return judged;
    }
    if (second.state == Judgement::State::pending) open = true;
  }
  if (open && !input.deadline) judged.state = Judgement::State::pending;
  return judged;
}

}  // namespace

void ScenarioRun::fail_step(Op& op, Member* member, const Judgement& judgement) {
  const auto& expect = std::get<ExpectStep>(op.step.what);
  decided_by_ = member;
  result_.cls = judgement.cls;
  result_.verdict = verdict_of(judgement.cls, scenario_.level);
  result_.observed.detail = judgement.detail;
  result_.expected = {expect.outcome};
  result_.failed_step = op.step.summary;
  if (result_.verdict == Verdict::tolerated) result_.because = judgement.detail;
  finish_script();
}

// Judges one connection if that is possible by now; op.settled tells. False: the run is over.
bool ScenarioRun::settle_member(Op& op, std::size_t i) {
  const auto now = net::Clock::now();
  Member& member = group(op.on).members[i];
  Session& session = *member.session;
  const Step& own = op.resolved.empty() ? op.step : op.resolved[i];
  const auto& expect = std::get<ExpectStep>(own.what);
  if (session.violation()) {
    op.judged[i].state = Judgement::State::mismatch;
    op.judged[i].cls = Class::broken;
    op.judged[i].detail = fmt::format("the server sent {} ({})", session.violation()->what,
                                      session.violation()->section);
    op.settled[i] = 1;
    return true;
  }
  if (op.on == "main" && !wants_http(expect) &&
      !(wants_end(expect) && session.failure() == Session::Failure::hangup) && refusal(member))
    return false;
  const auto from = expect.since_connect ? session.opened_at() : session.reference();
  int within = within_ms(expect);
  if (expect.outcome.kind == scenario::Outcome::Kind::open_for ||
      expect.outcome.kind == scenario::Outcome::Kind::silence)
    within = std::max(within, expect.outcome.duration_ms + 1);
  const auto due = from + std::chrono::milliseconds(within);
  ExpectStep scaled = expect;
  scaled.within_ms = within;
  const JudgeInput input{context_.facts,       scenario_,          scaled, now, now >= due,
                         member.received_next, member.end_expected};
  // What has arrived but was not read yet counts.
  if (input.deadline) session.drain();
  Judgement judged = judge_with_tolerance(expect, session, input);
  if (judged.state == Judgement::State::pending) {
    wake_at(due > now ? due : now + std::chrono::milliseconds(std::max(1, judged.again_ms)));
    if (judged.again_ms > 0) wake_in(judged.again_ms);
    if (probe_allowed(expect.outcome, expect) && !session.probe_sent() &&
        !session.close_received() && session.may_write() && !session.busy()) {
      const auto silence = std::max(session.last_activity(), session.reference()) +
                           std::chrono::milliseconds(kSilenceMs);
      if (now >= silence)
        session.send_probe();
      else
        wake_at(silence);
    }
    return true;
  }
  op.judged[i] = std::move(judged);
  op.settled[i] = 1;
  return op.judged[i].state != Judgement::State::match || take_match(member, expect);
}

// What a matched step has asked for is not asked for again. False: a capture failed.
bool ScenarioRun::take_match(Member& member, const ExpectStep& expect) {
  using Kind = scenario::Outcome::Kind;
  Session& session = *member.session;
  if (wants_end(expect) || wants_http(expect)) member.end_expected = true;
  if (expect.outcome.kind == Kind::accepted || expect.outcome.kind == Kind::echo) {
    std::uint64_t left = expect.outcome.kind == Kind::accepted ? UINT64_MAX : expect.outcome.count;
    for (auto& entry : session.outbound().ledger()) {
      if (left == 0) break;
      if (entry.kind != LedgerEntry::Kind::message || entry.consumed) continue;
      entry.consumed = true;
      --left;
    }
  }
  if (expect.outcome.kind != Kind::message) return true;
  const std::size_t at = find_message(expect.outcome.message, session, member.received_next);
  if (at == std::string::npos) return true;
  const Received& message = session.received()[at];
  for (const auto& [name, pointer] : expect.capture) {
    const auto value = nlohmann::json::parse(wire::as_chars(message.octets), nullptr, false);
    try {
      captures_[name] = value.at(nlohmann::json::json_pointer(pointer)).dump();
    } catch (const nlohmann::json::exception&) {
      error(fmt::format("nothing to capture as '{}' at {} in the server's message", name, pointer));
      return false;
    }
  }
  member.received_next = at + 1;
  session.expected(message.serial);
  return true;
}

ScenarioRun::Progress ScenarioRun::poll_expect(Strand& strand, Op& op) {
  auto& members = group(op.on).members;
  std::uint64_t matched = 0, mismatched = 0;
  Member* bad = nullptr;
  Judgement bad_judgement, good_judgement;
  bool any_tolerated = false;
  std::string because;
  for (std::size_t i = 0; i < members.size() && i < op.settled.size(); ++i) {
    Member& member = members[i];
    if (op.settled[i] == 0 && !settle_member(op, i)) return Progress::over;
    if (op.settled[i] == 0) continue;
    if (op.judged[i].state == Judgement::State::match) {
      ++matched;
      if (op.judged[i].tolerated) {
        any_tolerated = true;
        because = op.judged[i].detail;
      }
      good_judgement = op.judged[i];
    } else {
      ++mismatched;
      bad = &member;
      bad_judgement = op.judged[i];
    }
  }
  const auto& expect = std::get<ExpectStep>(op.step.what);
  const std::uint64_t total = std::min<std::uint64_t>(members.size(), op.settled.size());
  const std::uint64_t unsettled = total - matched - mismatched;
  using Kind = scenario::HowMany::Kind;
  bool good = false, hopeless = false;
  const std::uint64_t n = expect.how_many.n;
  switch (expect.how_many.kind) {
    case Kind::all:
      good = matched == total;
      hopeless = mismatched > 0;
      break;
    case Kind::exactly:
      good = unsettled == 0 && matched == n;
      hopeless = matched > n || matched + unsettled < n;
      break;
    case Kind::at_least:
      good = matched >= n;
      hopeless = matched + unsettled < n;
      break;
    case Kind::at_most:
      good = unsettled == 0 && matched <= n;
      hopeless = matched > n;
      break;
  }
  if (good) {
    if (!members.empty() && wants_end(expect)) decided_by_ = &members.front();
    if (expect.how_many.kind != Kind::all)
      for (std::size_t i = 0; i < members.size(); ++i)
        if (op.judged[i].state == Judgement::State::match) decided_by_ = &members[i];
    result_.expected = {expect.outcome};
    if (any_tolerated) {
      result_.verdict = Verdict::tolerated;
      result_.because = because;
      result_.cls = members.empty() ? Class::none : op.judged.front().cls;
    } else {
      if (good_judgement.cls != Class::none) result_.cls = good_judgement.cls;
      if (good_judgement.cls == Class::late && scenario_.level != scenario::Level::must) {
        result_.verdict = Verdict::tolerated;
        result_.because = good_judgement.detail;
      }
      if (!good_judgement.barrier.empty()) result_.observed.barrier = good_judgement.barrier;
    }
    return Progress::done;
  }
  if (!hopeless) return Progress::waiting;
  // Inside a repeat, a Close that no step in it asks for ends the repeat and is left to the steps
  // behind it.
  const bool in_repeat = std::any_of(strand.frames.begin(), strand.frames.end(),
                                     [](const Frame& frame) { return frame.repeat; });
  if (in_repeat && bad != nullptr && bad->session->close_received() && !wants_end(expect) &&
      !bad->end_expected && bad_judgement.cls == Class::other_code) {
    while (!strand.frames.back().repeat) strand.frames.pop_back();
    strand.frames.pop_back();
    strand.closed_in_repeat = true;
    return strand.frames.empty() ? Progress::over : Progress::done;
  }
  if (bad == nullptr) {  // too many members matched
    bad = members.empty() ? nullptr : &members.front();
    bad_judgement.cls = Class::none;
  }
  if (expect.how_many.kind != Kind::all)
    bad_judgement.detail =
        fmt::format("{} of {} connections: {}", matched, total, expect.outcome.text());
  if (std::any_of(strand.frames.begin(), strand.frames.end(),
                  [](const Frame& frame) { return frame.prologue; })) {
    decided_by_ = bad;
    error("the profile's prologue failed: " + bad_judgement.detail);
    return Progress::over;
  }
  fail_step(op, bad, bad_judgement);
  return Progress::over;
}

}  // namespace wsspec::engine
