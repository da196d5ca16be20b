// What a connection reads: at once, or in parts where the handler puts octets back, up to the end
// of the stream.
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "net/connection.h"

namespace wsspec::net {
namespace {

// What is read at most after the peer has ended: a hostile server cannot keep us for ever.
constexpr std::size_t kFinalDrain = 64u << 20;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Of a TCP socket, else nothing.
std::optional<int> tcp_state(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_state;
}

}  // namespace

// How many octets the handler took.
std::size_t Connection::tell_now(std::span<const std::uint8_t> octets, TimePoint at) {
  const std::shared_ptr<bool> destroyed = destroyed_;
  telling_ = true;
  put_back_ = 0;
  handler_->on_data(octets, at);
  if (*destroyed) return 0;
  telling_ = false;
  return octets.size() - put_back_;
}

// False: the connection is gone, or it is none any more.
bool Connection::tell(std::span<const std::uint8_t> octets) {
  if (holds_octets()) {
    kept_.insert(kept_.end(), octets.begin(), octets.end());
    return true;
  }
  const std::shared_ptr<bool> destroyed = destroyed_;
  const TimePoint at = Clock::now();
  const std::size_t told = tell_now(octets, at);
  if (*destroyed || ended_) return false;
  if (told == octets.size()) return true;
  kept_.assign(octets.begin() + static_cast<std::ptrdiff_t>(told), octets.end());
  kept_at_ = 0;
  kept_since_ = at;
  if (!paused_ && !closing_) lws_rx_flow_control(wsi_, 0);
  tell_later();
  return true;
}

void Connection::tell_later() {
  if (again_ == nullptr) again_ = std::make_unique<Timer>(loop_, [this] { tell_again(); });
  if (!again_->pending()) again_->start(Duration::zero());
}

// False as tell().
bool Connection::tell_kept(std::size_t limit) {
  const std::shared_ptr<bool> destroyed = destroyed_;
  const auto rest = std::span<const std::uint8_t>(kept_).subspan(kept_at_);
  const std::size_t told = tell_now(rest.first(std::min(rest.size(), limit)), kept_since_);
  if (*destroyed || ended_) return false;
  kept_at_ += told;
  if (!holds_octets()) {
    kept_ = {};
    kept_at_ = 0;
  }
  return true;
}

void Connection::tell_again() {
  if (ended_ || (paused_ && !kept_end_)) return;
  if (holds_octets() && !tell_kept(kNoLimit)) return;
  if (tls_ != nullptr && !holds_octets() && !read_kept_tls()) return;
  if (holds_octets()) return tell_later();
  if (kept_end_) return tell_end();
  if (!paused_ && !closing_) lws_rx_flow_control(wsi_, 1);
}

std::size_t Connection::drain(std::size_t limit) {
  static thread_local std::array<std::uint8_t, 65536> buffer;
  if (telling_ || ended_ || tunnel_ != nullptr || (tls_ != nullptr && !tls_->open())) return 0;
  std::size_t total = 0;
  if (holds_octets()) {
    const std::size_t before = kept_.size() - kept_at_;
    if (!tell_kept(limit)) return before;
    total = before - (kept_.size() - kept_at_);
  }
  if (wsi_ == nullptr || holds_octets()) return total;
  if (tls_ != nullptr) return total + drain_tls(limit - total);
  while (total < limit && !holds_octets()) {
    const ssize_t n =
        ::recv(fd(), buffer.data(), std::min(buffer.size(), limit - total), MSG_DONTWAIT);
    if (n <= 0) break;
    total += static_cast<std::size_t>(n);
    if (!tell({buffer.data(), static_cast<std::size_t>(n)})) break;
  }
  return total;
}

// A FIN leaves the state CLOSE_WAIT, a RST leaves CLOSE; unless we have shut down ourselves, when
// a FIN leads to CLOSE too.
bool Connection::closed_without_fin() const {
  return !shut_ && tcp_state(fd()) == TCP_CLOSE;
}

// A peer that ends at once may be heard before the socket is writable: it was connected.
bool Connection::never_connected() const {
  return connecting_ && (write_error_ != 0 || tcp_state(fd()) != TCP_CLOSE_WAIT);
}

void Connection::finish() {
  EndInfo end;
  closing_ = true;
  if (never_connected()) {
    int error = write_error_;
    socklen_t size = sizeof error;
    if (error == 0) getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) error = errno;
    end.kind = EndKind::connect_failed;
    end.error = error;
  } else if (tunnel_ != nullptr) {
    finish_tunnel(end);
  } else if (!read_the_rest(end)) {
    return;
  }
  lws_set_opaque_user_data(wsi_, nullptr);
  wsi_ = nullptr;
  kept_end_ = std::move(end);
  if (holds_octets() || (tls_ != nullptr && tls_->readable()))
    tell_later();
  else
    tell_end();
}

// The descriptor is still open. What had arrived before a reset is still readable; without this a
// flooding client loses the Close frame that explains the reset. What comes after a failure of TLS
// has no meaning. False: the connection is gone.
bool Connection::read_the_rest(EndInfo& end) {
  static thread_local std::array<std::uint8_t, 65536> buffer;
  for (std::size_t total = 0; total < kFinalDrain && (tls_ == nullptr || tls_->good());) {
    const ssize_t n = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      total += static_cast<std::size_t>(n);
      const std::span<const std::uint8_t> octets{buffer.data(), static_cast<std::size_t>(n)};
      if (tls_ != nullptr ? !last_words_tls(octets) : !tell(octets)) return false;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      end.kind = EndKind::reset;
      end.error = errno;
    } else if (write_error_ == ECONNRESET || closed_without_fin()) {
      // The library's read, or a failing send, has consumed the socket's error: what is left
      // looks like a FIN, but the state tells.
      end.kind = EndKind::reset;
      end.error = write_error_ != 0 ? write_error_ : ECONNRESET;
    } else if (n < 0 && tls_ == nullptr && tcp_state(fd()) == TCP_ESTABLISHED) {
      // The peer has not ended: the library could not read, and gave the connection up.
      end.kind = EndKind::reset;
      end.error = ENOMEM;
    }
    break;
  }
  return true;
}

void Connection::tell_end() {
  EndInfo end = *std::exchange(kept_end_, std::nullopt);
  if (tls_ != nullptr && end.kind != EndKind::connect_failed && end.kind != EndKind::proxy_failed)
    finish_tls(end);
  ended_ = true;
  handler_->on_end(end, Clock::now());
}

}  // namespace wsspec::net
