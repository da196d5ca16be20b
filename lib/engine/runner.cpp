#include "engine/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenario/select.h"

namespace wsspec::engine {
namespace {

constexpr int kRecoveryMs = 3000;  ///< how long a server that died may take to come back
constexpr int kUnstuckMs = 6000;   ///< and one that is there, and busy with what it was sent
constexpr int kMaxRefusals = 3;
constexpr int kHangsSeenTwice = 5;

/// A source address that a scenario connects from, if it has one.
std::string source_address(const scenario::Scenario& scenario) {
  if (!scenario.connect.from.empty()) return scenario.connect.from;
  for (const auto& group : scenario.groups)
    if (!group.connect.from.empty()) return group.connect.from;
  return {};
}

}  // namespace

struct Runner::Job {
  const scenario::Scenario* scenario = nullptr;
  std::unique_ptr<ScenarioRun> run;
  std::unique_ptr<Liveness> liveness;
  std::unique_ptr<net::Timer> liveness_due;
  result::ScenarioResult result;
  Solitude solitude;
  int refusals = 0;
  bool second_look = false;  ///< it hung, and runs once more, alone
  bool innocent = false;  ///< its plain handshake was never answered: it cannot have killed anybody
  int retries = 0;
  std::uint64_t weight = 1;
  std::optional<net::TimePoint> not_before;
};

Runner::Runner(RunContext& context, const Probed& probed, RunnerOptions options,
               result::Observer& observer)
    : context_(context),
      probed_(probed),
      options_(options),
      observer_(observer),
      shared_rates_(*context.profile),
      timer_(context.loop, [this] { admit(); }),
      recovery_(context.loop, [this] { recover(); }) {
  options_.jobs = connections_allowed(options_.jobs, *context.profile);
}

Runner::~Runner() = default;

std::string Runner::reason_to_skip(const scenario::Scenario& scenario) const {
  for (const auto& name : scenario.requires_) {
    // "policy.K", or "policy.K.member" where the policy is declared but not that member.
    if (name.starts_with("policy.")) {
      if (!scenario::is_declared(*context_.profile, name.substr(7)))
        return fmt::format("the target declares no {}", name);
      continue;
    }
    if (name.starts_with("!policy.")) {
      if (scenario::is_declared(*context_.profile, name.substr(8)))
        return fmt::format("the target declares {}", name.substr(1));
      continue;
    }
    if (name.starts_with("trigger.")) {
      if (!context_.profile->triggers.contains(name.substr(8)))
        return fmt::format("the target's profile has no {}", name);
      continue;
    }
    const auto found = probed_.capabilities.find(name);
    if (found == probed_.capabilities.end() || !found->second)
      return fmt::format("the target has no capability '{}'", name);
  }
  // A limit that the profile declares is not a finding when a big scenario runs into it.
  if (scenario::has_tag(scenario, "big") && !judge::is_policy(scenario) &&
      context_.profile->policies.contains("message_bytes"))
    return "the target declares policy.message_bytes";
  const std::string from = source_address(scenario);
  const bool reachable =
      context_.address.storage.ss_family == AF_INET && context_.address.loopback();
  if (!from.empty() && !reachable)
    return fmt::format("it connects from {}, which reaches only a target on 127.0.0.0/8", from);
  return too_many_connections(scenario, *context_.profile);
}

result::Summary Runner::run(const std::vector<const scenario::Scenario*>& scenarios) {
  started_ = next_start_ = last_active_ = net::Clock::now();
  for (const auto* scenario : scenarios) {
    auto job = std::make_unique<Job>();
    job->scenario = scenario;
    job->weight =
        std::min<std::uint64_t>(std::max<std::uint64_t>(1, scenario->weight), options_.jobs);
    job->solitude = solitude_of(*scenario, *context_.profile);
    if (scenario->exclusive || job->solitude.alone || shared_rates_.any())
      job->weight = options_.jobs;
    job->result = result_head(*scenario);
    if (const auto why = reason_to_skip(*scenario); !why.empty()) {
      job->result.verdict = result::Verdict::skipped;
      job->result.because = why;
      publish(*job);
      continue;
    }
    if (!probed_.accepts_text && !judge::is_policy(*scenario)) {
      job->result.verdict = result::Verdict::error;
      job->result.because = "the control failed, valid text is not accepted: " + probed_.problem;
      publish(*job);
      continue;
    }
    queue_.push_back(std::move(job));
  }
  admit();
  while (!queue_.empty() || !running_.empty() || !checking_.empty() || !suspects_.empty() ||
         isolating_) {
    context_.loop.run_once();
    graveyard_.clear();
    if (!interrupted_ && options_.stop_asked()) {
      interrupted_ = true;
      stop_all("interrupted");
      break;
    }
    if (options_.max_time_ms > 0 &&
        net::ms_between(started_, net::Clock::now()) > options_.max_time_ms) {
      stop_all("out of time (--max-time)");
      break;
    }
  }
  summary_.duration_ms = net::ms_between(started_, net::Clock::now());
  return summary_;
}

// When this job may start, its slots aside: after a penalty, when nobody has been active for the
// window of its own policy, when a rate that all share has enough left.
net::TimePoint Runner::may_start_at(const Job& job, net::TimePoint now) const {
  net::TimePoint when = std::max(quiet_until_, last_active_);
  if (job.solitude.alone)
    when = std::max(when, last_active_ + std::chrono::milliseconds(job.solitude.before_ms));
  if (shared_rates_.any()) when = std::max(when, shared_rates_.free_at(now));
  return job.not_before ? std::max(when, *job.not_before) : when;
}

// First come, first served; a scenario that waits for its time lets others pass, one that waits
// for slots does not (or a heavy one would never start).
void Runner::admit() {
  if (outage_ || isolating_ || stopping_) return;
  const auto now = net::Clock::now();
  std::optional<net::TimePoint> wake;
  auto wake_at = [&](net::TimePoint when) {
    if (!wake || when < *wake) wake = when;
  };
  for (auto it = queue_.begin(); it != queue_.end() && !outage_;) {
    Job& job = **it;
    if (const auto when = may_start_at(job, now); now < when) {
      wake_at(when);
      ++it;
      continue;
    }
    // A liveness check is a connection too: who wants to be alone waits for its end.
    const bool whole_pool = job.weight == options_.jobs;
    if (used_ + job.weight > options_.jobs || (whole_pool && !checking_.empty())) break;
    if (options_.connect_rate > 0) {
      if (now < next_start_) {
        wake_at(next_start_);
        break;
      }
      next_start_ =
          std::max(next_start_, now - std::chrono::milliseconds(1)) +
          std::chrono::microseconds(static_cast<std::int64_t>(1e6 / options_.connect_rate));
    }
    auto taken = std::move(*it);
    it = queue_.erase(it);
    launch(std::move(taken));
  }
  // Also an alarm for --max-time and for a Ctrl-C that no event follows.
  wake_at(now + std::chrono::milliseconds(200));
  timer_.start_at(*wake);
}

void Runner::launch(std::unique_ptr<Job> job) {
  used_ += job->weight;
  Job* raw = job.get();
  job->run =
      std::make_unique<ScenarioRun>(context_, *job->scenario, [this, raw] { finished(raw); });
  running_.push_back(std::move(job));
  observer_.on_scenario_started(raw->scenario->name, running_.size());
  raw->run->start();
}

void Runner::finished(Job* raw) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const auto& job) { return job.get() == raw; });
  if (found == running_.end()) return;
  std::unique_ptr<Job> job = std::move(*found);
  running_.erase(found);
  used_ -= job->weight;
  last_active_ = net::Clock::now();
  shared_rates_.used(job->run->use(), last_active_);
  if (job->solitude.alone)
    quiet_until_ =
        std::max(quiet_until_, last_active_ + std::chrono::milliseconds(job->solitude.after_ms));
  const bool refused = job->run->refused();
  const bool unanswered = job->run->unreachable() && !refused;  // overloaded, perhaps by us
  job->innocent = !job->run->answered() && job->scenario->connect.handshake;
  const bool suspicious = job->run->suspicious() || isolating_;
  job->result = job->run->take_result();
  if (job->second_look && job->result.cls != result::Class::hung) --hangs_seen_twice_;
  if (outage_ && !isolating_) {
    server_down(std::move(job));
  } else if (job->refusals < (refused ? kMaxRefusals : unanswered ? 1 : 0) && !isolating_) {
    job->not_before = net::Clock::now() + std::chrono::milliseconds(100 << job->refusals);
    ++job->refusals;
    graveyard_.push_back(std::make_unique<Job>());
    graveyard_.back()->run = std::move(job->run);
    queue_.push_front(std::move(job));
  } else if (suspicious) {
    check_liveness(std::move(job));
  } else if (job->result.verdict == result::Verdict::error && job->retries < options_.retry) {
    ++job->retries;
    graveyard_.push_back(std::make_unique<Job>());
    graveyard_.back()->run = std::move(job->run);
    queue_.push_front(std::move(job));
  } else {
    publish(*job);
    graveyard_.push_back(std::move(job));
  }
  admit();
}

