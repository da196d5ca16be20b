#include "relay/link.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wsspec::relay {
namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(10);
/// A side that was told 502, or that is about to be reset, has so long to take what is under way.
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kLookAgain = std::chrono::milliseconds(10);

constexpr std::string_view kBadGateway =
    "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    "Content-Length: 37\r\n\r\nwsspec tap: no connection to --target";

std::string why_not(const net::EndInfo& end) {
  if (end.kind == net::EndKind::tls_failed) return end.tls.words;
  return std::strerror(end.error);
}

}  // namespace

Link::Link(const Surroundings& surroundings, std::function<void(Link&)> on_over)
    : surroundings_(surroundings),
      on_over_(std::move(on_over)),
      host_(surroundings.host),
      timer_(surroundings.loop, [this] { on_timer(); }) {}

Link::~Link() = default;

bool Link::start(int fd,
                 const std::function<std::unique_ptr<Watcher>(const std::string& client)>& watch) {
  auto made = net::Socket::accepted(surroundings_.sockets, fd, surroundings_.client_tls, client_);
  if (!made) return false;
  client_.socket = std::move(*made);
  watcher_ = watch(client_.socket->peer());
  watcher_->when_caught_up([this] { caught_up(); });
  connect_next();
  return true;
}

// --- the target's connection

/// The next of its addresses that does not fail at once.
bool Link::connect_next() {
  net::EndInfo failure{.kind = net::EndKind::connect_failed};
  while (next_target_ < surroundings_.targets.size()) {
    auto made = net::Socket::connect(surroundings_.sockets, surroundings_.targets[next_target_++],
                                     surroundings_.target_tls, target_);
    if (made) {
      retired_ = std::exchange(target_.socket, std::move(*made));
      timer_.start(kConnectTimeout);
      return true;
    }
    failure.error = made.error().error;
  }
  target_failed(failure, net::Clock::now());
  return false;
}

void Link::on_open(Side& side, net::TimePoint at) {
  if (phase_ == Phase::over) return;
  if (&side == &target_) watcher_->on_connected(at);
  if (&side == &target_ && phase_ == Phase::connecting) {
    phase_ = Phase::open;
    timer_.cancel();
  }
  pump(side);
}

void Link::target_failed(const net::EndInfo& end, net::TimePoint at) {
  watcher_->on_failed(wire::Role::server, why_not(end), at);
  phase_ = Phase::refusing;
  target_.deaf = target_.fin_came = true;
  wire::OctetVector().swap(target_.queue);
  target_.queue_at = 0;
  balance(target_);
  timer_.start(kPatience);
  pass(client_, wire::as_octets(kBadGateway));
  pump(client_);
}

void Link::on_timer() {
  switch (phase_) {
    case Phase::connecting:
      target_.socket->abort();
      on_end(target_, {.kind = net::EndKind::connect_failed, .error = ETIMEDOUT},
             net::Clock::now());
      break;
    case Phase::refusing:
      over();
      break;
    case Phase::open:
      if (resetting_ != nullptr) reset(*resetting_);
      break;
    case Phase::over:
      break;
  }
}

// --- octets

void Link::on_data(Side& from, wire::Octets octets, net::TimePoint at) {
  if (phase_ == Phase::over) return;
  pass(other(from), &from == &client_ ? host_.take(octets) : octets);
  watcher_->on_octets(from.role, octets, at);
  if (watcher_->behind()) balance(client_);
  if (watcher_->behind()) balance(target_);
}

void Link::caught_up() {
  if (phase_ == Phase::over) return on_over_(*this);
  balance(client_);
  balance(target_);
}

void Link::pass(Side& to, wire::Octets octets) {
  if (to.deaf || to.ended) return;
  if (to.queue.empty() && to.takes()) {
    const auto result = to.socket->send(octets);
    octets = octets.subspan(result.sent);
    if (result.error != 0) return broke(to, net::Clock::now());
  }
  to.queue.insert(to.queue.end(), octets.begin(), octets.end());
  balance(to);
}

void Link::pump(Side& to) {
  if (phase_ == Phase::over || !to.takes()) return;
  if (!to.queue.empty()) {
    const auto result = to.socket->send(wire::Octets(to.queue).subspan(to.queue_at));
    to.queue_at += result.sent;
    if (to.queue_at == to.queue.size()) {
      wire::OctetVector().swap(to.queue);
      to.queue_at = 0;
    }
    if (result.error != 0) return broke(to, net::Clock::now());
  }
  if (to.queue.empty() && other(to).fin_came && !to.fin_sent) {
    to.fin_sent = true;
    to.socket->shutdown_write();
    if (to.fin_came) return over();
  }
  balance(to);
}

void Link::balance(Side& to) {
  Side& from = other(to);
  const std::size_t waiting = to.queue.size() - to.queue_at;
  const bool pause = waiting > (from.paused ? kLowWater : kHighWater) || watcher_->behind();
  if (pause == from.paused || !from.socket) return;
  from.paused = pause;
  if (pause)
    from.socket->pause_reading();
  else
    from.socket->resume_reading();
}

// --- ends

void Link::on_fin(Side& from, net::TimePoint at) {
  if (phase_ == Phase::over) return;
  from.fin_came = true;
  if (phase_ == Phase::refusing) {
    if (client_.fin_sent) over();
    return;
  }
  Side& to = other(from);
  if (&from == &client_) pass(to, host_.rest());
  watcher_->on_end(from.role, EndKind::fin, at);
  if (to.fin_sent && from.fin_sent) return over();
  pump(to);
}

/// It takes no more octets. What it has sent before is read, and ends with the reset; where its FIN
/// has come already, nothing else will tell.
void Link::broke(Side& side, net::TimePoint at) {
  side.deaf = true;
  wire::OctetVector().swap(side.queue);
  side.queue_at = 0;
  if (side.fin_came)
    on_end(side, {.kind = net::EndKind::reset, .error = ECONNRESET}, at);
  else
    balance(side);
}

void Link::on_end(Side& side, const net::EndInfo& end, net::TimePoint at) {
  if (phase_ == Phase::over || side.ended) return;
  if (&side == &target_ && phase_ == Phase::connecting) {
    if (end.kind == net::EndKind::connect_failed && next_target_ < surroundings_.targets.size())
      connect_next();
    else
      target_failed(end, at);
    return;
  }
  if (phase_ == Phase::refusing) return over();
  side.ended = side.deaf = true;
  if (end.kind == net::EndKind::tls_failed)
    watcher_->on_failed(side.role, why_not(end), at);
  else
    watcher_->on_end(side.role, EndKind::reset, at);
  give_up_ = net::Clock::now() + kPatience;
  resetting_ = &other(side);
  phase_ = Phase::open;
  reset(*resetting_);
}

// RST makes the other side's system forget what it has not sent yet: a Close that came just before
// would be lost.
void Link::reset(Side& side) {
  if (!side.socket || side.ended) return over();
  const bool out = side.queue.empty() && side.socket->flushed();
  if (!out && net::Clock::now() < give_up_) {
    timer_.start(kLookAgain);
    return;
  }
  side.socket->abort();
  over();
}

void Link::over() {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  timer_.cancel();
  if (!watcher_->behind()) on_over_(*this);
}

}  // namespace wsspec::relay
