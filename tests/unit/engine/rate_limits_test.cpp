// Which scenarios run alone, how many connections at once, when a shared rate has enough left.
#include "engine/rate_limits.h"

#include <doctest/doctest.h>

#include "loader/load.h"

using namespace wsspec;
using engine::connections_allowed;
using engine::quiet_window_of;
using engine::too_many_connections;
using std::chrono::milliseconds;

namespace {

scenario::Profile profile(const std::string& policies) {
  const std::string text = "{\"policy\": {" + policies + "}}";
  auto out = loader::load_profile({"p.json", text, false}, {});
  REQUIRE(out.problems.empty());
  return out.profile;
}

scenario::Scenario requiring(const std::vector<std::string>& names, std::uint64_t members = 0) {
  scenario::Scenario made;
  for (const std::string& name : names) made.requires_.push_back(scenario::requirement_of(name));
  if (members > 0) made.groups.push_back({"crowd", members, {}});
  return made;
}

}  // namespace

TEST_CASE(
    "a policy of the connection needs no quiet window; a shared one, or one with a penalty, does") {
  const auto mine = profile(R"("message_rate": {"limit": 5, "window_ms": 300})");
  CHECK_FALSE(quiet_window_of(requiring({"policy.message_rate"}), mine).alone);

  const auto shared = profile(R"("message_rate": {"limit": 5, "window_ms": 300, "scope": "token"},
                                 "strikes": {"limit": 2, "penalty_ms": 700}, "ratio": 9)");
  const auto rate = quiet_window_of(requiring({"echo", "policy.message_rate.counts.text"}), shared);
  CHECK(rate.alone);
  CHECK(rate.before_ms == 300);
  CHECK(rate.after_ms == 300);
  const auto penalty = quiet_window_of(requiring({"policy.strikes"}), shared);
  CHECK(penalty.alone);
  CHECK(penalty.before_ms == 0);
  CHECK(penalty.after_ms == 700);
  CHECK_FALSE(quiet_window_of(requiring({"policy.ratio", "!policy.message_rate"}), shared).alone);

  const auto crowd = profile(R"("connections": 4)");
  CHECK(quiet_window_of(requiring({"policy.connections"}), crowd).alone);
  CHECK(quiet_window_of(requiring({"policy.connections"}), crowd).before_ms > 0);
}

TEST_CASE("no more connections at once than are declared") {
  CHECK(connections_allowed(16, profile("")) == 16);
  CHECK(connections_allowed(16, profile(R"("connections": 100)")) == 16);
  CHECK(connections_allowed(16, profile(R"("connections": 8)")) == 6);
  CHECK(connections_allowed(16, profile(R"("connections": 8, "sessions_per_token": 1)")) == 1);

  const auto eight = profile(R"("connections": 8)");
  CHECK(too_many_connections(requiring({}, 7), eight).empty());
  CHECK(too_many_connections(requiring({}, 8), eight) ==
        "it takes 9 connections at once, and policy.connections.limit is 8");
  CHECK(too_many_connections(requiring({"policy.connections"}, 20), eight).empty());
}

TEST_CASE("a shared rate is free again when half of it has left its window") {
  const auto start = net::Clock::now();
  engine::SharedRates none(profile(R"("message_rate": 10)"));
  CHECK_FALSE(none.any());
  none.used({1000, 0, 0}, start);
  CHECK(none.free_at(start) == start);

  engine::SharedRates rates(profile(R"("message_rate": {"limit": 10, "scope": "address"},
      "control_rate": {"limit": 2, "window_ms": 5000, "scope": "address"})"));
  CHECK(rates.any());
  rates.used({4, 0, 0}, start);
  CHECK(rates.free_at(start) == start);
  rates.used({3, 0, 0}, start + milliseconds(500));
  const auto free = rates.free_at(start + milliseconds(500));
  CHECK(free > start + milliseconds(1000));
  CHECK(free < start + milliseconds(1100));
  CHECK(rates.free_at(free) == free);
  rates.used({0, 2, 0}, start + milliseconds(600));
  CHECK(rates.free_at(start + milliseconds(2000)) > start + milliseconds(5600));
}

TEST_CASE("connections are made below the connect rate") {
  engine::ConnectPace any;
  const auto start = net::Clock::now();
  for (int i = 0; i < 1000; ++i) REQUIRE(any.take(start) == start);

  engine::ConnectPace pace(profile(R"("connect_rate": {"limit": 4, "window_ms": 1000})"));
  for (int i = 0; i < 3; ++i) CHECK(pace.take(start) == start);
  const auto next = pace.take(start);
  CHECK(next > start + milliseconds(1000));
  CHECK(pace.take(next) == next);
  pace.note(next);
  pace.note(next);
  CHECK(pace.take(next) > next);
}
