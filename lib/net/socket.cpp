#include "net/socket.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/address_text.h"

namespace wsspec::net {
namespace {

constexpr std::size_t kRead = 65536;
constexpr int kReads = 4;                ///< of one socket in one step of the loop: the others wait
constexpr int kEvents = 64;              ///< sockets in one step
constexpr std::size_t kRecords = 65536;  ///< octets of plaintext that become records at once

ConnectProblem problem(const std::string& what, int error) {
  return {what + ": " + std::strerror(error), error};
}

}  // namespace

tl::expected<std::unique_ptr<SocketSet>, std::string> SocketSet::create(Loop& loop) {
  std::unique_ptr<SocketSet> set(new SocketSet(loop));
  set->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (set->epoll_ < 0)
    return tl::unexpected(std::string("cannot make an epoll set: ") + std::strerror(errno));
  set->wsi_ = loop.watch(set->epoll_, *set);
  if (set->wsi_ == nullptr)
    return tl::unexpected(std::string("libwebsockets does not take the epoll set"));
  return set;
}

// The library closes the descriptor.
SocketSet::~SocketSet() {
  if (wsi_ != nullptr) loop_.unwatch(wsi_);
}

int SocketSet::service(int reason) {
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    wsi_ = nullptr;
    return 0;
  }
  std::array<epoll_event, kEvents> events;
  const int count = epoll_wait(epoll_, events.data(), kEvents, 0);
  for (int i = 0; i < count; ++i)
    static_cast<Socket*>(events[static_cast<std::size_t>(i)].data.ptr)
        ->service(events[static_cast<std::size_t>(i)].events);
  return 0;
}

// A socket without anything to wait for is taken out: epoll tells of a hang-up even unasked.
void SocketSet::watch(Socket& socket, std::uint32_t events) {
  if (events == socket.watched_) return;
  epoll_event event{};
  event.events = events;
  event.data.ptr = &socket;
  const int how = socket.watched_ == 0 ? EPOLL_CTL_ADD
                  : events == 0        ? EPOLL_CTL_DEL
                                       : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, how, socket.fd_, &event) == 0) socket.watched_ = events;
}

Socket::Made Socket::connect(SocketSet& set, const Address& address,
                             std::shared_ptr<const TlsContext> tls, SocketHandler& handler) {
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return tl::unexpected(problem("cannot make a socket", errno));
  std::unique_ptr<Socket> made(new Socket(set, fd, handler));
  const int one = 1;
  if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS)
    return tl::unexpected(problem("cannot connect to " + address.text, errno));
  if (tls && (made->tls_ = TlsStream::client(std::move(tls))) == nullptr)
    return tl::unexpected(problem("OpenSSL cannot make a connection", ENOMEM));
  made->connecting_ = true;
  made->watch();
  return made;
}

Socket::Made Socket::accepted(SocketSet& set, int fd, std::shared_ptr<const TlsContext> tls,
                              SocketHandler& handler) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  std::unique_ptr<Socket> made(new Socket(set, fd, handler));
  if (tls && (made->tls_ = TlsStream::server(std::move(tls))) == nullptr)
    return tl::unexpected(problem("OpenSSL cannot make a connection", ENOMEM));
  made->watch();
  return made;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);  // epoll forgets it
}

void Socket::abort() {
  if (fd_ < 0) return;
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

std::string Socket::peer() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (fd_ < 0 || getpeername(fd_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return "?";
  return address_text(storage, length);
}

bool Socket::flushed() const {
  int left = 0;
  if (fd_ < 0) return true;
  if (tls_ && !tls_->output().empty()) return false;
  return ioctl(fd_, SIOCOUTQ, &left) != 0 || left == 0;
}

void Socket::service(std::uint32_t events) {
  if (fd_ < 0) return;
  if (connecting_ && !connected()) return;
  // Reading first: what came with or before an error is told before it.
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !fin_came_ && !paused_) read();
  if (fd_ >= 0 && (watched_ & EPOLLOUT) != 0 && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
    write();
  if (fd_ >= 0) watch();
}

bool Socket::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    fail(EndKind::connect_failed, error);
    return false;
  }
  connecting_ = false;
  if (!tls_)
    handler_.on_open(Clock::now());
  else
    take_tls(Clock::now());  // begins the TLS handshake
  return fd_ >= 0;
}

