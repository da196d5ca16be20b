// The plain sides of the comparisons over many connections, epoll and nothing else:
//
//   wsspec_bench_peer serve
//       echoes good text, answers other text with Close 1007; prints "listening PORT", ends with
//       its stdin
//   wsspec_bench_peer rounds PORT TOTAL AT_ONCE good|bad
//       TOTAL connections, AT_ONCE of them at a time, each: handshake, one text, its answer, Close,
//       end; prints how many got what they should
//   wsspec_bench_peer measure PROGRAM [ARG...]
//       runs it; prints seconds, own CPU seconds, peak KiB, exit code (measured by Python, the peak
//       of a small program would be Python's own)
//
// Only as much of WebSocket as these two say to each other, wsspec, npm ws and python3-websockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wire/handshake.h"
#include "wire/utf8.h"

namespace {

using wsspec::wire::as_octets;

constexpr std::string_view kGood = "a text of 32 octets, all of them";
constexpr std::string_view kBad = "\xce\xba\xe1\xbd\xb9\xff not UTF-8";
constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// Small enough for one send into an empty buffer.
void send_all(int fd, std::string_view octets) {
  if (::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(octets.size()))
    ::shutdown(fd, SHUT_RDWR);
}

/// A frame of at most 125 octets; a client's is masked with four zero octets.
std::string frame(unsigned opcode, std::string_view payload, bool masked) {
  std::string out;
  out += static_cast<char>(0x80 | opcode);
  out += static_cast<char>((masked ? 0x80 : 0) | payload.size());
  if (masked) out.append(4, '\0');
  out += payload;
  return out;
}

struct Frame {
  unsigned opcode = 0;
  std::string payload;
};

/// Takes one frame of at most 125 octets off the front of `buffer`.
bool take_frame(std::string& buffer, Frame& out) {
  if (buffer.size() < 2) return false;
  const auto second = static_cast<unsigned char>(buffer[1]);
  const std::size_t head = (second & 0x80) != 0 ? 6 : 2;
  const std::size_t length = second & 0x7f;
  if (buffer.size() < head + length) return false;
  out.opcode = static_cast<unsigned char>(buffer[0]) & 0xf;
  out.payload = buffer.substr(head, length);
  if (head == 6)
    for (std::size_t i = 0; i < length; ++i)
      out.payload[i] = static_cast<char>(out.payload[i] ^ buffer[2 + i % 4]);
  buffer.erase(0, head + length);
  return true;
}

/// False at the end of the stream.
bool read_some(int fd, std::string& buffer) {
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t n = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (n > 0)
      buffer.append(piece.data(), static_cast<std::size_t>(n));
    else
      return n < 0 && (errno == EAGAIN || errno == EINTR);
    if (static_cast<std::size_t>(n) < piece.size()) return true;
  }
}

void watch(int poller, int fd, unsigned events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl");
}

void no_delay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

struct Served {
  std::string buffer;
  bool upgraded = false;
  bool closed = false;  ///< we have sent a Close: nothing may follow it
};

/// False: the connection is over.
bool answer(int fd, Served& one) {
  if (!one.upgraded) {
    const auto end = one.buffer.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const auto at = one.buffer.find("Sec-WebSocket-Key: ");
    if (at == std::string::npos || at > end) return false;
    send_all(fd,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: " +
                 wsspec::wire::accept_for(one.buffer.substr(at + 19, 24)) + "\r\n\r\n");
    one.buffer.erase(0, end + 4);
    one.upgraded = true;
  }
  for (Frame got; take_frame(one.buffer, got);) {
    if (got.opcode == 8) {
      if (!one.closed) send_all(fd, frame(8, got.payload, false));
      return false;
    }
    if (one.closed) continue;
    if (got.opcode == 1) {
      one.closed = wsspec::wire::check_utf8(as_octets(got.payload)).has_value();
      send_all(fd, one.closed ? frame(8, "\x03\xef", false) : frame(1, got.payload, false));
    } else if (got.opcode == 9) {
      send_all(fd, frame(10, got.payload, false));
    }
  }
  return true;
}

