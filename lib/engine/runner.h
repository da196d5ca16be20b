// Many scenarios on one target: starts them as connection slots and the target's policies allow
// (admission.h), checks the server's health after those that look like a crash, finds out which one
// stopped the server (outage_handler.h), and reports everything as one stream of events.
//
//   running ----> draining ----> recovering <---> isolating ----> together
//      |  ^                        |  |  |            |              |
//      |  +------------------------+--|--+------------+--------------+
//      +----> stopping <--------------+
//
//   running    -> draining    a health check finds the server down: nothing new is started
//   draining   -> recovering  nothing is in flight any more
//   recovering -> isolating   the server is back: the suspects run one by one, each alone
//   recovering -> running     the server is back, and the only suspect is to blame
//   isolating  -> recovering  the suspect stopped the server again
//   isolating  -> together    no suspect stops it alone: all run once more, at the same time
//   together   -> running     the server survived, or (by way of recovering) is back
//   recovering -> stopping    the server stays down: what has not run is skipped
//   running    -> stopping    --fail-fast has its finding, Ctrl-C, --max-time
//
// A scenario that is in flight when --fail-fast has its finding may stop the server too: then
// `stopping` stands in the place of `running` above, and nothing is queued again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/admission.h"
#include "engine/company.h"
#include "engine/health_check.h"
#include "engine/job.h"
#include "engine/job_table.h"
#include "engine/new_connections.h"
#include "engine/outage_handler.h"
#include "engine/probe.h"
#include "engine/repeats.h"
#include "engine/runner_options.h"
#include "engine/runner_verdicts.h"
#include "engine/scenario_run.h"
#include "engine/start_order.h"
#include "result/result.h"

namespace wsspec::engine {

class Runner : private OutageHandler::Host {
 public:
  Runner(RunContext& context, const Probed& probed, const RunnerOptions& options,
         result::Observer& observer);
  /// Runs them all, in order of admission; returns when the last result has been reported.
  void run(const std::vector<const scenario::Scenario*>& scenarios);
  /// After run(): which of its findings come again alone (repeats.h). None is tried where the run
  /// was stopped, or the server is gone.
  void repeat(const std::vector<Found>& findings,
              const std::vector<const scenario::Scenario*>& scenarios, const Repeats::Tell& tell);
  const result::Summary& summary() const { return summary_; }
  bool interrupted() const { return stopped_by_ == result::Cause::interrupted; }

 private:
  enum class Mode : std::uint8_t { running, draining, recovering, isolating, together, stopping };

  Mode mode() const;
  bool fail_fast_reached() const { return fail_fast_reached_; }
  bool work_left() const;
  void measure();
  void enqueue(const scenario::Scenario& scenario);
  bool stop_if_asked();
  void stop(result::Cause why);

  void admit();
  std::optional<net::TimePoint> start_what_may(net::TimePoint now);
  void launch(std::unique_ptr<Job> job);
  void finished(Job* job);
  bool tries_again(Job& job) const;
  bool wants_quiet(Job& job) const;
  bool may_be_turned_away(Job& job) const;
  void await_sign_of_life(std::unique_ptr<Job> job);
  void tidy_up();
  void publish_confirmed(net::TimePoint until = net::TimePoint::max());
  bool wants_second_look(Job& job);
  void report(const result::ScenarioResult& result);

  bool may_send_message(const Job* job) const;
  void check_health(std::unique_ptr<Job> job);
  void begin_check(Job* job);
  void check_changed(Job* job);
  void server_down(std::unique_ptr<Job> job, HealthCheck::State state, net::TimePoint now);

  bool nothing_runs() const { return running_.empty() && checking_.empty(); }
  bool idle() const override { return nothing_runs() && ended_.empty(); }
  void begin_health_check() override;
  HealthCheck::State health_check_state() override;
  void wake_at(net::TimePoint when) override { outage_timer_.start_at(when); }
  void run_alone(std::unique_ptr<Job> job) override;
  void run_together(OutageHandler::Jobs jobs) override;
  void look_again_later(std::unique_ptr<Job> job);
  void queue_again(std::unique_ptr<Job> job) override;
  void publish(std::unique_ptr<Job> job) override;
  bool restarts() const override { return context_.server != nullptr; }
  void begin_restart(HealthCheck::State found) override;
  OutageHandler::Restart restart_state() override;
  result::ServerEnd server_end() const override;
  Ends ends() const override { return context_.ends; }
  NewOnes new_ones() const override {
    return new_connections_.now(context_.ends, context_.last_heard);
  }
  void notice(const std::string& text) override { observer_.on_notice(text); }
  void outage_over() override;

  RunContext& context_;
  const Probed& probed_;
  RunnerOptions options_;
  result::Observer& observer_;
  result::Summary summary_;
  bool control_wanted_ = false;     ///< a scenario of the run sends invalid data
  bool fail_fast_reached_ = false;  ///< --fail-fast, and there was such a fail
  net::TimePoint started_;
  std::optional<result::Cause> stopped_by_;

  JobQueue queue_;
  JobTable running_, checking_;
  /// Have ended, and nothing has come from the server since: one of them may have stopped it.
  std::deque<std::unique_ptr<Job>> ended_;
  /// May be in one of their own callbacks; destroyed after it.
  std::vector<std::shared_ptr<void>> retired_;
  Company company_;
  Admission admission_;
  net::Timer admission_timer_;
  /// By class: those that found the same again, or are still to come.
  std::map<result::Class, int> second_looks_;

  NewConnections new_connections_;
  OutageHandler outage_;
  net::Timer outage_timer_;
  std::unique_ptr<HealthCheck> recovery_check_;
};

}  // namespace wsspec::engine
