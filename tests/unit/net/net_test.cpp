// The loop on real sockets of this machine, each test with poll() and with libev.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "net/connection.h"
#include "net/loop.h"

using namespace wsspec::net;

namespace {

struct Recorder : TransportHandler {
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

struct Poll {
  static constexpr std::uint64_t connections = 1;
};
struct Libev {
  static constexpr std::uint64_t connections = Loop::kPollConnections + 1;
};

template <typename Kind>
struct Fixture {
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Listener> listener;
  std::vector<int> accepted;
  Fixture() {
    global_init(4096);
    loop = std::move(*Loop::create(Kind::connections));
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

TEST_CASE_TEMPLATE("octets go both ways and a FIN is told as the end of the stream", Kind, Poll,
                   Libev) {
  Fixture<Kind> f;
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

TEST_CASE_TEMPLATE("what arrived before a reset is told before the reset", Kind, Poll, Libev) {
  Fixture<Kind> f;
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

// The socket is readable and writable in the loop's first round, and libwebsockets reads first.
TEST_CASE_TEMPLATE("what a server says or does before the loop runs is told as after a connect",
                   Kind, Poll, Libev) {
  Fixture<Kind> f;
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&name), size) == 0);
  REQUIRE(::listen(listening, 1) == 0);
  REQUIRE(::getsockname(listening, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  const auto address = resolve("127.0.0.1", ntohs(name.sin_port))->front();
  for (const std::string banner : {"220 mail.example", ""}) {
    CAPTURE(banner);
    Recorder recorder;
    auto connection = Connection::connect(*f.loop, address, {}, recorder);
    REQUIRE(connection.has_value());
    const int fd = ::accept(listening, nullptr, nullptr);
    CHECK(::send(fd, banner.data(), banner.size(), 0) == static_cast<ssize_t>(banner.size()));
    ::close(fd);
    f.run_until([&] { return recorder.ended; });
    CHECK(recorder.opened == !banner.empty());
    CHECK(recorder.data == banner);
    CHECK(recorder.end.kind == EndKind::eof);
  }
  ::close(listening);
}

TEST_CASE_TEMPLATE("a refused connect ends with its errno", Kind, Poll, Libev) {
  Fixture<Kind> f;
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
    CHECK(connection.error().text.find("refused") != std::string::npos);
  }
}

TEST_CASE_TEMPLATE("a connection may be destroyed from inside its own callbacks", Kind, Poll,
                   Libev) {
  struct Suicidal : Recorder {
    std::unique_ptr<Connection> connection;
    void on_data(std::span<const std::uint8_t>, TimePoint) override { connection.reset(); }
  };
  Fixture<Kind> f;
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

// Under libev, a paused connection is told nothing of a reset.
TEST_CASE("one that is destroyed while the library closes it takes no other with it") {
  struct Suicidal : Recorder {
    std::unique_ptr<Connection> connection;
    void on_data(std::span<const std::uint8_t>, TimePoint) override { connection.reset(); }
  };
  Fixture<Poll> f;
  for (int round = 0; round < 10; ++round) {
    f.accepted.clear();
    Suicidal handler;
    handler.connection = std::move(*Connection::connect(*f.loop, f.address(), {}, handler));
    f.run_until([&] { return handler.opened && !f.accepted.empty(); });
    // Unread data at close() makes TCP answer with RST; what came before it is read only when the
    // library closes the paused connection.
    const std::vector<std::uint8_t> flood(100000, 'x');
    handler.connection->send(flood);
    handler.connection->pause_reading();
    CHECK(::send(f.accepted[0], "bye", 3, 0) == 3);
    ::close(f.accepted[0]);
    handler.connection->want_write();
    f.run_until([&] { return handler.connection == nullptr; });
    // It may stand where the other one stood.
    Recorder next;
    auto other = Connection::connect(*f.loop, f.address(), {}, next);
    REQUIRE(other.has_value());
    f.run_until([&] { return next.opened && f.accepted.size() == 2; });
    CHECK(::send(f.accepted[1], "hi", 2, 0) == 2);
    f.run_until([&] { return next.data == "hi" || next.ended; });
    CHECK_FALSE(next.ended);
    ::close(f.accepted[1]);
  }
}

TEST_CASE_TEMPLATE("timers fire in order, once, and run_once returns although only a timer was due",
                   Kind, Poll, Libev) {
  Fixture<Kind> f;
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

TEST_CASE_TEMPLATE("a paused connection leaves octets in the kernel, a resumed one reads them",
                   Kind, Poll, Libev) {
  Fixture<Kind> f;
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

TEST_CASE("libev waits where more connections are expected than poll() is good for") {
  global_init(1024);
  CHECK((*Loop::create())->libev() == false);
  CHECK((*Loop::create(Loop::kPollConnections))->libev() == false);
  CHECK((*Loop::create(Loop::kPollConnections + 1))->libev() == true);
}

TEST_CASE_TEMPLATE("another thread ends the wait", Kind, Poll, Libev) {
  Fixture<Kind> f;
  std::atomic<bool> woken{false};
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    woken = true;
    f.loop->wake();
  });
  f.run_until([&] { return woken.load(); });
  waker.join();
}

TEST_CASE_TEMPLATE("a signal ends the wait", Kind, Poll, Libev) {
  Fixture<Kind> f;
  static std::atomic<bool> caught;
  caught = false;
  struct sigaction action {};
  action.sa_handler = [](int) { caught = true; };
  struct sigaction before {};
  sigaction(SIGALRM, &action, &before);
  const itimerval alarm{{0, 0}, {0, 30000}};
  setitimer(ITIMER_REAL, &alarm, nullptr);
  f.run_until([] { return caught.load(); });
  sigaction(SIGALRM, &before, nullptr);
}

TEST_CASE_TEMPLATE("a timer that is set while octets pour in fires in time", Kind, Poll, Libev) {
  struct Pouring : Recorder {
    int fd = -1;
    std::unique_ptr<Timer> timer;
    void on_data(std::span<const std::uint8_t> octets, TimePoint) override {
      if (timer && !timer->pending()) timer->start(std::chrono::milliseconds(2));
      (void)!::send(fd, octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
  };
  Fixture<Kind> f;
  Pouring handler;
  auto connection = Connection::connect(*f.loop, f.address(), {}, handler);
  REQUIRE(connection.has_value());
  f.run_until([&] { return handler.opened && !f.accepted.empty(); });
  handler.fd = f.accepted[0];
  int fired = 0;
  handler.timer = std::make_unique<Timer>(*f.loop, [&] { ++fired; });
  CHECK(::send(handler.fd, "x", 1, 0) == 1);  // every round from now on has an event
  f.run_until([&] { return fired == 20; });
  handler.timer.reset();
  ::close(handler.fd);
}

TEST_CASE_TEMPLATE("waiting for a timer takes no CPU time, a millisecond is met", Kind, Poll,
                   Libev) {
  Fixture<Kind> f;
  const auto cpu = std::clock();
  const auto start = Clock::now();
  int fired = 0;
  Timer timer(*f.loop, [&] {
    if (++fired < 200) timer.start(std::chrono::milliseconds(1));
  });
  timer.start(std::chrono::milliseconds(1));
  f.run_until([&] { return fired == 200; });
  const double wall = ms_between(start, Clock::now());
  const double share = 1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / wall;
  CHECK(wall >= 200);
  CHECK(share < 0.5);  // the library's own timers: 1.0
}

TEST_CASE_TEMPLATE("what waited for the loop is told with how long that may have been", Kind, Poll,
                   Libev) {
  Fixture<Kind> f;
  struct : Recorder {
    Loop* loop = nullptr;
    Duration lag{};
    void on_data(std::span<const std::uint8_t> octets, TimePoint at) override {
      lag = loop->lag();
      Recorder::on_data(octets, at);
    }
  } recorder;
  recorder.loop = f.loop.get();
  auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
  REQUIRE(connection.has_value());
  f.run_until([&] { return recorder.opened && !f.accepted.empty(); });
  f.loop->keep_time();
  Timer busy(*f.loop, [&] {
    CHECK(::send(f.accepted[0], "a", 1, 0) == 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
  });
  busy.start(std::chrono::milliseconds(5));
  f.run_until([&] { return recorder.data == "a"; });
  CHECK(recorder.lag >= std::chrono::milliseconds(60));
  CHECK(f.loop->figures().worst_lag_ms >= 60);
  // A process that is stopped has timers that were due meanwhile.
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Timer idle(*f.loop, [&] { CHECK(::send(f.accepted[0], "b", 1, 0) == 1); });
  idle.start(std::chrono::milliseconds(120));
  f.run_until([&] { return recorder.data == "ab"; });
  CHECK(recorder.lag < std::chrono::milliseconds(40));
}

TEST_CASE_TEMPLATE("a deadline is over when what came before it was told", Kind, Poll, Libev) {
  Fixture<Kind> f;
  Recorder recorder;
  auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
  REQUIRE(connection.has_value());
  f.run_until([&] { return recorder.opened && !f.accepted.empty(); });
  std::string at_deadline = "not over";
  Timer deadline(*f.loop, [&] { at_deadline = recorder.data; });
  Timer busy(*f.loop, [&] {
    CHECK(::send(f.accepted[0], "in time", 7, 0) == 7);
    ::close(f.accepted[0]);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  deadline.start_deadline(std::chrono::milliseconds(20));
  busy.start(std::chrono::milliseconds(1));
  f.run_until([&] { return at_deadline != "not over"; });
  CHECK(at_deadline == "in time");
}

TEST_CASE_TEMPLATE("timers may be started, cancelled and destroyed by each other", Kind, Poll,
                   Libev) {
  Fixture<Kind> f;
  std::string order;
  std::unique_ptr<Timer> doomed;
  Timer cancelled(*f.loop, [&] { order += 'x'; });
  Timer late(*f.loop, [&] { order += 'c'; });
  Timer first(*f.loop, [&] {
    order += 'a';
    doomed.reset();
    cancelled.cancel();
    late.start(std::chrono::milliseconds(1));
  });
  Timer again(*f.loop, [&] {
    order += 'b';
    if (order.size() < 6) again.start_at(Clock::now() - std::chrono::seconds(1));  // at once
  });
  doomed = std::make_unique<Timer>(*f.loop, [&] { order += 'y'; });
  const auto soon = Clock::now() + std::chrono::milliseconds(5);
  first.start_at(soon);
  for (Timer* timer : {&cancelled, &again, doomed.get()})
    timer->start_at(soon + std::chrono::microseconds(100));
  late.start(std::chrono::hours(1));
  f.run_until([&] { return order.size() >= 6 && !late.pending(); });
  CHECK(order.find('x') == std::string::npos);
  CHECK(order.find('y') == std::string::npos);
  CHECK(order.front() == 'a');
  CHECK(std::count(order.begin(), order.end(), 'c') == 1);
}

TEST_CASE_TEMPLATE("a connection that is dropped between two rounds is closed at once", Kind, Poll,
                   Libev) {
  Fixture<Kind> f;
  Recorder recorder;
  auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
  REQUIRE(connection.has_value());
  f.run_until([&] { return recorder.opened && !f.accepted.empty(); });
  connection->reset();
  char octet;
  const auto start = Clock::now();
  Timer tick(*f.loop, [&] { tick.start(std::chrono::milliseconds(5)); });
  tick.start(std::chrono::milliseconds(5));
  f.run_until([&] { return ::recv(f.accepted[0], &octet, 1, MSG_DONTWAIT) == 0; });
  CHECK(ms_between(start, Clock::now()) < 1000);
  ::close(f.accepted[0]);
}

TEST_CASE_TEMPLATE("six hundred connections at once lose nothing", Kind, Poll, Libev) {
  constexpr std::size_t kCount = 600;
  Fixture<Kind> f;
  std::vector<Recorder> recorders(kCount);
  std::vector<std::unique_ptr<Connection>> connections;
  for (auto& recorder : recorders) {
    auto connection = Connection::connect(*f.loop, f.address(), {}, recorder);
    REQUIRE(connection.has_value());
    connections.push_back(std::move(*connection));
  }
  const auto all = [&](auto one) { return std::all_of(recorders.begin(), recorders.end(), one); };
  f.run_until([&] {
    return f.accepted.size() == kCount && all([](const Recorder& r) { return r.opened; });
  });
  // Octets that are never read make each close() a reset.
  const std::vector<std::uint8_t> unread(1000, 'x');
  for (auto& connection : connections) CHECK(connection->send(unread).sent == unread.size());
  for (const int fd : f.accepted) {
    CHECK(::send(fd, "last words", 10, 0) == 10);
    ::close(fd);
  }
  f.run_until([&] { return all([](const Recorder& r) { return r.ended; }); });
  CHECK(all([](const Recorder& r) { return r.data == "last words"; }));
  CHECK(all([](const Recorder& r) { return r.end.kind == EndKind::reset; }));
}
