#include "engine/health_check.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

#include "engine/scenario_run.h"
#include "net/connection.h"

using namespace wsspec;

namespace {

struct Server {
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<net::Listener> listener;
  int accepted = -1;
  Server() {
    net::global_init(4096);
    loop = std::move(*net::Loop::create());
    listener = std::move(*net::Listener::listen(*loop, net::resolve("127.0.0.1", 0)->front(),
                                                [this](int fd) { accepted = fd; }));
  }
  ~Server() { ::close(accepted); }
  net::Address address() const { return net::resolve("127.0.0.1", listener->port())->front(); }
  void say(std::string_view text) const {
    REQUIRE(::send(accepted, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  void run(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      net::Timer nap(*loop, [] {});
      nap.start(std::chrono::milliseconds(1));
      loop->run_once();
    }
  }
};

}  // namespace

// Its owner may be freed before it, and the server may say more until then.
TEST_CASE("a health check that has ended tells nothing any more") {
  for (const bool ends : {false, true}) {
    Server server;
    const scenario::Profile profile;
    engine::RunContext context{{*server.loop, server.address(), "a.example", "/"}};
    context.profile = &profile;
    int told = 0;
    engine::HealthCheck check(context, false, [&] { ++told; });
    check.start();
    while (server.accepted < 0) server.run(1);
    server.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n");
    for (int i = 0; i < 1000 && check.state() == engine::HealthCheck::State::pending; ++i)
      server.run(1);
    CHECK(check.state() == engine::HealthCheck::State::alive);
    const int before = told;
    CHECK(before > 0);
    if (ends) check.end();
    server.say("more");
    server.run(50);
    CHECK((told > before) == !ends);
  }
}
