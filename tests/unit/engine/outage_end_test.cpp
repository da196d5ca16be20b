// The outage handler with a server that stays down, and with one that we started (--start).
#include "fake_run.h"

TEST_CASE("those that made no connection go back to the queue") {
  using Kind = FakeRun::Kind;
  FakeRun run;
  run.outage(State::dead, FakeRun::job("late-1", Kind::never_connected), FakeRun::job("killer"),
             FakeRun::job("late-2", Kind::never_connected));
  CHECK(run.logged() == Log{kDead, "again late-2 (0 refusals)", "again late-1 (0 refusals)"});
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{"killer fail died", "over"});
}

TEST_CASE("if none made a connection, the server was down before: nobody is blamed") {
  using Kind = FakeRun::Kind;
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a", Kind::never_connected),
             FakeRun::job("b", Kind::never_connected));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{kDead, "again b (0 refusals)", "again a (0 refusals)", "over"});
}

TEST_CASE("a server that stays down: waited for, then none of several suspects is judged") {
  for (const State how : {State::dead, State::stuck}) {
    CAPTURE(static_cast<int>(how));
    const int patience =
        how == State::dead ? OutageHandler::kDeadPatienceMs : OutageHandler::kStuckPatienceMs;
    FakeRun run;
    run.server = how;
    run.outage(how, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
    run.logged();
    run.pass(patience - 100);
    CHECK(run.handler.phase() == Phase::recovering);
    CHECK(run.log.empty());
    run.pass(300);
    CHECK(run.handler.phase() == Phase::gave_up);
    CHECK(run.logged() == Log{"a error -", "b error -", "c error -", "gave up"});
    CHECK(run.cause("a") ==
          (how == State::dead ? Cause::died_among_others : Cause::stuck_among_others));
    CHECK(run.fact("a").count == 2);
    CHECK_FALSE(run.handler.has_suspects());
  }
}

TEST_CASE("a server that stays down: the one of several that it read last is blamed") {
  using Kind = FakeRun::Kind;
  FakeRun run;
  run.outage(State::dead, FakeRun::job("early", Kind::unanswered, 20),
             FakeRun::job("answered", Kind::answered), FakeRun::job("last", Kind::unanswered, 90));
  run.logged();
  run.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(run.logged() == Log{"last fail died", "again answered (0 refusals)",
                            "again early (0 refusals)", "gave up"});
  CHECK(run.cause("last") == Cause::died_at_last_read);
  CHECK(run.fact("last").count == 2);
}

TEST_CASE("nobody is blamed for being read last where that was long before, or two were") {
  using Kind = FakeRun::Kind;
  FakeRun two, old;
  two.outage(State::dead, FakeRun::job("a", Kind::unanswered, 80),
             FakeRun::job("b", Kind::unanswered, 90));
  two.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(two.results["b"].verdict == result::Verdict::error);
  auto waits = FakeRun::job("waits", Kind::unanswered, 90);
  waits->ended_at += std::chrono::seconds(2);
  old.outage(State::dead, std::move(waits), FakeRun::job("answered", Kind::answered));
  old.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(old.results["waits"].verdict == result::Verdict::error);
}

TEST_CASE("a suspect that stopped the server alone, for good: the others are not run") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
  run.server = State::alive;
  run.pass(200);
  run.server = State::dead;
  run.alone_ends(State::dead);
  run.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(run.logged() == Log{kDead, "alone a", "a fail died", "again c (0 refusals)",
                            "again b (0 refusals)", "gave up"});
  CHECK_FALSE(run.handler.has_suspects());
}

TEST_CASE("one suspect, and the server stays down: no other scenario is mentioned") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"));
  run.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(run.cause("a") == Cause::died);
}

TEST_CASE("a server that dies is given up sooner than one that is stuck") {
  FakeRun dead, stuck;
  dead.outage(State::dead, FakeRun::job("a"));
  stuck.outage(State::stuck, FakeRun::job("a"));
  const int between = OutageHandler::kDeadPatienceMs + 500;
  dead.pass(between);
  stuck.pass(between);
  CHECK(dead.handler.phase() == Phase::gave_up);
  CHECK(stuck.handler.phase() == Phase::recovering);
  stuck.server = State::alive;
  stuck.pass(200);
  CHECK(stuck.logged().back() == "over");
}