int serve() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    give_up("listen");
  const int poller = epoll_create1(0);
  watch(poller, listener, EPOLLIN);
  watch(poller, STDIN_FILENO, EPOLLIN);
  std::printf("listening %u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::unordered_map<int, Served> all;
  std::array<epoll_event, 256> events;
  for (;;) {
    const int n = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == STDIN_FILENO) return 0;
      if (fd == listener) {
        for (int made; (made = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          no_delay(made);
          watch(poller, made, EPOLLIN);
        }
        continue;
      }
      Served& one = all[fd];
      const bool open = read_some(fd, one.buffer);
      if (answer(fd, one) && open) continue;
      all.erase(fd);
      ::close(fd);
    }
  }
}

struct Caller {
  std::string buffer;
  enum class State { connecting, handshake, answer, closing } state = State::connecting;
  bool right = false;
};

/// False: the connection is over.
bool call(int fd, Caller& one, bool good) {
  using State = Caller::State;
  if (one.state == State::handshake) {
    const auto end = one.buffer.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    if (one.buffer.substr(0, 12) != "HTTP/1.1 101") return false;
    one.buffer.erase(0, end + 4);
    send_all(fd, frame(1, good ? kGood : kBad, true));
    one.state = State::answer;
  }
  for (Frame got; take_frame(one.buffer, got);) {
    if (one.state == State::answer) {
      const bool closed = got.opcode == 8;
      one.right = good ? got.opcode == 1 && got.payload == kGood
                       : closed && got.payload.substr(0, 2) == "\x03\xef";
      send_all(fd, frame(8, closed ? got.payload.substr(0, 2) : "\x03\xe8", true));
      one.state = State::closing;
    } else if (got.opcode != 8) {
      one.right = false;
    }
  }
  return true;
}

int rounds(unsigned port, std::size_t total, std::size_t at_once, bool good) {
  const auto address = loopback(port);
  const std::string hello = "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: " +
                            kKey + "\r\nSec-WebSocket-Version: 13\r\n\r\n";
  const int poller = epoll_create1(0);
  std::unordered_map<int, Caller> open;
  std::size_t begun = 0, right = 0;
  std::array<epoll_event, 256> events;
  const auto fill = [&] {
    while (begun < total && open.size() < at_once) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (fd < 0) give_up("socket");
      no_delay(fd);
      if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
          errno != EINPROGRESS)
        give_up("connect");
      watch(poller, fd, EPOLLOUT);
      open[fd];
      ++begun;
    }
  };
  for (fill(); !open.empty(); fill()) {
    const int n = epoll_wait(poller, events.data(), static_cast<int>(events.size()), 10000);
    if (n == 0) break;  // lost: the count tells
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      Caller& one = open[fd];
      if (one.state == Caller::State::connecting) {
        send_all(fd, hello);
        one.state = Caller::State::handshake;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
        continue;
      }
      const bool more = read_some(fd, one.buffer);
      if (call(fd, one, good) && more) continue;
      if (one.state == Caller::State::closing && one.right) ++right;
      open.erase(fd);
      ::close(fd);
    }
  }
  std::printf("%zu of %zu\n", right, total);
  return right == total ? 0 : 1;
}

int measure(char** command) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execv(command[0], command);
    _exit(127);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || wait4(child, &status, 0, &used) != child) give_up("measure");
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  std::printf("%f %f %ld %d\n", seconds, in_seconds(used.ru_utime) + in_seconds(used.ru_stime),
              used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &limit);
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "serve") return serve();
  if (what == "rounds" && argc == 6) {
    const auto number = [&](int i) { return std::strtoul(argv[i], nullptr, 10); };
    return rounds(static_cast<unsigned>(number(2)), number(3), number(4),
                  std::string_view(argv[5]) == "good");
  }
  if (what == "measure" && argc > 2) return measure(argv + 2);
  std::fputs(
      "usage: wsspec_bench_peer serve | rounds PORT TOTAL AT_ONCE good|bad | "
      "measure PROGRAM [ARG...]\n",
      stderr);
  return 2;
}