void Socket::read() {
  static thread_local std::array<std::uint8_t, kRead> buffer;
  for (int n = 0; n < kReads && fd_ >= 0 && !paused_ && !fin_came_; ++n) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    const TimePoint at = Clock::now();
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got < 0) return fail(EndKind::reset, errno);
    if (got == 0 && write_error_ != 0) return fail(EndKind::reset, write_error_);
    if (got == 0 && tls_ && !tls_->open()) {
      tls_->cut(false);
      return fail(EndKind::tls_failed, 0);
    }
    if (got == 0) return take_fin(at);
    const std::span<const std::uint8_t> octets(buffer.data(), static_cast<std::size_t>(got));
    if (tls_) {
      tls_->input(octets);
      take_tls(at);
      if (fd_ >= 0) tls_->keep_input();
    } else {
      handler_.on_data(octets, at);
    }
    if (octets.size() < buffer.size()) return;
  }
}

// Whatever the TLS stream has: its handshake, then plaintext until the reader pauses.
void Socket::take_tls(TimePoint at) {
  static thread_local std::array<std::uint8_t, kRead> plain;
  if (!tls_->open()) {
    const auto state = tls_->handshake();
    flush();
    if (state == TlsStream::State::failed) return fail(EndKind::tls_failed, 0);
    if (state != TlsStream::State::done) return watch();
    handler_.on_open(at);
  }
  while (fd_ >= 0 && !paused_ && !fin_came_) {
    std::size_t count = 0;
    const auto state = tls_->read(plain, count);
    if (state == TlsStream::State::wants_input) break;
    if (state == TlsStream::State::closed) return take_fin(at);
    if (state == TlsStream::State::failed) {
      flush();
      return fail(EndKind::tls_failed, 0);
    }
    if (count > 0) handler_.on_data({plain.data(), count}, at);
  }
  if (fd_ >= 0) flush();
}

void Socket::take_fin(TimePoint at) {
  fin_came_ = true;
  watch();
  handler_.on_fin(at);
}

void Socket::write() {
  if (!flush()) short_ = true;  // the handler's next send says why
  if (write_error_ == 0 && tls_ && !tls_->output().empty()) return;
  if (fin_due_ && !fin_sent_) {
    fin_sent_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
  if (std::exchange(short_, false)) handler_.on_writable();
}

bool Socket::flush() {
  while (tls_ && write_error_ == 0 && !tls_->output().empty()) {
    const auto records = tls_->output();
    const ssize_t sent = ::send(fd_, records.data(), records.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
      tls_->sent(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      break;
    else if (errno != EINTR)
      write_error_ = errno;
  }
  return write_error_ == 0;
}

// The system's error is told here alone: reading goes on, and tells the reset after the octets that
// came before it.
SendResult Socket::send(std::span<const std::uint8_t> octets) {
  SendResult result;
  if (!is_open() || fin_due_) write_error_ = EPIPE;
  while (result.sent < octets.size() && write_error_ == 0) {
    const auto rest = octets.subspan(result.sent);
    if (tls_) {
      if (!tls_->output().empty()) break;
      const auto part = rest.first(std::min(rest.size(), kRecords));
      if (!tls_->write(part)) {
        write_error_ = EPIPE;
        break;
      }
      result.sent += part.size();
      flush();
      continue;
    }
    const ssize_t sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      result.sent += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      write_error_ = errno;
    }
  }
  result.error = write_error_;
  short_ = short_ || (result.sent < octets.size() && result.error == 0);
  if (fd_ >= 0) watch();
  return result;
}

void Socket::pause_reading() {
  paused_ = true;
  if (fd_ >= 0) watch();
}

// With TLS there may be octets that no event of the socket will tell of.
void Socket::resume_reading() {
  if (!std::exchange(paused_, false) || fd_ < 0) return;
  if (tls_ && tls_->open() && tls_->readable()) take_tls(Clock::now());
  if (fd_ >= 0) watch();
}

void Socket::shutdown_write() {
  if (fd_ < 0 || std::exchange(fin_due_, true)) return;
  if (tls_) {
    tls_->close_notify();
    flush();
  }
  if (!tls_ || tls_->output().empty()) {
    fin_sent_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
  watch();
}

void Socket::watch() {
  const bool out = connecting_ || short_ || (write_error_ == 0 && tls_ && !tls_->output().empty());
  const bool in = !connecting_ && !fin_came_ && (!paused_ || (tls_ && !tls_->open()));
  set_.watch(*this, (in ? std::uint32_t{EPOLLIN} : 0U) | (out ? std::uint32_t{EPOLLOUT} : 0U));
}

void Socket::fail(EndKind kind, int error) {
  if (fd_ < 0) return;
  EndInfo end;
  end.kind = kind;
  end.error = error;
  if (tls_) end.tls = tls_->problem();
  const TimePoint at = Clock::now();
  ::close(std::exchange(fd_, -1));
  handler_.on_end(end, at);
}

}  // namespace wsspec::net
