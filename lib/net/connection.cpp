#include "net/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/address_text.h"

namespace wsspec::net {
namespace {

/// Descriptors and memory that ran out may be there again.
constexpr std::chrono::milliseconds kAcceptAgain{100};

void close_on_error(int fd) {
  ::close(fd);
}

std::string with_errno(const std::string& what, int error) {
  return what + ": " + std::strerror(error);
}

}  // namespace

std::string address_text(const sockaddr_storage& storage, socklen_t length) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  std::string text = host.data();
  if (storage.ss_family == AF_INET6) text = "[" + text + "]";
  return text + ":" + port.data();
}

bool Address::loopback() const {
  if (storage.ss_family == AF_UNIX) return true;
  if (storage.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&storage);
    return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
  }
  if (storage.ss_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
  }
  return false;
}

tl::expected<std::vector<Address>, std::string> resolve(const std::string& host,
                                                        std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0)
    return tl::unexpected("cannot resolve '" + host + "': " +
                          (failure == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(failure)));
  std::vector<Address> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    Address address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    address.text = address_text(address.storage, address.length);
    addresses.push_back(std::move(address));
  }
  freeaddrinfo(found);
  return addresses;
}

tl::expected<Address, std::string> unix_address(const std::string& path) {
  Address address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof un->sun_path)
    return tl::unexpected("'" + path + "' is not the path of a Unix socket (1 to 107 octets)");
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  address.text = "unix:" + path;
  return address;
}

tl::expected<std::unique_ptr<Connection>, ConnectProblem> Connection::connect(
    Loop& loop, const Address& address, const ConnectOptions& options, TransportHandler& handler) {
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    const int error = errno;
    return tl::unexpected(ConnectProblem{with_errno("cannot make a socket", error), error});
  }
  // libwebsockets leaves Nagle on for adopted sockets; it would merge one-octet writes.
  const int one = 1;
  if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (options.receive_buffer) {
    // Before connect(): the window scale is fixed by the SYN.
    const int size = *options.receive_buffer;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  if (!options.from.empty()) {
    const auto source = resolve(options.from, 0);
    if (!source || source->empty() ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&source->front().storage),
               source->front().length) != 0) {
      const int error = errno;
      close_on_error(fd);
      return tl::unexpected(ConnectProblem{
          with_errno("cannot bind to source address " + options.from, error), error});
    }
  }
  int error = 0;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS)
    error = errno;
  if (error != 0) {
    close_on_error(fd);
    return tl::unexpected(
        ConnectProblem{with_errno("cannot connect to " + address.text, error), error});
  }
  auto adopted = adopt(loop, fd, handler);
  if (!adopted) return tl::unexpected(ConnectProblem{adopted.error(), EMFILE});
  auto connection = std::move(*adopted);
  if (options.tls) {
    connection->tls_ = TlsStream::client(options.tls, options.tls_shape);
    if (connection->tls_ == nullptr)
      return tl::unexpected(
          ConnectProblem{"OpenSSL cannot make a connection (out of memory?)", ENOMEM});
    connection->goodbye_ =
        std::make_unique<Timer>(loop, [self = connection.get()] { self->answer_close_notify(); });
  }
  if (options.proxy) connection->tunnel_ = std::make_unique<Tunnel>(options.proxy);
  connection->connecting_ = true;
  connection->want_write();
  return connection;
}

tl::expected<std::unique_ptr<Connection>, std::string> Connection::adopt(
    Loop& loop, int fd, TransportHandler& handler) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  std::unique_ptr<Connection> connection(new Connection(loop, handler));
  lws_sock_file_fd_type descriptor{};
  descriptor.sockfd = fd;
  connection->wsi_ =
      lws_adopt_descriptor_vhost(loop.vhost(), LWS_ADOPT_SOCKET, descriptor, "raw", nullptr);
  if (connection->wsi_ == nullptr)  // the library closed the descriptor
    return tl::unexpected(
        std::string("libwebsockets does not take the socket (out of descriptors?)"));
  lws_set_opaque_user_data(connection->wsi_, connection.get());
  return connection;
}

bool Connection::is_open() const {
  return wsi_ != nullptr && !connecting_ && tunnel_ == nullptr && (tls_ == nullptr || tls_->open());
}

std::optional<TlsFacts> Connection::tls_facts() const {
  if (tls_ == nullptr || !tls_->open()) return std::nullopt;
  return TlsFacts{tls_->version(), tls_->cipher(), tls_->alpn(), tls_->chain()};
}

TransportFactory tcp_client(Loop& loop, Address address, ConnectOptions options) {
  return
      [&loop, address = std::move(address), options = std::move(options)](
          TransportHandler& handler) -> tl::expected<std::unique_ptr<Transport>, ConnectProblem> {
        return Connection::connect(loop, address, options, handler);
      };
}

TransportFactory tcp_accepted(Loop& loop, int fd) {
  return
      [&loop,
       fd](TransportHandler& handler) -> tl::expected<std::unique_ptr<Transport>, ConnectProblem> {
        auto adopted = Connection::adopt(loop, fd, handler);
        if (!adopted) return tl::unexpected(ConnectProblem{adopted.error(), EMFILE});
        return std::move(*adopted);
      };
}

Connection::~Connection() {
  *destroyed_ = true;
  closing_ = true;
  if (wsi_ != nullptr) {
    if (tls_ != nullptr && !shut_) {
      tls_->close_notify();
      flush_tls();
    }
    loop_.close(wsi_);
  }
}

