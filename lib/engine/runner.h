// Many scenarios on one target: probes what the target can do, admits scenarios to a pool of
// connection slots, leaves those alone whose policy all connections share (allowance.h), finds out
// who killed the server, and tells everything as one stream of events.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/health_check.h"
#include "engine/scenario_run.h"
#include "result/result.h"

namespace wsspec::engine {

struct RunnerOptions {
  std::uint64_t jobs = 16;  ///< connection slots
  double connect_rate = 0;  ///< scenarios started a second; 0 = no limit
  int max_time_ms = 0;      ///< for the whole run; 0 = no limit
  bool fail_fast = false;
  int retry = 0;  ///< repeats of a scenario whose verdict is `error`
  /// Becomes non-zero on Ctrl-C; may be null.
  const std::atomic<int>* interrupted = nullptr;  ///< non-zero: stop; may be null
  bool stop_asked() const { return interrupted != nullptr && *interrupted != 0; }
};

/// What the probes found.
struct Probed {
  bool reachable = false;
  std::string problem;  ///< why not, or why valid data is not accepted
  net::TlsFailure tls_failure = net::TlsFailure::none;  ///< there is no TLS with the target
  bool echoes = false;                                  ///< seen, not declared
  bool accepts_text = true;  ///< the control: valid text does not end the connection
  std::map<std::string, bool> capabilities;
  std::string server;  ///< Server header, raw
};

/// Learns `needed` capabilities (echo always) by probe connections; what the profile declares is
/// taken as it is. Tries the addresses in turn and leaves the one that answers in `context`.
Probed probe(RunContext& context, const std::vector<net::Address>& addresses,
             const std::vector<std::string>& needed, const RunnerOptions& options);

class Runner {
 public:
  Runner(RunContext& context, const Probed& probed, RunnerOptions options,
         result::Observer& observer);
  ~Runner();
  /// Runs them all, in order of admission; returns when the last result was told.
  result::Summary run(const std::vector<const scenario::Scenario*>& scenarios);
  bool interrupted() const { return interrupted_; }

 private:
  struct Job;
  void admit();
  net::TimePoint may_start_at(const Job& job, net::TimePoint now) const;
  void launch(std::unique_ptr<Job> job);
  void finished(Job* job);
  bool asks_for_life(const Job* job) const;
  void check_liveness(std::unique_ptr<Job> job);
  bool wants_second_look(Job& job);
  void publish(Job& job);
  void server_down(std::unique_ptr<Job> job);
  void blame(Job& job, const std::string& detail);
  void recover_when_idle();
  void recover();
  void next_suspect();
  void stop_all(const std::string& why);
  std::string reason_to_skip(const scenario::Scenario& scenario) const;

  RunContext& context_;
  const Probed& probed_;
  RunnerOptions options_;
  result::Observer& observer_;
  result::Summary summary_;
  std::deque<std::unique_ptr<Job>> queue_;
  std::vector<std::unique_ptr<Job>> running_, graveyard_;
  std::vector<std::unique_ptr<Job>> checking_;
  std::deque<std::unique_ptr<Job>> suspects_;
  SharedRates shared_rates_;
  net::Timer timer_, recovery_;
  std::uint64_t used_ = 0;
  int hangs_seen_twice_ = 0;  ///< or being looked at again
  bool outage_ = false;
  Liveness::State down_how_ = Liveness::State::dead;  ///< in an outage
  bool isolating_ = false;                            ///< a suspect is running alone
  bool isolated_ = false;                             ///< suspects are being run one by one
  bool stopping_ = false;
  bool interrupted_ = false;
  net::TimePoint started_{}, next_start_{}, down_since_{};
  net::TimePoint last_active_{};  ///< a scenario or a check has ended
  net::TimePoint quiet_until_{};  ///< nothing begins: a penalty runs
  std::unique_ptr<Liveness> liveness_probe_;
};

}  // namespace wsspec::engine
