// The life of a run: start and advance. The steps are in scenario_steps.cpp, the end is in
// scenario_ending.cpp.
#include "engine/scenario_run.h"

#include <algorithm>

#include "engine/step_state.h"

namespace wsspec::engine {
result::ScenarioResult result_head(const scenario::Scenario& scenario) {
  result::ScenarioResult result;
  result.built_in = scenario.built_in;
  result.name = scenario.name;
  result.suite = scenario.suite;
  result.suite_title = scenario.suite_title;
  result.title = scenario.title;
  result.tags = scenario.tags;
  result.level = scenario.level;
  result.impact = scenario.impact;
  result.rule = scenario.rule;
  result.spec = scenario.spec;
  result.about_policy = judge::is_policy(scenario);
  return result;
}

ScenarioRun::ScenarioRun(RunContext& context, const scenario::Scenario& scenario,
                         std::function<void()> on_done)
    : context_(context),
      scenario_(scenario),
      on_done_(std::move(on_done)),
      promises_(*context.profile, scenario),
      shared_paces_(promises_.paces(Promises::Whose::shared)),
      timer_(context.loop,
             [this] {
               wake_.reset();
               on_time();
             }),
      result_(result_head(scenario)) {
  result_.verdict = result::Verdict::pass;
  about_connect_rate_ = scenario::requires_policy(scenario.requires_, "connect_rate");
}

void Ends::add(const session::ExchangeRecord& record) {
  if (!record.response || record.response->status != 101) return;
  ++opened;
  if (!record.close_at || !record.sent.close_sent) ++unclosed;
}

ScenarioRun::~ScenarioRun() = default;

void ScenarioRun::start() {
  started_ = net::Clock::now();
  Group main;
  main.connect = scenario_.connect;
  groups_.emplace("main", std::move(main));
  for (const auto& declared : scenario_.groups) {
    Group group;
    group.connect = declared.connect;
    group.count = declared.count;
    groups_.emplace(declared.name, std::move(group));
  }
  Strand strand;
  Frame frame;
  frame.steps = &scenario_.steps;
  strand.frames.push_back(std::move(frame));
  strands_.push_back(std::move(strand));
  advance();
}

void ScenarioRun::on_time() {
  for (slice_end_ = context_.loop.slice_end(); !retired_.empty() && !long_enough();)
    retired_.pop_back();
  if (!retired_.empty()) wake_in(0);
  if (stage_ == Stage::ending) return go_on_ending();
  if (stage_ == Stage::done && retired_.empty()) {
    stage_ = Stage::told;
    return on_done_();
  }
  if (done()) return;
  timed_ = true;
  advance();
}

void ScenarioRun::wake_at(net::TimePoint when) {
  if (!wake_ || when < *wake_) {
    wake_ = when;
    timer_.start_at(when);
  }
}

void ScenarioRun::wake_in(int ms) {
  wake_at(net::Clock::now() + std::chrono::milliseconds(std::max(ms, 0)));
}

// Sessions call this whenever anything happens; steps that cannot go on say when to look again.
void ScenarioRun::advance() {
  if (done()) return;
  if (advancing_) {
    again_ = true;
    return;
  }
  advancing_ = true;
  slice_end_ = context_.loop.slice_end();
  do {
    again_ = false;
    for (auto& [name, group] : groups_) {
      group.told.swap(group.touched);
      group.touched.clear();
      // A member that was touched twice is looked at once: it is finished once.
      std::sort(group.told.begin(), group.told.end());
      group.told.erase(std::unique(group.told.begin(), group.told.end()), group.told.end());
    }
    if (!script_over()) {
      for (std::size_t i = 0; i < strands_.size() && !script_over(); ++i) {
        if (!strands_[i].finished) step_strand(strands_[i]);
      }
      if (!script_over() && strands_.front().finished) finish_script();
    }
    timed_ = false;
    if (script_over() && !done() && closing_done()) conclude();
  } while (again_ && !done());
  advancing_ = false;
}

void ScenarioRun::step_strand(Strand& strand) {
  while (!strand.finished && !script_over()) {
    const Progress progress = strand.op ? poll(strand) : next_step(strand);
    if (progress == Progress::waiting) return;
    if (progress == Progress::over) {
      strand.finished = true;
      return;
    }
    // Many short steps, each sent at once, are long together.
    if (long_enough()) return wake_at(net::Clock::now());
  }
}

void ScenarioRun::decide(result::Finding finding, Member* member) {
  finding = within_promises(std::move(finding), member);
  if (result::decide(std::move(finding), standing_, result_)) decided_by_ = member;
}

void ScenarioRun::give_up(result::Fact fact) {
  decide(result::not_judged(std::move(fact)), decided_by_);
  stop_script();
}

void ScenarioRun::skip(result::Fact fact) {
  decide(result::skipped(std::move(fact)), decided_by_);
  stop_script();
}

void ScenarioRun::abandon(result::Cause why) {
  if (done()) return;
  give_up(result::fact(why));
  conclude();
}

// What the judge is told: with the command line's factor, and long enough for what is to be seen.
void ScenarioRun::fix_deadline(scenario::Step& step, bool of_profile) const {
  using Kind = scenario::Outcome::Kind;
  auto* expect = std::get_if<scenario::ExpectStep>(&step.what);
  if (expect == nullptr) return;
  expect->policy_within_ms = policy_within_ms(*expect);
  int within = std::max(within_ms(*expect, of_profile), expect->policy_within_ms);
  if (expect->outcome.kind == Kind::open_for || expect->outcome.kind == Kind::silence)
    within = std::max(within, expect->outcome.duration_ms + 1);
  if (auto& rule = expect->outcome.drop; rule.within_ms) {
    rule.within_ms = stretched(*rule.within_ms);
    within = std::max(within, *rule.within_ms);
  }
  expect->deadline_ms = within;
  if (expect->within_ms) expect->within_ms = within;
  if (expect->latency_ms) expect->latency_ms = stretched(*expect->latency_ms);
}

// --timeout-factor, for a time that the scenario or the profile states. Nothing is awaited for
// longer than 11 days, which leaves room for what is added to it.
int ScenarioRun::stretched(int ms) const {
  constexpr double kLongest = 1e9;
  return static_cast<int>(std::min(ms * context_.timeout_factor, kLongest));
}

// How soon the profile promises its Close, where the step does not say so itself; 0 = it does.
int ScenarioRun::policy_within_ms(const scenario::ExpectStep& step) const {
  if (step.within_ms) return 0;
  const auto find = [](const auto& self, const scenario::Outcome& outcome) -> const std::string* {
    if (outcome.kind == scenario::Outcome::Kind::by_policy) return &outcome.policy_key;
    for (const auto& one : outcome.any)
      if (const auto* key = self(self, one)) return key;
    return nullptr;
  };
  const std::string* key = find(find, step.outcome);
  if (key == nullptr) return 0;
  const auto found = context_.profile->policies.find(*key);
  if (found == context_.profile->policies.end()) return 0;
  return stretched(found->second.within_ms);
}

// --timeout is for what is tested: a login takes its time.
int ScenarioRun::within_ms(const scenario::ExpectStep& step, bool of_profile) const {
  const bool own = of_profile || step.within_ms || scenario_.own_within || !context_.timeout_ms;
  const int ms = own ? step.within_ms.value_or(scenario_.default_within_ms) : *context_.timeout_ms;
  return stretched(ms);
}

ScenarioRun::Group& ScenarioRun::group(const std::string& name) {
  return groups_[name];
}

}  // namespace wsspec::engine