// A message is sent where it is known to be echoed, and where it is not counted by a policy.
bool Runner::asks_for_life(const Job* job) const {
  const scenario::Profile& profile = *context_.profile;
  return probed_.echoes && context_.facts.echo && probed_.accepts_text &&
         profile.prologue.empty() && !profile.carrier && !profile.token_place &&
         !shared_rates_.any() && (job == nullptr || !judge::is_policy(*job->scenario));
}

// A drop may be a decision or a crash: whoever still answers on a fresh connection lives.
void Runner::check_liveness(std::unique_ptr<Job> job) {
  Job* raw = job.get();
  auto decide = [this, raw] {
    if (!raw->liveness) return;
    const Liveness::State state = raw->liveness->state();
    if (state == Liveness::State::pending) return;
    const bool alive = state == Liveness::State::alive;
    if (!alive && !outage_) down_how_ = state;
    const auto at = std::find_if(checking_.begin(), checking_.end(),
                                 [&](const auto& other) { return other.get() == raw; });
    if (at == checking_.end()) return;
    std::unique_ptr<Job> checked = std::move(*at);
    checking_.erase(at);
    last_active_ = net::Clock::now();
    // It is calling: it dies later, with the graveyard.
    graveyard_.push_back(std::make_unique<Job>());
    graveyard_.back()->liveness = std::move(checked->liveness);
    if (isolating_) {
      if (!alive) {
        down_how_ = state;
        blame(*checked,
              fmt::format("after this scenario (run alone) the server {}", liveness_words(state)));
      }
      publish(*checked);
      graveyard_.push_back(std::move(checked));
      isolating_ = false;
      if (alive) {
        next_suspect();
      } else {
        outage_ = true;
        down_since_ = net::Clock::now();
        recovery_.start(std::chrono::milliseconds(100));
      }
      return;
    }
    if (alive && wants_second_look(*checked)) {
      graveyard_.back()->run = std::move(checked->run);
      queue_.push_front(std::move(checked));
      admit();
    } else if (alive) {
      publish(*checked);
      graveyard_.push_back(std::move(checked));
      admit();
    } else {
      server_down(std::move(checked));
    }
    recover_when_idle();  // another check may have found the server down meanwhile
  };
  job->liveness = std::make_unique<Liveness>(context_, asks_for_life(raw), decide);
  // Not while a penalty runs, nor above a declared connect_rate: a refusal that we have earned is
  // no sign of death.
  auto begin = [this, raw, decide] {
    const auto now = net::Clock::now();
    const auto when = now < quiet_until_ ? quiet_until_ : context_.connects.take(now);
    if (when > now) {
      raw->liveness_due->start_at(when);
      return;
    }
    raw->liveness->start();
    decide();
  };
  job->liveness_due = std::make_unique<net::Timer>(context_.loop, begin);
  checking_.push_back(std::move(job));
  begin();
}