TEST_CASE("a health check without an answer is awaited, not repeated") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"));
  run.server = State::alive;
  run.answers_after_looks = 10;  // 50 ms, then every 20 ms
  const double took = run.pass(1000);
  CHECK(run.checks == 1);
  CHECK(took == doctest::Approx(1 + 50 + 10 * 20));
  CHECK(run.logged().back() == "over");
}

TEST_CASE("how the server is after a suspect ran alone decides how long it is waited for") {
  FakeRun run;
  run.outage(State::stuck, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::alive;
  run.pass(200);
  run.server = State::dead;
  run.alone_ends(State::dead);
  CHECK(run.results["a"].cls == result::Class::died);
  run.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(run.handler.phase() == Phase::gave_up);
}

TEST_CASE("a run that is stopped takes the suspects: the handler has none left") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  CHECK(run.handler.has_suspects());
  const auto taken = run.handler.take_suspects();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0]->result.name == "a");
  CHECK_FALSE(run.handler.has_suspects());
}

TEST_CASE("a server that we started is started again, also for an only suspect") {
  StartedRun run;
  run.restart = OutageHandler::Restart::pending;
  run.outage(State::dead, FakeRun::job("killer"));
  CHECK(run.logged() == Log{kDead, "restart"});
  run.pass(5000);  // no patience of ours: the restart has its own
  CHECK(run.handler.phase() == Phase::recovering);
  run.restart = OutageHandler::Restart::up;
  run.pass(200);
  CHECK(run.logged() == Log{"alone killer"});
  run.alone_ends(State::dead);
  // It is not published before it is known how the server ended.
  CHECK(run.logged() == Log{"restart"});
  CHECK(run.handler.has_suspects());
  run.pass(200);
  CHECK(run.logged() == Log{"killer fail died", "over"});
  CHECK(run.results["killer"].reproduction.alone == true);
  REQUIRE(run.results["killer"].server_end);
  CHECK(run.results["killer"].server_end->exit_status == 2);
}

TEST_CASE("an only suspect that does not do it again is to blame all the same") {
  StartedRun run;
  run.outage(State::dead, FakeRun::job("killer"));
  run.pass(200);
  run.alone_ends(State::alive);
  CHECK(run.logged() == Log{kDead, "restart", "alone killer", "killer fail died", "over"});
  CHECK(run.results["killer"].reproduction.alone == false);
  CHECK(run.results["killer"].server_end->exit_status == 1);
}

TEST_CASE("a stuck server that we started is ended first") {
  StartedRun run;
  run.outage(State::stuck, FakeRun::job("a"), FakeRun::job("b"));
  CHECK(run.logged() == Log{kStuck, "end and restart"});
}

TEST_CASE("a server that cannot be started again: the suspects are not judged") {
  StartedRun run;
  run.restart = OutageHandler::Restart::failed;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.pass(200);
  CHECK(run.logged() == Log{kDead, "restart", "a error -", "b error -", "gave up"});
  CHECK(run.results["a"].server_end->exit_status == 1);
}

TEST_CASE("a run that is stopped gets the one that is to blame already") {
  StartedRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.pass(200);
  run.alone_ends(State::dead);
  const auto culprit = run.handler.take_culprit();
  REQUIRE(culprit);
  CHECK(culprit->result.verdict == result::Verdict::fail);
  CHECK_FALSE(run.handler.take_culprit());
}

TEST_CASE(
    "a server that was only silent for a while, and that no suspect stops, has not gone down") {
  for (const bool started : {false, true}) {
    CAPTURE(started);
    StartedRun run;
    run.started_by_us = started;
    run.outage(State::silent, FakeRun::job("a"), FakeRun::job("b"));
    run.pass(200);
    run.alone_ends(State::alive);
    run.alone_ends(State::alive);
    const Log log = run.logged();
    CHECK(std::vector(log.end() - 3, log.end()) == Log{"a pass -", "b pass -", "over"});
  }
}

TEST_CASE("a server that refuses with 503 and has room again: all suspects are asked again") {
  FakeRun run;
  run.outage(State::full, FakeRun::job("a"), FakeRun::complete_job("b"));
  run.server = State::full;
  run.pass(500);
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{kFull, "again b (0 refusals)", "again a (0 refusals)", "over"});
  CHECK(run.handler.phase() == Phase::none);
  CHECK_FALSE(run.handler.slots_leaked());
}

