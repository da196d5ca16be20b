#include "net/loop.h"

#include <libwebsockets.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "net/connection.h"

namespace wsspec::net {
namespace {

// Opaque pointers of descriptors: a Connection for sockets, a Listener for files (accepting sockets
// are adopted as raw files, so that accept() stays ours).
int on_event(lws* wsi, lws_callback_reasons reason, void* /*user*/, void* in, std::size_t len) {
  void* opaque = lws_get_opaque_user_data(wsi);
  switch (reason) {
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RAW_WRITEABLE:
    case LWS_CALLBACK_RAW_CLOSE:
      // An orphan's owner is gone: -1 closes it.
      if (opaque == nullptr) return -1;
      return static_cast<Connection*>(opaque)->service(reason, in, len);
    case LWS_CALLBACK_RAW_RX_FILE:
      if (opaque == nullptr) return -1;
      return static_cast<Listener*>(opaque)->service(reason);
    default:
      return 0;
  }
}

const lws_protocols kProtocols[] = {
    {"raw", on_event, 0, 0, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
};

}  // namespace

void global_init(unsigned descriptors) {
  lws_set_log_level(0, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  unsetenv("http_proxy");
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = descriptors < limit.rlim_max ? descriptors : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

tl::expected<std::unique_ptr<Loop>, std::string> Loop::create() {
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = kProtocols;
  info.gid = static_cast<gid_t>(-1);
  info.uid = static_cast<uid_t>(-1);
  info.pt_serv_buf_size = 65536 + LWS_PRE;
  // Without LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT: it costs 23-60 ms at start-up.
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  std::unique_ptr<Loop> loop(new Loop);
  loop->context_ = lws_create_context(&info);
  if (loop->context_ == nullptr)
    return tl::unexpected(std::string("libwebsockets cannot create its context"));
  loop->vhost_ = lws_create_vhost(loop->context_, &info);
  if (loop->vhost_ == nullptr)
    return tl::unexpected(std::string("libwebsockets cannot create its vhost"));
  return loop;
}

Loop::~Loop() {
  if (context_ != nullptr) lws_context_destroy(context_);
}

void Loop::run_once() {
  lws_service(context_, 0);
}

void Loop::wake() {
  lws_cancel_service(context_);
}

struct Timer::Sul {
  lws_sorted_usec_list_t list{};
  Timer* owner = nullptr;
  static void fire(lws_sorted_usec_list_t* list) {
    Timer* timer = reinterpret_cast<Sul*>(list)->owner;  // `list` is the first member
    timer->pending_ = false;
    // The library runs due timers and then waits for events in one and the same call: without this
    // run_once would sleep on although the timer's callback ended what its caller waits for.
    lws_cancel_service(timer->loop_.context());
    timer->on_fire_();
  }
};

Timer::Timer(Loop& loop, std::function<void()> on_fire)
    : sul_(std::make_unique<Sul>()), loop_(loop), on_fire_(std::move(on_fire)) {
  sul_->owner = this;
}

Timer::~Timer() {
  cancel();
}

void Timer::start(Duration delay) {
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
  if (us < 1) us = 1;
  pending_ = true;
  lws_sul_schedule(loop_.context(), 0, &sul_->list, Sul::fire, us);
}

void Timer::cancel() {
  if (pending_)
    lws_sul_schedule(loop_.context(), 0, &sul_->list, nullptr, LWS_SET_TIMER_USEC_CANCEL);
  pending_ = false;
}

}  // namespace wsspec::net
