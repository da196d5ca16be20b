// The event loop: libwebsockets' context, timers, and nothing of WebSocket. One loop belongs to one
// thread; everything here is called on that thread but `wake`.
//
// It waits by poll(), or by libev (epoll) where many connections are expected: poll() looks at
// every descriptor in every round, which at 1000 connections is most of the time. Timers are the
// loop's own and end in one timerfd: the library's turn its waits into a busy loop for the last
// millisecond of each (poll() with 0), and under libev it looks at a new one only in a round
// without events.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <unordered_set>

struct lws;
struct lws_context;
struct lws_vhost;
struct ev_loop;

namespace wsspec::net {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// Milliseconds between two points, with fractions.
inline double ms_between(TimePoint from, TimePoint to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Process-wide settings, made once before the first loop: libwebsockets silent, SIGPIPE ignored,
/// RLIMIT_NOFILE's soft limit set to `descriptors` (lowered too: the library sizes its tables by
/// it, 16 MB at a million), http_proxy out of the environment (it would hijack raw connections).
void global_init(unsigned descriptors = 8192);

/// How many more files and sockets this process may open.
std::uint64_t free_descriptors();

class Timer;

/// A descriptor that is no connection: an accepting socket, a pipe.
class Readable {
 public:
  virtual ~Readable() = default;
  /// For the loop's callback only: it is readable, or was closed (`reason` says it). -1 closes it.
  virtual int service(int reason) = 0;
};

/// What a loop has measured of itself.
struct LoopFigures {
  double longest_step_ms =
      0;  ///< of processor time: one callback, during which nothing else is told
  std::uint64_t long_steps = 0;  ///< those above Loop::kLongStep
  double worst_lag_ms = 0;       ///< the longest that an event may have waited to be told
};

class Loop {
 public:
  /// No step may take longer: timers, signals and the other connections wait for its end.
  static constexpr std::chrono::milliseconds kLongStep{20};
  /// Above this many connections libev waits, if libwebsockets' plugin for it is installed.
  static constexpr std::uint64_t kPollConnections = 500;

  /// `connections` = how many are expected at once, at most.
  static tl::expected<std::unique_ptr<Loop>, std::string> create(std::uint64_t connections = 1);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Waits for the next event or timer, runs its callbacks, returns. Signals end the wait too.
  void run_once();
  /// Ends a wait in run_once from another thread.
  void wake();

  /// How long an event that is told now may have waited for us: it came no earlier than the loop
  /// last looked and found nothing. Time that the process was not given is counted too, by the
  /// timers that were due in it; keep_time() makes that so exact as judging needs it.
  Duration lag() const { return Clock::now() - told_from_; }
  /// All that came before `when` has been told.
  bool has_told_until(TimePoint when) const { return told_until_ >= when; }
  /// From now on a timer is due at least every 50 ms.
  void keep_time();
  /// A callback that has more to do than this leaves the rest for a later round: steps are short,
  /// and so is a round of many of them. Outside of a step nothing waits, and there is no limit.
  TimePoint slice_end() const;
  /// Once this says so, nothing is told any more but timers: the owner is about to end, and waits
  /// for no more than the step that runs.
  void stop_when(std::function<bool()> asked) { stop_asked_ = std::move(asked); }
  bool stopping() const { return stop_asked_ && stop_asked_(); }
  /// What the owner does between two rounds: it is measured as a step.
  void as_step(const std::function<void()>& work);
  const LoopFigures& figures() const { return figures_; }

  /// For this layer: its owner is gone, and the library closes it in the next round, or in a later
  /// one where many are to be closed.
  void close(lws* abandoned);
  lws_vhost* vhost() const { return vhost_; }
  /// Takes over a descriptor; null: the library refuses it.
  lws* watch(int fd, Readable& readable);
  /// Closes it; `readable` hears nothing more.
  void unwatch(lws* watched);
  bool libev() const { return libev_ != nullptr; }
  /// For the library's callback only.
  void fire_timers();
  void begin_step();
  void end_step();
  void was_closed(lws* wsi);
  /// Likewise: the library frees it when the callback that is on the stack returns.
  void closes_by_itself(lws* wsi) { abandoned_.erase(wsi); }

 private:
  friend class Timer;
  Loop() = default;
  bool watch_timers();
  void arm();
  void close_abandoned();
  void ask_processor_time();
  void begin_round();
  void end_round();

  lws_context* context_ = nullptr;
  lws_vhost* vhost_ = nullptr;
  struct ev_loop* libev_ = nullptr;
  std::multimap<TimePoint, Timer*> timers_;
  std::unordered_set<lws*> abandoned_;  ///< to be closed
  std::size_t closing_ = 0;             ///< by the library, in its next round
  int timer_fd_ = -1;                   ///< the library closes it with its context
  TimePoint armed_ = TimePoint::max();  ///< when timer_fd_ will be readable

  // A round waits, takes what is ready and tells it, step by step.
  TimePoint entered_{}, due_{};         ///< of the round: its begin, and the first timer
  TimePoint looked_{};                  ///< when the newest round knew what is ready
  TimePoint told_from_ = Clock::now();  ///< what is told now came no earlier
  TimePoint told_until_{};
  TimePoint step_began_{};
  TimePoint asked_{};          ///< when processor_time_ was asked for
  Duration processor_time_{};  ///< of this thread
  int depth_ = 0;              ///< of steps: the library calls back from inside its own functions
  bool telling_ = false;       ///< the round has begun its steps
  std::function<bool()> stop_asked_;
  LoopFigures figures_;
  std::unique_ptr<Timer> heartbeat_;
};

/// A one-shot timer. Starting it again replaces the old time; destroying it cancels.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(Duration delay);
  void start_at(TimePoint when) { start(when - Clock::now()); }
  /// Fires when the delay is over and all that came before its end has been told: our own lag makes
  /// nothing late that is awaited.
  void start_deadline(Duration delay);
  void cancel();
  bool pending() const { return pending_; }

 private:
  friend class Loop;
  Loop& loop_;
  std::function<void()> on_fire_;
  bool pending_ = false;
  std::optional<TimePoint> deadline_;
  std::multimap<TimePoint, Timer*>::iterator place_;  ///< valid while pending
};

}  // namespace wsspec::net
