#include "sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "wire/handshake.h"

namespace wsspec::bench {

Sink::Sink() {
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

Sink::~Sink() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::vector<Sink::Arrival> Sink::arrivals() {
  ended_.wait(taken_);  // the connection may end a moment after its client
  ++taken_;
  const std::lock_guard lock(mutex_);
  return std::move(arrivals_);
}

void Sink::serve() {
  std::vector<char> buffer(256 * 1024);
  for (int fd; (fd = ::accept(listener_, nullptr, nullptr)) >= 0;) {
    serve_one(fd, buffer);
    ::close(fd);
  }
}

void Sink::serve_one(int fd, std::vector<char>& buffer) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return;
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
  const bool noting = note_arrivals;
  std::vector<Arrival> arrivals;
  for (ssize_t n; (n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    total += static_cast<std::uint64_t>(n);
    if (noting) arrivals.push_back({Clock::now(), total});
    if (close_after > 0 && total >= close_after && !closed) {
      closed = true;
      const unsigned char frame[] = {0x88, 0x02, 0x03, 0xf0};
      close_sent_ns = Clock::now().time_since_epoch().count();
      (void)!::send(fd, frame, sizeof frame, MSG_NOSIGNAL);
    }
  }
  if (!noting) return;
  const std::lock_guard lock(mutex_);
  arrivals_ = std::move(arrivals);
  ++ended_;
  ended_.notify_one();
}

net::Address address_of(std::uint16_t port) {
  return net::resolve("127.0.0.1", port)->front();
}

scenario::BurstStep burst_step(std::uint64_t count, std::optional<double> per_second) {
  scenario::BurstStep step;
  scenario::Item item;
  item.payload = scenario::Payload::text(kText);
  step.items = {item};
  step.count = count;
  step.per_second = per_second;
  return step;
}

Client::Client(const Sink& sink) {
  auto made = net::Loop::create();
  if (!made) std::abort();
  loop = std::move(*made);
  session::SessionSetup setup;
  const net::Address address = address_of(sink.port);
  setup.transport = net::tcp_client(*loop, address, {});
  setup.peer = address.text;
  setup.host = "bench";
  setup.path = "/";
  session = std::make_unique<session::Session>(*loop, setup, [] {});
  session->start();
  const auto& record = session->record();
  while (record.phase != session::Phase::open && !record.is_over()) loop->run_once();
  if (record.is_over()) std::abort();
}

void Client::burst(const scenario::BurstStep& step) {
  session->burst(step);
  while (session->busy() && !session->record().is_over()) loop->run_once();
}

int plain_client(const Sink& sink) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = address_of(sink.port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0)
    std::abort();
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const std::string head =
      wire::encode(wire::client_handshake("bench", "/", "dGhlIHNhbXBsZSBub25jZQ==", {}, {}, {}));
  (void)!::send(fd, head.data(), head.size(), MSG_NOSIGNAL);
  char answer[1024];
  (void)!::recv(fd, answer, sizeof answer, 0);
  return fd;
}

}  // namespace wsspec::bench
