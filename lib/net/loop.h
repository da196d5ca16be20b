// The event loop: libwebsockets' context, its timers, and nothing of WebSocket. One loop belongs to
// one thread; everything here is called on that thread but `wake`.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

struct lws_context;
struct lws_vhost;

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

class Loop {
 public:
  static tl::expected<std::unique_ptr<Loop>, std::string> create();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Waits for the next event or timer, runs its callbacks, returns. Signals end the wait too.
  void run_once();
  /// Ends a wait in run_once from another thread.
  void wake();

  lws_context* context() const { return context_; }
  lws_vhost* vhost() const { return vhost_; }

 private:
  Loop() = default;
  lws_context* context_ = nullptr;
  lws_vhost* vhost_ = nullptr;
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
  void cancel();
  bool pending() const { return pending_; }

 private:
  struct Sul;
  std::unique_ptr<Sul> sul_;
  Loop& loop_;
  std::function<void()> on_fire_;
  bool pending_ = false;
};

}  // namespace wsspec::net
