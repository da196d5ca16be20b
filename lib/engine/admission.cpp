#include "engine/admission.h"

#include <algorithm>

namespace wsspec::engine {

Admission::Admission(const RunnerOptions& options, const scenario::Profile& profile,
                     net::TimePoint now)
    : profile_(profile),
      slots_(connections_allowed(options.jobs, profile)),
      connect_rate_(options.connect_rate),
      shared_rates_(profile),
      next_start_(now),
      last_active_(now) {}

void Admission::describe(Job& job) const {
  const scenario::Scenario& scenario = *job.scenario;
  job.quiet = quiet_window_of(scenario, profile_);
  job.weight = std::min(std::max<std::uint64_t>(1, scenario.weight), slots_);
  if (scenario.exclusive || job.quiet.alone || one_at_a_time()) make_exclusive(job);
}

net::TimePoint Admission::all_wait_until(net::TimePoint now) const {
  const net::TimePoint when = std::max(quiet_until_, last_active_);
  return one_at_a_time() ? std::max(when, shared_rates_.free_at(now)) : when;
}

net::TimePoint Admission::may_start_at(const Job& job, net::TimePoint now) const {
  net::TimePoint when = all_wait_until(now);
  if (job.quiet.alone)
    when = std::max(when, last_active_ + std::chrono::milliseconds(job.quiet.before_ms));
  return job.not_before ? std::max(when, *job.not_before) : when;
}

bool Admission::has_room(const Job& job, bool health_check_running) const {
  const bool exclusive = job.weight == slots_;
  return used_ + job.weight <= slots_ && !(exclusive && health_check_running);
}

net::TimePoint Admission::take_turn(net::TimePoint now) {
  if (connect_rate_ <= 0) return now;
  if (now < next_start_) return next_start_;
  next_start_ = std::max(next_start_, now - std::chrono::milliseconds(1)) +
                std::chrono::microseconds(static_cast<std::int64_t>(1e6 / connect_rate_));
  return now;
}

void Admission::ended(const Job& job, const Use& use, net::TimePoint now) {
  used_ -= job.weight;
  last_active_ = now;
  shared_rates_.used(use, now);
  if (job.quiet.alone)
    quiet_until_ = std::max(quiet_until_, now + std::chrono::milliseconds(job.quiet.after_ms));
}

}  // namespace wsspec::engine
