#include "engine/repeats.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace wsspec::engine {
namespace {

using result::Cause;
using result::Class;
using result::Verdict;

bool same(const result::ScenarioResult& again, const Found& found) {
  return again.verdict == found.verdict && again.cls == found.cls &&
         again.fact.cause == found.cause;
}

/// As it should be, or tolerably: a finding of another kind says nothing of the first.
bool good(const result::ScenarioResult& again) {
  return again.verdict == Verdict::pass || again.verdict == Verdict::tolerated;
}

}  // namespace

// What stops the server, or uses it up, is not done again: nothing would start it. What never ran
// cannot be repeated.
Found found_of(const result::ScenarioResult& result, std::uint64_t serial) {
  Found out{serial,        result.name,       result.verdict,
            result.cls,    result.fact.cause, result.duration_ms,
            /*open=*/false};
  const bool shown = result.verdict == Verdict::fail || result.verdict == Verdict::error;
  const Cause cause = result.fact.cause;
  const bool harms = result.cls == Class::died || result.cls == Class::leaks ||
                     cause == Cause::stuck_for_a_while || cause == Cause::stuck_at_last_read ||
                     cause == Cause::stuck || cause == Cause::stuck_together;
  out.open = shown && !harms && !result.reproduction.alone && cause != Cause::control_failed &&
             cause != Cause::died_among_others && cause != Cause::stuck_among_others;
  return out;
}

void Repeats::run(const std::vector<Found>& findings, const Scenarios& scenarios,
                  const Tell& tell) {
  std::unordered_map<std::string_view, const scenario::Scenario*> by_name;
  for (const auto* one : scenarios) by_name.emplace(one->name, one);
  std::size_t tries = 0;
  for (const Found& found : findings) {
    if (lost_ || tries == kMost || options_.stop_asked()) return;
    const auto scenario = by_name.find(found.name);
    const auto took = std::chrono::milliseconds(static_cast<int>(found.duration_ms));
    if (!found.open || scenario == by_name.end() || !in_time(net::Clock::now() + took)) continue;
    ++tries;
    if (const auto known = tried(found, *scenario->second)) tell(found, *known);
  }
}

std::optional<result::Reproduction> Repeats::tried(const Found& found,
                                                   const scenario::Scenario& scenario) {
  const auto alone = run_together({&scenario});
  if (!alone) return std::nullopt;
  if (same(*alone, found)) return result::Reproduction{.alone = true};
  if (!good(*alone)) return std::nullopt;
  result::Reproduction out{.alone = false, .with = {}, .jobs = options_.jobs};
  Scenarios all = company_.of(scenario);
  if (all.empty() || !in_time(net::Clock::now())) return out;
  all.insert(all.begin(), &scenario);
  const auto together = run_together(all);
  if (!together || !same(*together, found)) return out;
  out.jobs = 0;
  for (const auto* one : all) {
    out.jobs += std::max<std::uint64_t>(1, one->weight);
    if (one != &scenario) out.with.push_back(one->name);
  }
  return out;
}

bool Repeats::in_time(net::TimePoint when) const {
  return when < until_;
}

bool Repeats::wait_until(net::TimePoint when) {
  if (!in_time(when)) return false;
  net::Timer alarm(context_.loop, [] {});
  alarm.start_at(when);
  while (net::Clock::now() < when && !options_.stop_asked()) context_.loop.run_once();
  return !options_.stop_asked();
}

std::optional<result::ScenarioResult> Repeats::run_together(const Scenarios& scenarios) {
  struct One {
    Job job;
    std::unique_ptr<ScenarioRun> run;
    bool over = false;
  };
  std::vector<std::unique_ptr<One>> all;
  for (const auto* scenario : scenarios) {
    all.push_back(std::make_unique<One>());
    One& one = *all.back();
    one.job.scenario = scenario;
    admission_.describe(one.job);
    const auto now = net::Clock::now();
    if (!wait_until(std::max(admission_.may_start_at(one.job, now), admission_.take_turn(now))))
      return std::nullopt;
    one.run = std::make_unique<ScenarioRun>(context_, *scenario, [&one] { one.over = true; });
  }
  // In the order of the suites, as the line to reproduce it starts them.
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a->job.scenario < b->job.scenario; });
  for (const auto& one : all) {
    admission_.started(one->job);
    one->run->start();
  }
  net::Timer alarm(context_.loop, [] {});
  alarm.start_at(until_);
  bool cut = false;
  const auto over = [](const auto& one) { return one->over; };
  while (!std::all_of(all.begin(), all.end(), over)) {
    if (!cut && (options_.stop_asked() || !in_time(net::Clock::now()))) {
      cut = true;
      for (const auto& one : all) one->run->abandon(Cause::out_of_time);
    }
    context_.loop.run_once();
  }
  std::optional<result::ScenarioResult> out;
  for (const auto& one : all) {
    admission_.ended(one->job, one->run->use(), net::Clock::now());
    lost_ = lost_ || one->run->seen().unreachable;
    if (one->job.scenario == scenarios.front() && !cut) out = one->run->take_result();
  }
  return out;
}

}  // namespace wsspec::engine