int Connection::fd() const {
  return wsi_ == nullptr ? -1 : lws_get_socket_fd(wsi_);
}

SendResult Connection::send(std::span<const std::uint8_t> octets) {
  SendResult result;
  if (wsi_ == nullptr || write_error_ != 0) {
    result.error = write_error_ != 0 ? write_error_ : EPIPE;
    return result;
  }
  if (tunnel_ != nullptr) return result;  // on_open comes first
  if (tls_ != nullptr) return send_tls(octets);
  while (result.sent < octets.size()) {
    const ssize_t n = ::send(fd(), octets.data() + result.sent, octets.size() - result.sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      result.sent += static_cast<std::size_t>(n);
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      write_error_ = errno;
      result.error = errno;
    }
    break;
  }
  return result;
}

void Connection::want_write() {
  wants_write_ = true;
  if (wsi_ != nullptr && write_error_ == 0) lws_callback_on_writable(wsi_);
}

void Connection::pause_reading() {
  // A TLS handshake is read to its end: pausing is about what comes then.
  const bool opening = tunnel_ != nullptr || (tls_ != nullptr && !tls_->open());
  if (wsi_ != nullptr && !paused_ && !opening) lws_rx_flow_control(wsi_, 0);
  paused_ = true;
}

void Connection::resume_reading() {
  if (paused_ && holds_octets()) {
    tell_later();
  } else if (wsi_ != nullptr && paused_) {
    lws_rx_flow_control(wsi_, 1);
    unread_ = tls_ != nullptr && tls_->readable();
    if (unread_) lws_callback_on_writable(wsi_);
  }
  paused_ = false;
}

void Connection::shutdown_write() {
  shut_ = true;
  if (wsi_ == nullptr) return;
  if (tls_ != nullptr) {
    tls_->close_notify();
    flush_tls();
  } else {
    ::shutdown(fd(), SHUT_WR);
  }
}

void Connection::abort() {
  if (wsi_ == nullptr) return;
  const linger hard{1, 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  loop_.close(wsi_);
  wsi_ = nullptr;
  ended_ = true;
}

int Connection::service(int reason, void* in, std::size_t len) {
  const std::shared_ptr<bool> destroyed = destroyed_;
  int result = 0;
  switch (reason) {
    case LWS_CALLBACK_RAW_WRITEABLE:
      if (connecting_) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
          write_error_ = error;
          result = -1;  // RAW_CLOSE follows
          break;
        }
        connecting_ = wants_write_ = false;
        connected_at_ = Clock::now();
        if (tls_ == nullptr && tunnel_ == nullptr) {
          handler_->on_open(Clock::now());
          break;
        }
      }
      if (tunnel_ != nullptr)
        result = service_tunnel({});
      else if (tls_ != nullptr)
        result = service_tls(reason, {});
      else
        handler_->on_writable();
      break;
    case LWS_CALLBACK_RAW_RX: {
      const std::span<const std::uint8_t> octets{static_cast<const std::uint8_t*>(in), len};
      // A server that speaks first: its octets may be told before the socket is writable.
      if (connecting_ && !octets.empty()) {
        connecting_ = wants_write_ = false;
        connected_at_ = Clock::now();
        if (tls_ == nullptr && tunnel_ == nullptr) handler_->on_open(Clock::now());
        if (*destroyed || wsi_ == nullptr) break;
      }
      if (tunnel_ != nullptr)
        result = service_tunnel(octets);
      else if (tls_ != nullptr)
        result = service_tls(reason, octets);
      else if (len > 0)
        tell(octets);
      break;
    }
    case LWS_CALLBACK_RAW_CLOSE:
      finish();
      break;
    default:
      break;
  }
  if (*destroyed) return reason == LWS_CALLBACK_RAW_CLOSE ? 0 : -1;
  return result;
}

tl::expected<std::unique_ptr<Listener>, std::string> Listener::listen(
    Loop& loop, const Address& address, std::function<void(int)> on_accept) {
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return tl::unexpected(with_errno("cannot make a socket", errno));
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      ::listen(fd, 1024) != 0) {
    const int error = errno;
    close_on_error(fd);
    return tl::unexpected(with_errno("cannot listen on " + address.text, error));
  }
  std::unique_ptr<Listener> listener(new Listener(loop));
  listener->on_accept_ = std::move(on_accept);
  listener->fd_ = fd;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0) {
    if (bound.ss_family == AF_INET)
      listener->port_ = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
    if (bound.ss_family == AF_INET6)
      listener->port_ = ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
  }
  listener->wsi_ = loop.watch(fd, *listener);
  if (listener->wsi_ == nullptr)
    return tl::unexpected(std::string("libwebsockets does not take the listening socket"));
  return listener;
}

Listener::~Listener() {
  if (wsi_ != nullptr) loop_.unwatch(wsi_);
}

int Listener::service(int reason) {
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    wsi_ = nullptr;
    return 0;
  }
  for (int n = 0; n < 256; ++n) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      pause(errno);
      break;
    }
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    on_accept_(fd);
  }
  return 0;
}

// What waits in the queue would be offered again at once, and could not be taken then either.
void Listener::pause(int error) {
  if (error != EMFILE && error != ENFILE && error != ENOMEM && error != ENOBUFS) return;
  lws_rx_flow_control(wsi_, 0);
  if (again_ == nullptr)
    again_ = std::make_unique<Timer>(loop_, [this] {
      if (wsi_ != nullptr) lws_rx_flow_control(wsi_, 1);
    });
  again_->start(kAcceptAgain);
}

}  // namespace wsspec::net