// No answer in time, while others kept the server busy (or something else this machine): a hang is
// seen again by the scenario alone. A server that hangs a few times needs no more proof.
bool Runner::wants_second_look(Job& job) {
  const bool hangs = job.result.verdict == result::Verdict::fail && job.run->unanswered();
  if (!hangs || job.second_look || options_.jobs == 1 || hangs_seen_twice_ >= kHangsSeenTwice)
    return false;
  job.second_look = true;
  job.weight = options_.jobs;
  ++hangs_seen_twice_;
  return true;
}

void Runner::server_down(std::unique_ptr<Job> job) {
  if (!outage_) {
    outage_ = true;
    down_since_ = net::Clock::now();
    observer_.on_notice(
        fmt::format("the server {}; finding out which scenario did it", liveness_words(down_how_)));
  }
  suspects_.push_back(std::move(job));
  recover_when_idle();
}

// In an outage everything that is in flight ends first.
void Runner::recover_when_idle() {
  if (!outage_ || isolating_ || !running_.empty() || !checking_.empty()) return;
  down_since_ = net::Clock::now();
  recovery_.start(std::chrono::milliseconds(1));
}

/// A crash is class died, a server that is there and says nothing is hung.
void Runner::blame(Job& job, const std::string& detail) {
  std::string& own = job.result.observed.detail;
  const bool found = job.result.verdict == result::Verdict::fail && !own.empty();
  own = found ? own + "; " + detail : detail;
  job.result.verdict = result::Verdict::fail;
  job.result.cls = down_how_ == Liveness::State::stuck ? result::Class::hung : result::Class::died;
  job.result.because.clear();
}

