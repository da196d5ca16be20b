#include "engine/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/skip_reason.h"
#include "engine/started_server.h"
#include "result/impact.h"

namespace wsspec::engine {
namespace {

/// A server may go down for a scenario a little after its end: one that runs alone is given this
/// time for it. Where others run, what has come so long after the end counts as a sign of life.
constexpr std::chrono::milliseconds kActsWithin{100};
constexpr std::chrono::milliseconds kSignAfter{20};
/// How late --max-time and a Ctrl-C without any other event may be noticed.
constexpr std::chrono::milliseconds kLookUp{200};

}  // namespace

Runner::Runner(RunContext& context, const Probed& probed, const RunnerOptions& options,
               result::Observer& observer)
    : context_(context),
      probed_(probed),
      options_(options),
      observer_(observer),
      started_(net::Clock::now()),
      admission_(options, *context.profile, started_),
      admission_timer_(context.loop, [this] { admit(); }),
      outage_(*this),
      outage_timer_(context.loop, [this] { outage_.on_time(net::Clock::now()); }) {}

Runner::Mode Runner::mode() const {
  if (stopped_by_) return Mode::stopping;
  switch (outage_.phase()) {
    case OutageHandler::Phase::none:
      return fail_fast_reached() ? Mode::stopping : Mode::running;
    case OutageHandler::Phase::draining:
      return Mode::draining;
    case OutageHandler::Phase::recovering:
      return Mode::recovering;
    case OutageHandler::Phase::isolating:
      return Mode::isolating;
    case OutageHandler::Phase::together:
      return Mode::together;
    case OutageHandler::Phase::gave_up:
      return Mode::stopping;
  }
  return Mode::stopping;
}

void Runner::run(const std::vector<const scenario::Scenario*>& scenarios) {
  control_wanted_ = std::any_of(scenarios.begin(), scenarios.end(),
                                [](const auto* scenario) { return wants_control(*scenario); });
  for (const auto* scenario : scenarios) enqueue(*scenario);
  queue_ = in_start_order(std::move(queue_), admission_.slots());
  context_.loop.keep_time();
  admission_timer_.start(net::Duration::zero());
  while (work_left()) {
    context_.loop.run_once();
    context_.loop.as_step([this] { tidy_up(); });
    if (stop_if_asked()) break;
  }
  measure();
}

void Runner::repeat(const std::vector<Found>& findings,
                    const std::vector<const scenario::Scenario*>& scenarios,
                    const Repeats::Tell& tell) {
  if (stopped_by_ || outage_.phase() != OutageHandler::Phase::none) return;
  auto until = net::Clock::now() + std::chrono::milliseconds(Repeats::kAllMs);
  if (options_.until) until = std::min(until, *options_.until);
  Repeats(context_, options_, admission_, company_, until).run(findings, scenarios, tell);
  measure();
}

void Runner::measure() {
  summary_.duration_ms = net::ms_between(started_, net::Clock::now());
  const net::LoopFigures& seen = context_.loop.figures();
  summary_.loop = {.longest_step_ms = seen.longest_step_ms,
                   .long_steps = seen.long_steps,
                   .limit_ms = static_cast<int>(net::Loop::kLongStep.count()),
                   .worst_lag_ms = seen.worst_lag_ms};
}

bool Runner::work_left() const {
  return !queue_.empty() || !idle() || outage_.has_suspects();
}

void Runner::enqueue(const scenario::Scenario& scenario) {
  auto job = std::make_unique<Job>();
  job->scenario = &scenario;
  job->result = result_head(scenario);
  if (const auto reason = reason_to_skip(scenario, *context_.profile, context_.address, probed_)) {
    mark_skipped(job->result, *reason);
    return report(job->result);
  }
  if (!probed_.accepts_data && control_wanted_ && scenario.needs_control &&
      !judge::is_policy(scenario)) {
    mark_control_failed(job->result, probed_);
    return report(job->result);
  }
  admission_.describe(*job);
  queue_.push_back(std::move(job));
}

bool Runner::stop_if_asked() {
  if (options_.is_interrupted())
    stop(result::Cause::interrupted);
  else if (options_.out_of_time())
    stop(result::Cause::out_of_time);
  return stopped_by_.has_value();
}

void Runner::stop(result::Cause why) {
  stopped_by_ = why;
  const auto not_judged = [&](const Job& job) {
    auto result = result_head(*job.scenario);
    mark_not_judged(result, result::fact(why));
    report(result);
  };
  for (const auto& job : running_) not_judged(*job);
  // What was measured and only awaited a sign of life is not lost.
  for (const auto& job : ended_) report(job->result);
  for (const auto& job : checking_) report(job->result);
  if (const auto job = outage_.take_culprit()) report(job->result);
  for (const auto& job : outage_.take_suspects()) not_judged(*job);
  // After a Ctrl-C nothing is reported of what never began.
  if (why != result::Cause::interrupted)
    for (const auto& job : queue_) not_judged(*job);
  running_.clear();
  checking_.clear();
  ended_.clear();
  queue_.clear();
}

void Runner::admit() {
  const auto now = net::Clock::now();
  net::TimePoint wake = now + kLookUp;
  if (mode() == Mode::running) wake = std::min(wake, start_what_may(now).value_or(wake));
  admission_timer_.start_at(wake);
}

// In the order of the queue; a scenario that waits for its time lets others pass, one that waits
// for slots does not (or a heavy one would never start). No more are started than a step of the
// loop has time for. Returns when to look again.
std::optional<net::TimePoint> Runner::start_what_may(net::TimePoint now) {
  std::optional<net::TimePoint> wake;
  const auto until = context_.loop.slice_end();
  const auto look_again = [&](net::TimePoint when) { wake = wake ? std::min(*wake, when) : when; };
  // Looking at each of them, to find that it has to wait too, would take its time for each end.
  if (const auto when = admission_.all_wait_until(now); when > now) return when;
  for (auto it = queue_.begin(); it != queue_.end();) {
    if (const auto when = admission_.may_start_at(**it, now); when > now) {
      look_again(when);
      ++it;
      continue;
    }
    if (!admission_.has_room(**it, !checking_.empty())) break;
    if (const auto when = admission_.take_turn(now); when > now) {
      look_again(when);
      break;
    }
    auto job = std::move(*it);
    it = queue_.erase(it);
    launch(std::move(job));
    if (net::Clock::now() < until) continue;
    look_again(now);
    break;
  }
  return wake;
}

void Runner::launch(std::unique_ptr<Job> job) {
  Job* raw = job.get();
  admission_.started(*raw);
  raw->run =
      std::make_unique<ScenarioRun>(context_, *raw->scenario, [this, raw] { finished(raw); });
  running_.add(std::move(job));
  company_.started(*raw->scenario);
  observer_.on_scenario_started(raw->scenario->name, running_.size());
  raw->run->start();
}

void Runner::finished(Job* raw) {
  auto job = running_.take(raw);
  if (!job) return;
  const auto now = net::Clock::now();
  admission_.ended(*job, job->run->use(), now);
  job->trace = job->run->seen().trace;
  job->turned_away = job->run->seen().turned_away.has_value();
  new_connections_.seen(job->run->seen().turned_away);
  job->ended_at = now;
  job->result = job->run->take_result();
  company_.ended(*raw->scenario, job->result.verdict == result::Verdict::fail ||
                                     job->result.verdict == result::Verdict::error);
  job->complete = !job->run->seen().suspicious && job->result.verdict != result::Verdict::error;
  if (job->second_look && job->result.cls == *job->second_look)
    job->result.reproduction.alone = true;
  else if (job->second_look)
    --second_looks_[*job->second_look];
  const Mode now_mode = mode();
  if (job->result.cls == result::Class::leaks) {
    publish(std::move(job));
    for (auto& ended : std::exchange(ended_, {})) publish(std::move(ended));
    outage_.slots_are_gone(now);
  } else if (now_mode == Mode::draining) {
    outage_.add_suspect(std::move(job), now);
  } else if (now_mode == Mode::isolating) {
    check_health(std::move(job));
  } else if (now_mode == Mode::together) {
    outage_.ran_together(std::move(job), now);
  } else if (wants_quiet(*job)) {
    retired_.push_back(std::move(job->run));
    queue_again(std::move(job));
  } else if (may_be_turned_away(*job)) {
    check_health(std::move(job));
  } else if (tries_again(*job)) {
    retired_.push_back(std::move(job->run));
    queue_again(std::move(job));
  } else if (job->run->seen().suspicious) {
    check_health(std::move(job));
  } else if (wants_second_look(*job)) {
    look_again_later(std::move(job));
  } else if (job->result.verdict == result::Verdict::error && job->retries < options_.retry &&
             !fail_fast_reached()) {
    ++job->retries;
    retired_.push_back(std::move(job->run));
    queue_again(std::move(job));
  } else {
    await_sign_of_life(std::move(job));
  }
  admit();
}

// Thousands may have ended in one round.
void Runner::tidy_up() {
  const auto until = context_.loop.slice_end();
  while (!retired_.empty() && net::Clock::now() < until) {
    const auto one = std::move(retired_.back());
    retired_.pop_back();
  }
  if (!retired_.empty()) return admission_timer_.start(net::Duration::zero());
  publish_confirmed(until);
}

// A server may end a connection as it should and go down after that. So a result is published once
// something has come from the server that is newer.
void Runner::await_sign_of_life(std::unique_ptr<Job> job) {
  const bool stops_the_run = options_.fail_fast && job->result.verdict == result::Verdict::fail;
  // That one ends the run; or no connection of ours would be taken.
  if (stops_the_run || (outage_.slots_leaked() && !restarts())) return publish(std::move(job));
  ended_.push_back(std::move(job));
}

void Runner::publish_confirmed(net::TimePoint until) {
  while (!ended_.empty() && ended_.front()->ended_at + kSignAfter < context_.last_heard) {
    if (net::Clock::now() >= until) return admission_timer_.start(net::Duration::zero());
    publish(std::move(ended_.front()));
    ended_.pop_front();
  }
  const bool last = queue_.empty() && nothing_runs();
  if (ended_.empty() || !last || outage_.phase() != OutageHandler::Phase::none) return;
  // Nothing else will ask the server.
  auto job = std::move(ended_.back());
  ended_.pop_back();
  // A policy may count one connection more.
  const bool may_connect = context_.profile->policies.empty();
  may_connect ? check_health(std::move(job)) : publish(std::move(job));
}

// A message is sent where it is known to be echoed, and where it is not counted by a policy.
bool Runner::may_send_message(const Job* job) const {
  const scenario::Profile& profile = *context_.profile;
  return probed_.echoes && context_.facts.echo && probed_.accepts_data &&
         profile.prologue.empty() && !profile.policies.contains("binary_only") &&
         !profile.carrier && !profile.token_place && !admission_.one_at_a_time() &&
         (job == nullptr || !judge::is_policy(*job->scenario));
}

// A drop may be a decision or a crash: a server that answers on a fresh connection is alive.
void Runner::check_health(std::unique_ptr<Job> job) {
  Job* raw = job.get();
  raw->health_check = std::make_unique<HealthCheck>(context_, may_send_message(raw),
                                                    [this, raw] { check_changed(raw); });
  raw->check_due = std::make_unique<net::Timer>(context_.loop, [this, raw] { begin_check(raw); });
  checking_.add(std::move(job));
  if (mode() == Mode::isolating) return raw->check_due->start(kActsWithin);
  begin_check(raw);
}

// Not while a penalty runs, nor above a declared connect_rate: a refusal that our own connections
// have earned is no sign of a crash.
void Runner::begin_check(Job* job) {
  const auto now = net::Clock::now();
  const auto quiet_until = admission_.quiet_until();
  const auto when = now < quiet_until ? quiet_until : context_.connects.take(now);
  if (when > now) return job->check_due->start_at(when);
  job->health_check->start();
  check_changed(job);
}

void Runner::check_changed(Job* raw) {
  if (!raw->health_check) return;
  HealthCheck::State state = raw->health_check->state();
  if (state == HealthCheck::State::pending) return;
  // Nothing was learned of the server, so nothing is said against it.
  if (state == HealthCheck::State::unknown) state = HealthCheck::State::alive;
  auto job = checking_.take(raw);
  if (!job) return;
  const auto now = net::Clock::now();
  admission_.health_check_ended(now);
  new_connections_.checked(state, job->health_check->turned_away());
  job->health_check->end();  // the job may go first
  retired_.push_back(std::move(job->health_check));
  if (mode() == Mode::isolating) return outage_.ran_alone(std::move(job), state, now);
  if (state != HealthCheck::State::alive) return server_down(std::move(job), state, now);
  for (; !ended_.empty() && ended_.front()->ended_at <= job->ended_at; ended_.pop_front())
    publish(std::move(ended_.front()));
  // It was refused when others were connected: it tries again when the server has room.
  if (job->run->seen().full && tries_again(*job)) {
    retired_.push_back(std::move(job->run));
    queue_again(std::move(job));
  } else if (wants_second_look(*job)) {
    look_again_later(std::move(job));
  } else {
    publish(std::move(job));
  }
  admit();
  outage_.in_flight_ended(now);  // another check may have found the server down meanwhile
}

void Runner::server_down(std::unique_ptr<Job> job, HealthCheck::State state, net::TimePoint now) {
  // Those that ended after the server's last sign of life were in flight when it gave that.
  publish_confirmed();
  outage_.server_down(std::move(job), state, now);
  while (!ended_.empty()) {
    auto one = std::move(ended_.front());
    ended_.pop_front();
    outage_.add_suspect(std::move(one), now);
  }
}

void Runner::begin_health_check() {
  recovery_check_ = std::make_unique<HealthCheck>(context_, may_send_message(nullptr), [] {});
  recovery_check_->start();
}

HealthCheck::State Runner::health_check_state() {
  const HealthCheck::State state = recovery_check_->state();
  if (state == HealthCheck::State::pending) return state;
  new_connections_.checked(state, recovery_check_->turned_away());
  recovery_check_.reset();
  return state;
}

void Runner::run_alone(std::unique_ptr<Job> job) {
  retired_.push_back(std::move(job->run));
  launch(std::move(job));
}

void Runner::run_together(OutageHandler::Jobs jobs) {
  for (auto& job : jobs) run_alone(std::move(job));
}

void Runner::begin_restart(HealthCheck::State found) {
  context_.server->restart(found == HealthCheck::State::dead);
  context_.ends = {};
}

OutageHandler::Restart Runner::restart_state() {
  switch (context_.server->state()) {
    case StartedServer::State::up:
      return OutageHandler::Restart::up;
    case StartedServer::State::failed:
      return OutageHandler::Restart::failed;
    default:
      return OutageHandler::Restart::pending;
  }
}

result::ServerEnd Runner::server_end() const {
  return context_.server->last_end();
}

// After all others: what runs alone would make them wait.
void Runner::look_again_later(std::unique_ptr<Job> job) {
  retired_.push_back(std::move(job->run));
  queue_.push_back(std::move(job));
}

void Runner::queue_again(std::unique_ptr<Job> job) {
  if (!fail_fast_reached()) return queue_.push_front(std::move(job));
  mark_skipped(job->result, result::fact(result::Cause::not_run));
  publish(std::move(job));
}

void Runner::publish(std::unique_ptr<Job> job) {
  result::Reproduction& known = job->result.reproduction;
  if (known.alone == false && known.with.empty()) known.jobs = options_.jobs;  // all of the run
  report(job->result);
  retired_.push_back(std::move(job));
}

void Runner::report(const result::ScenarioResult& result) {
  summary_.add(result.verdict);
  observer_.on_result(result);
  if (options_.fail_fast && result.verdict == result::Verdict::fail)
    fail_fast_reached_ = fail_fast_reached_ || result::impact_of(result.impact, result.cls) <=
                                                   *options_.fail_fast;  // gravest first
  if (!fail_fast_reached() || stopped_by_) return;
  for (const auto& job : std::exchange(queue_, {})) {
    mark_skipped(job->result, result::fact(result::Cause::not_run));
    summary_.add(job->result.verdict);
    observer_.on_result(job->result);
  }
}

void Runner::outage_over() {
  new_connections_.forget();
  if (outage_.phase() != OutageHandler::Phase::gave_up) return admit();
  notice(queue_.empty() ? "the server stays down"
                        : fmt::format("the server stays down: {} scenario{} not run", queue_.size(),
                                      queue_.size() == 1 ? " is" : "s are"));
  const auto why = outage_.slots_leaked() ? result::Cause::slots_gone : result::Cause::server_down;
  for (const auto& job : std::exchange(queue_, {})) {
    job->result = result_head(*job->scenario);
    mark_skipped(job->result, result::fact(why));
    report(job->result);
  }
}

}  // namespace wsspec::engine