TEST_CASE("a server that goes on refusing leaks its slots: one finding, the rest is not run") {
  FakeRun run;
  run.outage(State::full, FakeRun::job("a"), FakeRun::complete_job("b"));
  run.server = State::full;
  run.pass(5000);
  CHECK(run.logged() == Log{kFull, "a fail leaks", "again b (0 refusals)", "gave up"});
  CHECK(run.cause("a") == Cause::slots_leaked_in_run);
  CHECK(run.fact("a").count == 61);
  CHECK(run.handler.phase() == Phase::gave_up);
  CHECK(run.handler.slots_leaked());
}

TEST_CASE("a server that we started is ended and started again when its slots are gone") {
  StartedRun run;
  run.outage(State::full, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::full;
  run.pass(5000);
  CHECK(run.logged() == Log{kFull, "a fail leaks", "again b (0 refusals)", "end and restart"});
  run.restart = OutageHandler::Restart::up;
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{"over"});
  run.outage(State::full, FakeRun::job("c"));  // it is known by now
  run.server = State::full;
  run.restart = OutageHandler::Restart::pending;
  run.pass(5000);
  CHECK(run.logged() == Log{kFull, "again c (0 refusals)", "end and restart"});
}

TEST_CASE("a scenario that made no connection in outage after outage is skipped in the end") {
  using Kind = FakeRun::Kind;
  for (const int cleared : {0, 4, 5}) {
    CAPTURE(cleared);
    FakeRun run;
    auto late = FakeRun::job("late", Kind::never_connected);
    late->cleared = cleared;
    run.outage(State::dead, FakeRun::job("killer"), std::move(late));
    const Log log = run.logged();
    REQUIRE(log.size() == 2);
    CHECK(log[1] == (cleared < 5 ? "again late (0 refusals)" : "late skipped -"));
    if (cleared == 5) CHECK(run.cause("late") == Cause::server_down);
  }
}

TEST_CASE("a server that drops new connections and serves old ones leaks its slots") {
  FakeRun run;
  auto met = FakeRun::job("met");
  met->turned_away = true;
  run.fresh = engine::NewOnes::turned_away;
  run.outage(State::dead, FakeRun::job("a", FakeRun::Kind::unanswered, 50), std::move(met));
  run.pass(5000);
  CHECK(run.logged() == Log{kDead, "met fail leaks", "again a (0 refusals)", "gave up"});
  CHECK(run.cause("met") == Cause::slots_leaked_in_run);
  CHECK(run.fact("met").detail == "dropped a new one without an answer");
  CHECK(run.handler.slots_leaked());
}

TEST_CASE("one that answers no handshake where nothing else was open cannot be told from a hang") {
  FakeRun run;
  auto met = FakeRun::job("met");
  met->turned_away = true;
  run.fresh = engine::NewOnes::unanswered;
  run.server = State::silent;
  run.outage(State::silent, std::move(met));
  run.pass(5000);
  CHECK(run.logged() == Log{kDead, "met error -", "gave up"});
  CHECK(run.cause("met") == Cause::no_new_connections);
  CHECK(run.fact("met").count == 61);
  CHECK_FALSE(run.handler.slots_leaked());
}

TEST_CASE("a suspect that was served itself is to blame, whatever new connections meet") {
  FakeRun run;
  run.fresh = engine::NewOnes::unanswered;
  run.outage(State::dead, FakeRun::job("a"));
  run.pass(5000);
  CHECK(run.logged() == Log{kDead, "a fail died", "gave up"});
}

TEST_CASE("where it is known that slots leak, all are asked again after a restart, twice each") {
  StartedRun run;
  run.handler.slots_are_gone(run.now);
  run.pass(200);
  run.logged();
  run.fresh = engine::NewOnes::unanswered;
  auto met = FakeRun::job("met");
  run.outage(State::dead, std::move(met));
  CHECK(run.logged() == Log{kDead, "again met (0 refusals)", "end and restart"});
  run.pass(200);
  CHECK(run.logged() == Log{"over"});
  auto again = FakeRun::job("again");
  again->asked_again = 2;
  run.outage(State::dead, std::move(again));
  CHECK(run.logged() == Log{kDead, "restart"});
  run.pass(200);
  CHECK(run.logged() == Log{"alone again"});
}
