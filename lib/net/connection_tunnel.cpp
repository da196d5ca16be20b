// A connection's way through a proxy, before TLS and before on_open: the Tunnel says what goes out
// and reads what comes back, up to its end; what follows it is the target's.
#include <libwebsockets.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "net/connection.h"

namespace wsspec::net {

// False: the socket takes no more, ever.
bool Connection::flush_tunnel() {
  while (!tunnel_->output().empty()) {
    const auto octets = tunnel_->output();
    const ssize_t n = ::send(fd(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      tunnel_->sent(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      return false;
    } else {
      if (!closing_) lws_callback_on_writable(wsi_);
      return true;
    }
  }
  return true;
}

// -1: there is no tunnel; RAW_CLOSE follows.
int Connection::service_tunnel(std::span<const std::uint8_t> received) {
  const auto state = tunnel_->feed(received);
  if (state == Tunnel::State::failed || !flush_tunnel()) return -1;
  if (state == Tunnel::State::wants_input) return 0;
  tunnel_.reset();
  if (tls_ != nullptr)
    return received.empty() ? service_tls(LWS_CALLBACK_RAW_WRITEABLE, {})
                            : service_tls(LWS_CALLBACK_RAW_RX, received);
  const std::shared_ptr<bool> destroyed = destroyed_;
  if (paused_) lws_rx_flow_control(wsi_, 0);
  handler_->on_open(Clock::now());
  if (!*destroyed && wsi_ != nullptr && !received.empty()) tell(received);
  return 0;
}

// A proxy that answers and ends at once may be heard only now.
void Connection::finish_tunnel(EndInfo& end) {
  std::array<std::uint8_t, 4096> buffer;
  while (tunnel_->state() == Tunnel::State::wants_input) {
    const ssize_t n = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n <= 0) break;
    auto octets = std::span<const std::uint8_t>(buffer).first(static_cast<std::size_t>(n));
    tunnel_->feed(octets);
  }
  end.kind = EndKind::proxy_failed;
  end.proxy = tunnel_->problem().empty() ? "ended the connection" : tunnel_->problem();
}

}  // namespace wsspec::net
