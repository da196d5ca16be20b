// Figures that need the library from inside: the UTF-8 validator against an octet loop, and a
// flat-out burst through the engine against a plain send loop, both in this process and this run.
// One line a figure: name, value, unit; tests/bench/run makes the table.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "engine/session.h"
#include "net/loop.h"
#include "wire/handshake.h"
#include "wire/message.h"
#include "wire/utf8.h"

using namespace wsspec;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The obvious validator: one octet, one transition.
bool octet_loop(wire::Octets text) {
  int due = 0;
  std::uint8_t low = 0x80, high = 0xbf;
  for (const std::uint8_t c : text) {
    if (due > 0) {
      if (c < low || c > high) return false;
      low = 0x80;
      high = 0xbf;
      --due;
    } else if (c < 0x80) {
      continue;
    } else if (c >= 0xc2 && c <= 0xdf) {
      due = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
      due = 2;
      if (c == 0xe0) low = 0xa0;
      if (c == 0xed) high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
      due = 3;
      if (c == 0xf0) low = 0x90;
      if (c == 0xf4) high = 0x8f;
    } else {
      return false;
    }
  }
  return due == 0;
}

template <typename Work>
double best_rate(std::size_t octets, Work work) {
  double best = 0;
  for (int round = 0; round < 9; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < 20; ++i) work();
    best = std::max(best, 20.0 * static_cast<double>(octets) / seconds_since(start));
  }
  return best;
}

void utf8() {
  std::vector<std::uint8_t> ascii(1 << 20);
  for (std::size_t i = 0; i < ascii.size(); ++i) ascii[i] = static_cast<std::uint8_t>(' ' + i % 90);
  volatile bool sink = false;
  const double slow = best_rate(ascii.size(), [&] { sink = octet_loop(ascii); });
  const double fast = best_rate(ascii.size(), [&] {
    wire::Utf8Validator validator;
    sink = !validator.feed(ascii).has_value();
  });
  fmt::print("utf8_ascii_gb_s {:.2f}\nutf8_octet_loop_gb_s {:.2f}\nutf8_ratio {:.2f}\n", fast / 1e9,
             slow / 1e9, fast / slow);
}

/// A server that answers any handshake and then only reads. After `close_after` octets it sends
/// Close 1008 once, notes when, and reads on.
class Sink {
 public:
  Sink() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Sink() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port = 0;
  std::atomic<std::uint64_t> close_after{0};
  std::atomic<std::int64_t> close_sent_ns{0};
  std::atomic<std::uint64_t> received{0};

 private:
  void serve() {
    std::vector<char> buffer(256 * 1024);
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      std::string head;
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) break;
        head.append(buffer.data(), static_cast<std::size_t>(n));
      }
      const auto at = head.find("Sec-WebSocket-Key: ");
      const std::string key = at == std::string::npos ? "" : head.substr(at + 19, 24);
      const std::string answer =
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: " +
          wire::accept_for(key) + "\r\n\r\n";
      (void)!::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      std::uint64_t total = 0;
      bool closed = false;
      for (;;) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) break;
        total += static_cast<std::uint64_t>(n);
        received = total;
        if (close_after > 0 && total >= close_after && !closed) {
          closed = true;
          const unsigned char frame[] = {0x88, 0x02, 0x03, 0xf0};
          close_sent_ns = Clock::now().time_since_epoch().count();
          (void)!::send(fd, frame, sizeof frame, MSG_NOSIGNAL);
        }
      }
      ::close(fd);
    }
  }
  int listener_ = -1;
  std::thread thread_;
};

constexpr std::uint64_t kFrames = 40'000'000;  // of 22 octets: 880 MB

net::Address address_of(std::uint16_t port) {
  return net::resolve("127.0.0.1", port)->front();
}

scenario::BurstStep burst_step(std::uint64_t count) {
  scenario::BurstStep step;
  scenario::Item item;
  item.payload = scenario::Payload::text("sixteen octets..");
  step.items = {item};
  step.count = count;
  return step;
}

struct BurstFigures {
  double seconds = 0;
  double close_noticed_ms = -1;
};

BurstFigures engine_burst(Sink& sink, std::uint64_t frames) {
  auto loop = net::Loop::create();
  if (!loop) std::abort();
  engine::SessionSetup setup;
  setup.address = address_of(sink.port);
  setup.host = "bench";
  setup.path = "/";
  engine::Session session(**loop, setup, [] {});
  session.start();
  while (!session.connected_ok() && !session.is_over()) (*loop)->run_once();
  const auto start = Clock::now();
  if (session.burst(burst_step(frames))) std::abort();
  while (session.busy() && !session.is_over()) (*loop)->run_once();
  BurstFigures figures;
  figures.seconds = seconds_since(start);
  if (session.close_received())
    figures.close_noticed_ms =
        static_cast<double>(session.close_at().time_since_epoch().count() - sink.close_sent_ns) /
        1e6;
  return figures;
}

double plain_burst(Sink& sink, std::uint64_t frames) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = address_of(sink.port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0)
    std::abort();
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const std::string head = wire::encode(wire::client_handshake("bench", "/", key, {}, {}, {}));
  (void)!::send(fd, head.data(), head.size(), MSG_NOSIGNAL);
  char answer[1024];
  (void)!::recv(fd, answer, sizeof answer, 0);
  wire::OctetVector chunk;
  wire::FrameHeader header;
  header.masked = true;
  header.key = {1, 2, 3, 4};
  while (chunk.size() < 256 * 1024) {
    const auto frame = wire::encode_frame(header, wire::as_octets("sixteen octets.."));
    chunk.insert(chunk.end(), frame.begin(), frame.end());
  }
  std::uint64_t left = frames * 22;
  const auto start = Clock::now();
  while (left > 0) {
    const ssize_t n =
        ::send(fd, chunk.data(), std::min<std::uint64_t>(left, chunk.size()), MSG_NOSIGNAL);
    if (n <= 0) std::abort();
    left -= static_cast<std::uint64_t>(n);
  }
  const double seconds = seconds_since(start);
  ::close(fd);
  return seconds;
}

void bursts() {
  Sink sink;
  std::vector<double> ratios;
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    const double plain = plain_burst(sink, kFrames);
    const double engine = engine_burst(sink, kFrames).seconds;
    ratios.push_back(plain / engine);
    best = std::max(best, static_cast<double>(kFrames) / engine);
  }
  std::sort(ratios.begin(), ratios.end());
  fmt::print("burst_million_frames_s {:.1f}\nburst_ratio {:.2f}\n", best / 1e6, ratios[2]);
  std::vector<double> noticed;
  sink.close_after = 64u << 20;
  for (int round = 0; round < 20; ++round) {
    const auto figures = engine_burst(sink, kFrames);
    if (figures.close_noticed_ms < 0) std::abort();
    noticed.push_back(figures.close_noticed_ms);
  }
  std::sort(noticed.begin(), noticed.end());
  fmt::print("close_noticed_median_ms {:.3f}\nclose_noticed_worst_ms {:.3f}\n", noticed[10],
             noticed.back());
}

}  // namespace

int main() {
  net::global_init();
  utf8();
  bursts();
}