// Everything in flight has ended. Does the server come back?
void Runner::recover() {
  if (liveness_probe_ && liveness_probe_->state() == Liveness::State::pending) {
    recovery_.start(std::chrono::milliseconds(20));
    return;
  }
  const bool alive = liveness_probe_ && liveness_probe_->state() == Liveness::State::alive;
  liveness_probe_.reset();
  const bool culprit = std::any_of(suspects_.begin(), suspects_.end(),
                                   [](const auto& job) { return !job->innocent; });
  for (auto it = suspects_.begin(); culprit && it != suspects_.end();) {
    if (!(*it)->innocent) {
      ++it;
      continue;
    }
    (*it)->refusals = 0;
    queue_.push_front(std::move(*it));
    it = suspects_.erase(it);
  }
  if (alive) {
    outage_ = false;
    if (suspects_.size() == 1 && !isolated_) {  // nobody else was there: no second killing needed
      Job& job = *suspects_.front();
      blame(job, fmt::format("after this scenario the server {}, for a while",
                             liveness_words(down_how_)));
      publish(job);
      suspects_.clear();
      admit();
      return;
    }
    next_suspect();
    return;
  }
  const int patience = down_how_ == Liveness::State::stuck ? kUnstuckMs : kRecoveryMs;
  if (net::ms_between(down_since_, net::Clock::now()) > patience) {
    observer_.on_notice("the server stays down");
    for (auto& job : suspects_) {
      blame(*job, suspects_.size() == 1
                      ? fmt::format("after this scenario the server {}", liveness_words(down_how_))
                      : fmt::format("while this and {} other scenarios ran, the server got so that "
                                    "it {}",
                                    suspects_.size() - 1, liveness_words(down_how_)));
      publish(*job);
    }
    suspects_.clear();
    for (auto& job : queue_) {
      job->result.verdict = result::Verdict::error;
      job->result.because = "the server is down";
      publish(*job);
    }
    queue_.clear();
    return;
  }
  liveness_probe_ = std::make_unique<Liveness>(context_, asks_for_life(nullptr), [] {});
  liveness_probe_->start();
  recovery_.start(std::chrono::milliseconds(50));
}

// Each suspect again, alone: the one that kills is blamed, the others get this run's verdict.
void Runner::next_suspect() {
  if (suspects_.empty()) {
    isolating_ = isolated_ = false;
    admit();
    return;
  }
  isolating_ = isolated_ = true;
  auto job = std::move(suspects_.front());
  suspects_.pop_front();
  graveyard_.push_back(std::make_unique<Job>());
  graveyard_.back()->run = std::move(job->run);
  launch(std::move(job));
}

void Runner::publish(Job& job) {
  summary_.add(job.result.verdict);
  observer_.on_result(job.result);
  const bool finding = job.result.verdict == result::Verdict::fail;
  if (finding && options_.fail_fast && !stopping_) {
    stopping_ = true;
    for (auto& other : queue_) {
      other->result.verdict = result::Verdict::skipped;
      other->result.because = "not run (--fail-fast)";
      summary_.add(result::Verdict::skipped);
      observer_.on_result(other->result);
    }
    queue_.clear();
  }
}

void Runner::stop_all(const std::string& why) {
  stopping_ = true;
  auto end = [&](std::unique_ptr<Job>& job) {
    job->result = result_head(*job->scenario);
    job->result.verdict = result::Verdict::error;
    job->result.because = why;
    summary_.add(job->result.verdict);
    observer_.on_result(job->result);
  };
  for (auto& job : running_) end(job);
  // What was measured and only awaited its liveness check is not lost.
  for (auto& job : checking_) publish(*job);
  for (auto& job : suspects_) end(job);
  if (!interrupted_)
    for (auto& job : queue_) end(job);
  running_.clear();
  checking_.clear();
  suspects_.clear();
  queue_.clear();
}

}  // namespace wsspec::engine
