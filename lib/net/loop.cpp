#include "net/loop.h"

#include <dirent.h>
#include <ev.h>
#include <libwebsockets.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "net/connection.h"
#include "net/inherited.h"
#include "net/memory_reserve.h"

namespace wsspec::net {
namespace {

/// The library looked and had to wait: its own work before and after is shorter.
constexpr auto kWaited = std::chrono::milliseconds(1);
constexpr auto kHeartbeat = std::chrono::milliseconds(50);
constexpr std::size_t kClosedAtOnce = 32;   ///< connections in one round
constexpr std::size_t kMostToClose = 1024;  ///< when the loop ends

Duration processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

double in_ms(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// One callback: what the loop tells in it is a step.
class Step {
 public:
  explicit Step(Loop& loop) : loop_(loop) { loop_.begin_step(); }
  ~Step() { loop_.end_step(); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  Loop& loop_;
};

Loop& loop_of(lws* wsi) {
  return *static_cast<Loop*>(lws_context_user(lws_get_context(wsi)));
}

// Opaque pointers of descriptors: a Connection for sockets, a Readable for files (accepting sockets
// are adopted as raw files, so that accept() stays ours), the Loop for its timerfd.
int on_event(lws* wsi, lws_callback_reasons reason, void* /*user*/, void* in, std::size_t len) {
  void* opaque = lws_get_opaque_user_data(wsi);
  switch (reason) {
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RAW_WRITEABLE:
    case LWS_CALLBACK_RAW_CLOSE: {
      if (opaque == nullptr) {
        if (reason == LWS_CALLBACK_RAW_CLOSE) loop_of(wsi).was_closed(wsi);
        return -1;  // its owner is gone: this closes it
      }
      Loop& loop = loop_of(wsi);
      if (reason != LWS_CALLBACK_RAW_CLOSE && loop.stopping()) return 0;
      const Step step(loop);
      const int result = static_cast<Connection*>(opaque)->service(reason, in, len);
      // Its owner may have gone meanwhile, and have asked for what happens anyway.
      if (reason == LWS_CALLBACK_RAW_CLOSE) loop.closes_by_itself(wsi);
      return result;
    }
    case LWS_CALLBACK_RAW_RX_FILE: {
      if (opaque == nullptr) return -1;
      Loop& loop = loop_of(wsi);
      if (opaque == &loop) {
        loop.fire_timers();
        return 0;
      }
      const Step step(loop);
      return static_cast<Readable*>(opaque)->service(reason);
    }
    case LWS_CALLBACK_RAW_CLOSE_FILE:
      if (opaque == nullptr) loop_of(wsi).was_closed(wsi);
      if (opaque == nullptr || opaque == lws_context_user(lws_get_context(wsi))) return 0;
      return static_cast<Readable*>(opaque)->service(reason);
    default:
      return 0;
  }
}

const lws_protocols kProtocols[] = {
    {"raw", on_event, 0, 0, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
};

InheritedSettings kept;

}  // namespace

const InheritedSettings& inherited_settings() {
  return kept;
}

void global_init(unsigned descriptors) {
  lws_set_log_level(0, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  if (const char* proxy = std::getenv("http_proxy")) kept.http_proxy = proxy;
  unsetenv("http_proxy");
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    if (!kept.descriptors) kept.descriptors = limit;
    limit.rlim_cur = descriptors < limit.rlim_max ? descriptors : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

std::uint64_t free_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT64_MAX;
  std::uint64_t open = 0;
  // std::filesystem ends the process where memory runs out inside it.
  if (DIR* all = opendir("/proc/self/fd"); all != nullptr) {
    while (const dirent* one = readdir(all)) open += one->d_name[0] != '.';
    closedir(all);
  }
  return limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, open);
}

tl::expected<std::unique_ptr<Loop>, std::string> Loop::create(std::uint64_t connections) {
  std::unique_ptr<Loop> loop(new Loop);
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = kProtocols;
  info.user = loop.get();
  info.gid = static_cast<gid_t>(-1);
  info.uid = static_cast<uid_t>(-1);
  info.pt_serv_buf_size = 65536 + LWS_PRE;
  // Without LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT: it costs 23-60 ms at start-up.
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  if (connections > kPollConnections) {
    // A loop of ours that the library is a guest in: its own would take SIGINT, and lws_service
    // would not return from it (ev_run without EVRUN_ONCE).
    loop->libev_ = ev_loop_new(unsigned{EVBACKEND_EPOLL} | EVFLAG_NOENV);
    void* guest_in[] = {loop->libev_};
    if (loop->libev_ != nullptr) {
      info.foreign_loops = guest_in;
      info.options |= LWS_SERVER_OPTION_LIBEV;
      loop->context_ = lws_create_context(&info);
      info.foreign_loops = nullptr;
      info.options &= ~static_cast<std::uint64_t>(LWS_SERVER_OPTION_LIBEV);
    }
    if (loop->context_ == nullptr && loop->libev_ != nullptr) {  // no plugin: poll() does it too
      ev_loop_destroy(loop->libev_);
      loop->libev_ = nullptr;
    }
  }
  if (loop->context_ == nullptr) loop->context_ = lws_create_context(&info);
  if (loop->context_ == nullptr)
    return tl::unexpected(std::string("libwebsockets cannot create its context"));
  loop->vhost_ = lws_create_vhost(loop->context_, &info);
  if (loop->vhost_ == nullptr)
    return tl::unexpected(std::string("libwebsockets cannot create its vhost"));
  if (!loop->watch_timers()) return tl::unexpected(std::string("cannot make a timerfd"));
  return loop;
}

// The library needs seconds to close thousands, as it walks through its table for each. Their
// descriptors are closed here then, and its memory of them is kept until the process ends.
Loop::~Loop() {
  if (abandoned_.size() > kMostToClose) {
    // Never freed: what checks for leaks finds them here.
    static auto& kept = *new std::vector<std::pair<lws_context*, struct ev_loop*>>;
    for (lws* wsi : abandoned_) ::close(lws_get_socket_fd(wsi));
    kept.emplace_back(context_, libev_);
    return;
  }
  if (context_ != nullptr) lws_context_destroy(context_);
  if (libev_ != nullptr) ev_loop_destroy(libev_);
}

bool Loop::watch_timers() {
  lws_sock_file_fd_type descriptor{};
  descriptor.filefd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (descriptor.filefd < 0) return false;
  timer_fd_ = descriptor.filefd;
  lws* wsi =
      lws_adopt_descriptor_vhost(vhost_, LWS_ADOPT_RAW_FILE_DESC, descriptor, "raw", nullptr);
  if (wsi == nullptr) return false;
  lws_set_opaque_user_data(wsi, this);
  return true;
}

lws* Loop::watch(int fd, Readable& readable) {
  lws_sock_file_fd_type descriptor{};
  descriptor.filefd = fd;
  lws* wsi =
      lws_adopt_descriptor_vhost(vhost_, LWS_ADOPT_RAW_FILE_DESC, descriptor, "raw", nullptr);
  if (wsi != nullptr) lws_set_opaque_user_data(wsi, &readable);
  return wsi;
}

void Loop::unwatch(lws* watched) {
  close(watched);
}

void Loop::close(lws* abandoned) {
  lws_set_opaque_user_data(abandoned, nullptr);
  abandoned_.insert(abandoned);
}

void Loop::was_closed(lws* wsi) {
  if (abandoned_.erase(wsi) == 0 && closing_ > 0) --closing_;
}

// Not all of a crowd at once: for each the library walks along those that it is about to close, and
// then through its table of all descriptors. Under libev it does its own timed work only in a round
// that had an event of its own.
void Loop::close_abandoned() {
  if (abandoned_.empty()) return;
  for (; closing_ < kClosedAtOnce && !abandoned_.empty(); ++closing_) {
    lws* wsi = *abandoned_.begin();
    abandoned_.erase(abandoned_.begin());
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
  if (libev_ != nullptr || !abandoned_.empty()) lws_cancel_service(context_);
}

// One system call a round at most, and none for a timer that is cancelled before its time, as most
// are: what was armed for it ends one wait too early.
void Loop::arm() {
  if (timers_.empty() || timers_.begin()->first >= armed_) return;
  armed_ = timers_.begin()->first;
  const auto ns = std::chrono::nanoseconds(armed_.time_since_epoch()).count();  // CLOCK_MONOTONIC
  itimerspec when{};
  when.it_value = {ns / 1'000'000'000, ns % 1'000'000'000};
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void Loop::fire_timers() {
  std::uint64_t times = 0;
  (void)!::read(timer_fd_, &times, sizeof times);
  armed_ = TimePoint::max();
  const TimePoint now = Clock::now();  // what a callback starts is due after it
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Timer* timer = timers_.begin()->second;
    const auto deadline = timer->deadline_;
    timer->cancel();
    if (deadline && !has_told_until(*deadline)) {  // in the next round
      timer->start(Duration::zero());
      timer->deadline_ = deadline;
      continue;
    }
    const Step step(*this);
    timer->on_fire_();
  }
}

void Loop::run_once() {
  arm();
  close_abandoned();
  begin_round();
  if (libev_ != nullptr)
    ev_run(libev_, EVRUN_ONCE);
  else
    lws_service(context_, 0);
  end_round();
  if (memory_reserve_used()) throw std::bad_alloc();
}

void Loop::begin_round() {
  entered_ = Clock::now();
  due_ = timers_.empty() ? TimePoint::max() : timers_.begin()->first;
  if (looked_ == TimePoint{}) looked_ = entered_;
  telling_ = false;
}

// The first step of a round shows when the wait was over. Where there was none, what is ready may
// have come at any time since the round before looked.
void Loop::begin_step() {
  if (depth_++ > 0) return;
  step_began_ = Clock::now();
  if (step_began_ - asked_ > kWaited) ask_processor_time();
  if (telling_) return;
  telling_ = true;
  const bool waited = step_began_ - entered_ > kWaited;
  told_from_ = waited ? std::min(step_began_, std::max(entered_, due_)) : looked_;
  looked_ = step_began_;
}

void Loop::ask_processor_time() {
  asked_ = Clock::now();
  processor_time_ = processor_time();
}

// A step is measured by the processor's time: on a busy machine the process waits inside it too.
// Where the time on the wall is short, so is that of the processor, and asking for it is dear: the
// answer that a step begins with may be a millisecond old, and that much is counted too.
void Loop::end_step() {
  if (--depth_ > 0) return;
  Duration took = Clock::now() - step_began_;
  if (took < kWaited) return;
  const Duration before = processor_time_;
  ask_processor_time();
  took = std::min(took, processor_time_ - before);
  figures_.longest_step_ms = std::max(figures_.longest_step_ms, in_ms(took));
  if (took > kLongStep) ++figures_.long_steps;
}

void Loop::as_step(const std::function<void()>& work) {
  const bool telling = std::exchange(telling_, true);
  begin_step();
  work();
  end_step();
  telling_ = telling;
}

void Loop::end_round() {
  // The library may have looked before anything came that it did not tell us of.
  if (!telling_) looked_ = entered_;
  told_until_ = entered_;
  if (telling_) figures_.worst_lag_ms = std::max(figures_.worst_lag_ms, in_ms(lag()));
}

TimePoint Loop::slice_end() const {
  if (depth_ == 0) return TimePoint::max();
  constexpr std::chrono::milliseconds kSlice{5}, kLeast{1}, kRound{20};
  return std::max(Clock::now() + kLeast, std::min(step_began_ + kSlice, looked_ + kRound));
}

void Loop::keep_time() {
  if (heartbeat_ != nullptr) return;
  heartbeat_ = std::make_unique<Timer>(*this, [this] { heartbeat_->start(kHeartbeat); });
  heartbeat_->start(kHeartbeat);
}

void Loop::wake() {
  lws_cancel_service(context_);
}

Timer::Timer(Loop& loop, std::function<void()> on_fire)
    : loop_(loop), on_fire_(std::move(on_fire)) {}

Timer::~Timer() {
  cancel();
}

void Timer::start(Duration delay) {
  cancel();
  const auto when = Clock::now() + std::max<Duration>(delay, std::chrono::microseconds(1));
  place_ = loop_.timers_.emplace(when, this);
  pending_ = true;
}

void Timer::start_deadline(Duration delay) {
  start(delay);
  deadline_ = Clock::now() + delay;
}

void Timer::cancel() {
  deadline_.reset();
  if (pending_) loop_.timers_.erase(place_);
  pending_ = false;
}

}  // namespace wsspec::net
