#include "engine/start_order.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "scenario/select.h"

namespace wsspec::engine {
namespace {

constexpr std::int64_t kLongMs = 100;

std::int64_t waits_ms(const std::vector<scenario::Step>& steps);

std::int64_t waits_ms(const scenario::Item& item) {
  std::int64_t ms = item.hold && item.hold->release_ms ? *item.hold->release_ms : 0;
  if (item.chop && item.chop->size > 0)
    ms += static_cast<std::int64_t>(item.payload.length() / item.chop->size) * item.chop->pause_ms;
  return ms;
}

struct StepWaits {
  std::int64_t operator()(const scenario::WaitStep& wait) const { return wait.ms; }
  std::int64_t operator()(const scenario::SendStep& send) const {
    std::int64_t ms = 0;
    for (const scenario::Item& item : send.items) ms += waits_ms(item);
    return ms;
  }
  std::int64_t operator()(const scenario::ExpectStep& expect) const {
    using Kind = scenario::Outcome::Kind;
    const bool until_its_end =
        expect.outcome.kind == Kind::open_for || expect.outcome.kind == Kind::silence;
    return until_its_end ? expect.outcome.duration_ms : 0;
  }
  std::int64_t operator()(const scenario::RepeatStep& repeat) const {
    if (repeat.background) return 0;
    const auto round = std::max<std::int64_t>(repeat.every_ms, waits_ms(repeat.steps));
    return static_cast<std::int64_t>(repeat.times) * round;
  }
  template <class Other>
  std::int64_t operator()(const Other& /*step*/) const {
    return 0;
  }
};

std::int64_t waits_ms(const std::vector<scenario::Step>& steps) {
  std::int64_t ms = 0;
  for (const scenario::Step& step : steps) ms += std::visit(StepWaits{}, step.what);
  return ms;
}

using Timed = std::vector<std::pair<std::int64_t, std::unique_ptr<Job>>>;

JobQueue longest_first(Timed jobs) {
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  JobQueue out;
  for (auto& [ms, job] : jobs) out.push_back(std::move(job));
  return out;
}

/// The members of `some` among the first four fifths of `others`, at equal distances.
JobQueue spread(JobQueue some, JobQueue others) {
  const std::size_t total = some.size(), places = others.size() * 4 / 5;
  JobQueue out;
  for (std::size_t i = 0, next = 0; i < others.size() || next < total; ++i) {
    for (; next < total && next * places <= i * total; ++next) out.push_back(std::move(some[next]));
    if (i < others.size()) out.push_back(std::move(others[i]));
  }
  return out;
}

}  // namespace

std::int64_t waits_ms(const scenario::Scenario& scenario) {
  return waits_ms(scenario.steps);
}

namespace {

JobQueue without_waiting(JobQueue jobs, std::uint64_t slots) {
  Timed waiting, big;
  JobQueue others, alone;
  for (auto& job : jobs) {
    const std::int64_t ms = engine::waits_ms(*job->scenario);
    if (job->weight == slots)
      alone.push_back(std::move(job));
    else if (scenario::has_tag(*job->scenario, "big"))
      big.emplace_back(ms, std::move(job));
    else if (ms >= kLongMs)
      waiting.emplace_back(ms, std::move(job));
    else
      others.push_back(std::move(job));
  }
  JobQueue out = spread(longest_first(std::move(big)),
                        spread(longest_first(std::move(waiting)), std::move(others)));
  std::move(alone.begin(), alone.end(), std::back_inserter(out));
  return out;
}

}  // namespace

JobQueue in_start_order(JobQueue jobs, std::uint64_t slots) {
  JobQueue first, others;
  for (auto& job : jobs) (job->scenario->first ? first : others).push_back(std::move(job));
  if (slots > 1) others = without_waiting(std::move(others), slots);
  std::move(others.begin(), others.end(), std::back_inserter(first));
  return first;
}

}  // namespace wsspec::engine
