// The loop on real sockets of this machine.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/loop.h"

using namespace wsspec::net;

namespace {

struct Recorder : ConnectionHandler {
  bool opened = false, ended = false;
  std::string data;
  EndInfo end;
  void on_open(TimePoint) override { opened = true; }
  void on_data(std::span<const std::uint8_t> octets, TimePoint) override {
    data.append(octets.begin(), octets.end());
  }
  void on_writable() override {}
  void on_end(const EndInfo& info, TimePoint) override {
    ended = true;
    end = info;
  }
};

struct Fixture {
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Listener> listener;
  std::vector<int> accepted;
  Fixture() {
    global_init(1024);
    loop = std::move(*Loop::create());
    listener = std::move(*Listener::listen(*loop, resolve("127.0.0.1", 0)->front(), [this](int fd) {
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
      accepted.push_back(fd);
    }));
  }
  Address address() const { return resolve("127.0.0.1", listener->port())->front(); }
  template <typename Done>
  void run_until(Done done) {
    bool late = false;
    Timer limit(*loop, [&] { late = true; });
    limit.start(std::chrono::seconds(5));
    while (!done() && !late) loop->run_once();
    REQUIRE_FALSE(late);
  }
};

}  // namespace

TEST_CASE("octets go both ways and a FIN is told as the end of the stream") {
  Fixture f;
  Recorder recorder;
  auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
  REQUIRE(connection.has_value());
  f.run_until([&] { return recorder.opened && !f.accepted.empty(); });
  const std::uint8_t hello[] = {'h', 'i'};
  CHECK((*connection)->send(hello).sent == 2);
  char buffer[8];
  CHECK(::recv(f.accepted[0], buffer, sizeof buffer, 0) == 2);
  CHECK(::send(f.accepted[0], "you", 3, 0) == 3);
  ::close(f.accepted[0]);
  f.run_until([&] { return recorder.ended; });
  CHECK(recorder.data == "you");
  CHECK(recorder.end.kind == EndKind::eof);
}

TEST_CASE("what arrived before a reset is told before the reset") {
  Fixture f;
  for (int round = 0; round < 50; ++round) {
    f.accepted.clear();
    Recorder recorder;
    auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
    REQUIRE(connection.has_value());
    f.run_until([&] { return recorder.opened && !f.accepted.empty(); });
    // Unread data at close() makes TCP answer with RST.
    const std::vector<std::uint8_t> flood(100000, 'x');
    (*connection)->send(flood);
    CHECK(::send(f.accepted[0], "last words", 10, 0) == 10);
    ::close(f.accepted[0]);
    f.run_until([&] { return recorder.ended; });
    CHECK(recorder.data == "last words");
    CHECK(recorder.end.kind == EndKind::reset);
  }
}

TEST_CASE("a refused connect ends with its errno") {
  Fixture f;
  const auto address = f.address();
  f.listener.reset();
  Timer nap(*f.loop, [] {});
  nap.start(std::chrono::milliseconds(20));
  while (nap.pending()) f.loop->run_once();
  Recorder recorder;
  auto connection = Connection::connect(*f.loop, address, {}, recorder);
  if (connection) {
    f.run_until([&] { return recorder.ended; });
    CHECK(recorder.end.kind == EndKind::connect_failed);
    CHECK(recorder.end.error == ECONNREFUSED);
  } else {
    CHECK(connection.error().find("refused") != std::string::npos);
  }
}

TEST_CASE("a connection may be destroyed from inside its own callbacks") {
  struct Suicidal : Recorder {
    std::unique_ptr<Connection> connection;
    void on_data(std::span<const std::uint8_t>, TimePoint) override { connection.reset(); }
  };
  Fixture f;
  Suicidal handler;
  handler.connection = std::move(*Connection::connect(*f.loop, f.address(), {}, handler));
  f.run_until([&] { return handler.opened && !f.accepted.empty(); });
  CHECK(::send(f.accepted[0], "bye", 3, 0) == 3);
  f.run_until([&] { return handler.connection == nullptr; });
  char buffer[8];
  f.run_until([&] { return ::recv(f.accepted[0], buffer, sizeof buffer, MSG_DONTWAIT) == 0; });
  CHECK_FALSE(handler.ended);
  ::close(f.accepted[0]);
}

TEST_CASE("timers fire in order, once, and run_once returns although only a timer was due") {
  Fixture f;
  std::string order;
  Timer second(*f.loop, [&] { order += 'b'; });
  Timer first(*f.loop, [&] { order += 'a'; });
  Timer never(*f.loop, [&] { order += 'x'; });
  second.start(std::chrono::milliseconds(20));
  first.start(std::chrono::milliseconds(5));
  never.start(std::chrono::milliseconds(1));
  never.cancel();
  const auto start = Clock::now();
  while (order.size() < 2) f.loop->run_once();
  CHECK(order == "ab");
  CHECK(ms_between(start, Clock::now()) < 1000);
}

TEST_CASE("a paused connection leaves octets in the kernel, a resumed one reads them") {
  Fixture f;
  Recorder recorder;
  auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
  REQUIRE(connection.has_value());
  f.run_until([&] { return recorder.opened && !f.accepted.empty(); });
  (*connection)->pause_reading();
  CHECK(::send(f.accepted[0], "later", 5, 0) == 5);
  Timer nap(*f.loop, [] {});
  nap.start(std::chrono::milliseconds(50));
  while (nap.pending()) f.loop->run_once();
  CHECK(recorder.data.empty());
  (*connection)->resume_reading();
  f.run_until([&] { return recorder.data == "later"; });
  ::close(f.accepted[0]);
}

TEST_CASE("addresses: loopback is told apart, a Unix path has its limits") {
  CHECK(resolve("127.0.0.1", 80)->front().loopback());
  CHECK_FALSE(resolve("192.0.2.1", 80)->front().loopback());
  CHECK(resolve("::1", 80)->front().loopback());
  CHECK(unix_address("/run/x").has_value());
  CHECK_FALSE(unix_address(std::string(108, 'x')).has_value());
  CHECK_FALSE(resolve("no-such-host.invalid", 80).has_value());
}
