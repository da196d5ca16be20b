// When a scenario may start: enough connection slots are free (-j), --connect-rate allows it, the
// quiet windows of policies that all connections share are over, and the rates that all connections
// share have enough left.
#pragma once

#include <cstdint>

#include "engine/job.h"
#include "engine/runner_options.h"

namespace wsspec::engine {

class Admission {
 public:
  Admission(const RunnerOptions& options, const scenario::Profile& profile, net::TimePoint now);

  /// -j, or less where the target declares how many connections it takes.
  std::uint64_t slots() const { return slots_; }
  /// A rate that all connections share: one scenario at a time, and no message beside it.
  bool one_at_a_time() const { return shared_rates_.any(); }
  /// Sets the slots and the quiet window of a new job.
  void describe(Job& job) const;
  /// From now on it runs alone.
  void make_exclusive(Job& job) const { job.weight = slots_; }

  /// Nothing may start before. Later than `now`: ask again then.
  net::TimePoint all_wait_until(net::TimePoint now) const;
  /// `now` or earlier: its time has come, if there are slots. Later: ask again then.
  net::TimePoint may_start_at(const Job& job, net::TimePoint now) const;
  /// A health check is a connection too: what runs alone waits for its end.
  bool has_room(const Job& job, bool health_check_running) const;
  /// --connect-rate: `now`, and the start is counted; later: ask again then.
  net::TimePoint take_turn(net::TimePoint now);

  void started(const Job& job) { used_ += job.weight; }
  void ended(const Job& job, const Use& use, net::TimePoint now);
  void health_check_ended(net::TimePoint now) { last_active_ = now; }
  /// Nothing may connect before: a penalty runs.
  net::TimePoint quiet_until() const { return quiet_until_; }

 private:
  const scenario::Profile& profile_;
  std::uint64_t slots_;
  std::uint64_t used_ = 0;
  double connect_rate_;
  SharedRates shared_rates_;
  net::TimePoint next_start_;     ///< by --connect-rate
  net::TimePoint last_active_;    ///< the last end of a scenario or of a health check
  net::TimePoint quiet_until_{};  ///< penalties
};

}  // namespace wsspec::engine
