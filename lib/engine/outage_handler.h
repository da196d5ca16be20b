// Which scenario stopped the server? Those that were in flight when it answered last are the
// suspects; no scenario that ended before is one.
//
//   none --> draining --> recovering --> isolating --> together --> none
//                           |  |  ^       |     |         |
//                 gave_up <-+  |  +-------+     +--> none |
//                              |  +-----------------------+
//                              +--> none
//
//   none       -> draining    a health check finds the server dead or stuck
//   draining   -> recovering  nothing is in flight any more
//   recovering -> none        the server is back by itself, and there was one suspect: it is to
//   blame recovering -> isolating   the server is back: each suspect runs again, alone, the most
//   likely
//                             first (trace.h)
//   recovering -> gave_up     the server stays down: one suspect is to blame if it is the only one;
//                             of several none is judged
//   isolating  -> isolating   the server survived this suspect: the next one
//   isolating  -> recovering  it did not: this suspect is to blame. Of the others those go on being
//                             suspects whose octets the server had read, too
//   isolating  -> together    no suspect stops it alone: they run once more, all at the same time
//   together   -> none        the server survived that too: what stopped it is not known
//   together   -> recovering  it did not: the finding is of all of them
//
// A server that refuses with HTTP 503 in `recovering`, when none of our connections is open any
// more, counts those that have ended: the first suspect has that finding, and the phase is gave_up,
// or the server is started again and all others run again. So does one that drops new connections,
// or answers no handshake on them, while it still serves those that were open. Where none was open
// it cannot be told from one that is stuck: those that met it are not judged.
//
// A server that we started (--start) is started again in `recovering`; it is in no danger of being
// given up by a supervisor, so that a suspect that was the only one runs again alone, too.
//
// No socket, no clock: the runner does what is to be done (Host) and says what time it is.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/health_check.h"
#include "engine/job.h"
#include "engine/new_connections.h"
#include "engine/runner_verdicts.h"

namespace wsspec::engine {

class OutageHandler {
 public:
  enum class Phase : std::uint8_t { none, draining, recovering, isolating, together, gave_up };
  using Jobs = std::deque<std::unique_ptr<Job>>;

  /// How long a server that died may take to come back, and one that is there, but stuck.
  static constexpr int kDeadPatienceMs = 3000;
  static constexpr int kStuckPatienceMs = 6000;

  enum class Restart : std::uint8_t { pending, up, failed };

  /// What the handler needs of the runner. No call may come back into the handler before it
  /// returns.
  class Host {
   public:
    virtual ~Host() = default;
    /// No scenario runs, and no health check of one.
    virtual bool idle() const = 0;
    /// Begins a health check of the server.
    virtual void begin_health_check() = 0;
    /// What the check begun last has found; with an answer it is over, and its connection closed.
    virtual HealthCheck::State health_check_state() = 0;
    /// on_time() is due then; a time asked for earlier is forgotten.
    virtual void wake_at(net::TimePoint when) = 0;
    /// Runs the scenario, checks the server's health whatever it ended with, calls ran_alone().
    virtual void run_alone(std::unique_ptr<Job> job) = 0;
    /// Runs them at the same time and calls ran_together() for each.
    virtual void run_together(Jobs jobs) = 0;
    /// To the front of the queue.
    virtual void queue_again(std::unique_ptr<Job> job) = 0;
    virtual void publish(std::unique_ptr<Job> job) = 0;
    /// The server is one that we started.
    virtual bool restarts() const = 0;
    virtual void begin_restart(HealthCheck::State found) = 0;
    virtual Restart restart_state() = 0;
    /// How the process ended that the last restart took the place of.
    virtual result::ServerEnd server_end() const = 0;
    virtual void notice(const std::string& text) = 0;
    virtual Ends ends() const = 0;
    virtual NewOnes new_ones() const = 0;
    /// The phase is `none` or `gave_up` now: the rest of the queue can be run, or cannot.
    virtual void outage_over() = 0;
  };

  explicit OutageHandler(Host& host) : host_(host) {}

  Phase phase() const { return phase_; }
  bool has_suspects() const { return !suspects_.empty() || !survived_.empty() || culprit_; }

  /// A health check after this scenario found the server in `state`, which is not alive.
  void server_down(std::unique_ptr<Job> job, HealthCheck::State state, net::TimePoint now);
  /// A scenario that ran alone has shown that the server leaks them. It is started again, or the
  /// phase is `gave_up`.
  void slots_are_gone(net::TimePoint now);
  bool slots_leaked() const { return slots_leaked_; }
  /// While draining: this scenario was in flight when the server answered last.
  void add_suspect(std::unique_ptr<Job> job, net::TimePoint now);
  /// While draining: something that was in flight has ended.
  void in_flight_ended(net::TimePoint now);
  /// While isolating: the suspect has run, and this is the server's state after it.
  void ran_alone(std::unique_ptr<Job> job, HealthCheck::State state, net::TimePoint now);
  /// While together: one of them has ended.
  void ran_together(std::unique_ptr<Job> job, net::TimePoint now);
  void on_time(net::TimePoint now);
  /// The run is stopped: the suspects are not judged.
  Jobs take_suspects();
  /// Likewise: one that is to blame, and was kept until it is known how the server ended; or null.
  std::unique_ptr<Job> take_culprit() { return std::move(culprit_); }

 private:
  void recover(net::TimePoint now, net::Duration first_check_in);
  void check_again(net::TimePoint now);
  void restarting(net::TimePoint now);
  void publish_culprit(std::unique_ptr<Job> job);
  void blame_only(Blame blame);
  void sort_out_suspects();
  void let_go(std::unique_ptr<Job> job);
  void server_is_back();
  void next_suspect(net::TimePoint now);
  void all_survived(net::TimePoint now);
  void server_survived_all();
  void all_stopped_it(HealthCheck::State state, net::TimePoint now);
  void publish_survived();
  void over();
  void give_up();
  void judge_none_of(Jobs suspects, bool no_new_connections);
  bool looks_full() const;
  void leaked(net::TimePoint now);
  void ask_all_again();
  int patience_ms() const;

  Host& host_;
  Phase phase_ = Phase::none;
  Jobs suspects_;                 ///< the most likely first, once nothing is in flight any more
  std::unique_ptr<Job> culprit_;  ///< to blame: its result lacks the server's end
  std::optional<result::ServerEnd> server_end_;  ///< of the last death
  Jobs survived_;  ///< ran alone, and the server lived: in the same order
  std::vector<result::ScenarioResult> alone_;            ///< the results of survived_ alone
  HealthCheck::State state_ = HealthCheck::State::dead;  ///< as it was found first
  net::TimePoint recovering_since_{};
  bool check_running_ = false;
  bool restarting_ = false;
  bool slots_leaked_ = false;  ///< and that was reported
  bool looks_full_ = false;    ///< this outage: the slots of its connections may be gone
  bool culprit_found_ = false;
  bool one_by_one_ = false;  ///< a suspect has run alone: one that is left is one of several
};

}  // namespace wsspec::engine
