// A server that turns new connections away, told from one that is stuck or gone.
#include "engine/new_connections.h"

#include <doctest/doctest.h>

using namespace wsspec;
using engine::HealthCheck;
using engine::NewConnections;
using engine::NewOnes;
using Away = engine::TargetSeen::TurnedAway;

namespace {

const engine::Ends kMany{.opened = 100, .unclosed = 61};

net::TimePoint at(int ms) {
  return net::TimePoint{} + std::chrono::milliseconds(1000 + ms);
}

}  // namespace

TEST_CASE("turned away: the server goes on serving those that were open") {
  for (const bool dropped : {true, false}) {
    CAPTURE(dropped);
    NewConnections fresh;
    fresh.seen(Away{at(0), dropped});
    fresh.checked(HealthCheck::State::dead, Away{at(50), dropped});
    const int margin = dropped ? 20 : 250;
    CHECK(fresh.now(kMany, at(margin)) == NewOnes::unanswered);  // may have been sent before
    CHECK(fresh.now(kMany, at(margin + 1)) == NewOnes::turned_away);
    CHECK(fresh.now({.opened = 100, .unclosed = 7}, at(1000)) == NewOnes::no_matter);
  }
}

TEST_CASE("a server that refuses TCP has ended") {
  NewConnections fresh;
  fresh.seen(Away{at(0), true});
  fresh.checked(HealthCheck::State::dead, std::nullopt);
  CHECK(fresh.now(kMany, at(1000)) == NewOnes::no_matter);
}

TEST_CASE("a server that was seen to be well has turned away nothing") {
  NewConnections fresh;
  fresh.seen(Away{at(0), true});
  fresh.checked(HealthCheck::State::alive, std::nullopt);
  fresh.checked(HealthCheck::State::silent, Away{at(900), false});
  CHECK(fresh.now(kMany, at(1000)) == NewOnes::unanswered);
}
