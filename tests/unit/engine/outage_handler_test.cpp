// Which scenario stopped the server: the transitions of the outage handler while it comes back.
#include "fake_run.h"

TEST_CASE("one scenario in flight, the server comes back by itself: that one is blamed") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("killer"));
  CHECK(run.logged() == Log{kDead});
  CHECK(run.handler.phase() == Phase::recovering);
  run.pass(500);
  CHECK(run.logged().empty());
  CHECK(run.checks > 5);
  run.server = State::alive;
  run.pass(100);
  CHECK(run.logged() == Log{"killer fail died", "over"});
  CHECK(run.cause("killer") == Cause::died_for_a_while);
  CHECK(run.handler.phase() == Phase::none);
  CHECK_FALSE(run.handler.has_suspects());
}

TEST_CASE("while anything is in flight the outage drains: no health check, no alarm") {
  FakeRun run;
  run.in_flight = 2;
  run.handler.server_down(FakeRun::job("a"), State::dead, run.now);
  CHECK(run.handler.phase() == Phase::draining);
  run.in_flight = 1;
  run.handler.add_suspect(FakeRun::job("b"), run.now);
  CHECK(run.handler.phase() == Phase::draining);
  CHECK_FALSE(run.alarm);
  CHECK(run.checks == 0);
  // The last one was published by the runner: its own health check had ended well.
  run.in_flight = 0;
  run.handler.in_flight_ended(run.now);
  CHECK(run.handler.phase() == Phase::recovering);
  CHECK(run.alarm);
}

TEST_CASE("a second health check that finds the server down changes nothing but the suspects") {
  FakeRun run;
  run.in_flight = 1;
  run.handler.server_down(FakeRun::job("a"), State::stuck, run.now);
  run.in_flight = 0;
  run.handler.server_down(FakeRun::job("b"), State::dead, run.now);
  CHECK(run.logged() == Log{kStuck});
  run.pass(OutageHandler::kStuckPatienceMs + 1000);
  CHECK(run.logged() == Log{"a error -", "b error -", "gave up"});
}

TEST_CASE("nothing in flight that ends outside of an outage begins one") {
  FakeRun run;
  run.handler.in_flight_ended(run.now);
  run.handler.on_time(run.now);
  CHECK(run.handler.phase() == Phase::none);
  CHECK(run.log.empty());
  CHECK(run.checks == 0);
}

TEST_CASE("several in flight: they run again alone, and the one that kills is blamed") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"),
             FakeRun::job("c", FakeRun::Kind::answered));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.handler.phase() == Phase::isolating);
  CHECK(run.logged() == Log{kDead, "alone a"});

  run.alone_ends(State::alive);  // isolating -> isolating
  CHECK(run.handler.phase() == Phase::isolating);
  CHECK(run.logged() == Log{"alone b"});

  run.server = State::dead;
  run.alone_ends(State::dead);  // isolating -> recovering
  CHECK(run.handler.phase() == Phase::recovering);
  // The one that is left is no suspect any more: it has its turn like any other.
  CHECK(run.logged() == Log{"b fail died", "a pass -", "again c (0 refusals)"});
  CHECK(run.cause("b") == Cause::died);
  CHECK(run.fact("b").text == "(run alone) ");
  CHECK(run.results["b"].reproduction.alone == true);
  CHECK_FALSE(run.handler.has_suspects());

  run.pass(1000);
  CHECK(run.handler.phase() == Phase::recovering);
  run.server = State::alive;
  run.pass(200);
  CHECK(run.handler.phase() == Phase::none);
  CHECK(run.logged() == Log{"over"});
}

TEST_CASE("several may stop the server, each alone") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
  for (const char* alone : {"alone a", "alone b"}) {
    run.logged();
    run.server = State::alive;
    run.pass(200);
    CHECK(run.logged().back() == alone);
    run.server = State::dead;
    run.alone_ends(State::dead);
  }
  run.server = State::alive;
  run.pass(200);
  run.alone_ends(State::alive);
  CHECK(run.logged() == Log{"b fail died", "alone c", "c pass -", "over"});
}

TEST_CASE("the likeliest runs alone first: of a dead server the one it read last") {
  using Kind = FakeRun::Kind;
  FakeRun run;
  run.outage(State::dead, FakeRun::job("answered", Kind::answered, 90),
             FakeRun::job("early", Kind::unanswered, 40),
             FakeRun::job("last", Kind::unanswered, 95));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{kDead, "alone last"});
  run.alone_ends(State::alive);
  run.alone_ends(State::alive);
  CHECK(run.logged() == Log{"alone early", "alone answered"});
}

TEST_CASE("the likeliest runs alone first: of a stuck server the one it read first") {
  using Kind = FakeRun::Kind;
  FakeRun run;
  run.outage(State::stuck, FakeRun::job("late", Kind::unanswered, 95),
             FakeRun::job("first", Kind::unanswered, 40));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{kStuck, "alone first"});
}

TEST_CASE("what the server never read is no suspect beside what it had read") {
  using Kind = FakeRun::Kind;
  FakeRun run;
  run.outage(State::dead, FakeRun::job("unread-1", Kind::unread), FakeRun::job("killer"),
             FakeRun::job("unread-2", Kind::unread));
  CHECK(run.logged() == Log{kDead, "again unread-2 (0 refusals)", "again unread-1 (0 refusals)"});
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{"killer fail died", "over"});
}

TEST_CASE("one that had ended is a suspect, and keeps its verdict if another one is to blame") {
  FakeRun run;
  run.outage(State::dead, FakeRun::complete_job("ended"), FakeRun::job("killer"));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{kDead, "alone killer"});
  run.server = State::dead;
  run.alone_ends(State::dead);
  CHECK(run.logged() == Log{"killer fail died", "ended pass -"});
}

TEST_CASE("a server that goes down after all was answered: those that had ended are suspects") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("late", FakeRun::Kind::never_connected),
             FakeRun::complete_job("killer"));
  CHECK(run.logged() == Log{kDead, "again late (0 refusals)"});
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{"killer fail died", "over"});
}

TEST_CASE("a suspect that fails alone on a server that lives keeps its own finding") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::alive;
  run.pass(200);
  run.alone->result.fact = result::fact(Cause::echo_differs);
  run.alone_ends(State::alive, result::Verdict::fail);
  run.alone->result.fact = result::fact(Cause::echo_differs);
  run.alone_ends(State::stuck, result::Verdict::fail);
  CHECK(run.cause("a") == Cause::echo_differs);
  CHECK(run.cause("b") == Cause::stuck);
  REQUIRE(run.fact("b").of.size() == 1);
  CHECK(run.fact("b").of.front().cause == Cause::echo_differs);
  CHECK(run.results["b"].cls == result::Class::hung);
  CHECK(run.handler.phase() == Phase::recovering);
}

TEST_CASE("no suspect kills alone, all at the same time do: one finding, with the names") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
  run.server = State::alive;
  run.pass(200);
  run.alone_ends(State::alive);
  run.alone_ends(State::alive, result::Verdict::tolerated);
  run.alone_ends(State::alive);
  CHECK(run.handler.phase() == Phase::together);
  CHECK(run.logged() == Log{kDead, "alone a", "alone b", "alone c", "together a b c"});
  CHECK(run.handler.has_suspects() == false);  // they run
  run.server = State::dead;
  run.together_end(result::Verdict::error);
  run.pass(200);
  CHECK(run.handler.phase() == Phase::recovering);
  CHECK(run.logged() == Log{"a fail died", "b tolerated -", "c pass -"});
  CHECK(run.cause("a") == Cause::died_together);
  const result::Reproduction& how = run.results["a"].reproduction;
  CHECK(how.alone == false);
  CHECK(how.with == std::vector<std::string>{"b", "c"});
  CHECK(how.jobs == 3);
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{"over"});
}

TEST_CASE("neither one alone nor all at the same time: nobody is blamed, one is not judged") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::alive;
  run.pass(200);
  run.alone_ends(State::alive);
  run.alone_ends(State::alive);
  run.together_end(result::Verdict::fail);
  run.pass(200);
  CHECK(run.logged() ==
        Log{kDead, "alone a", "alone b", "together a b", "a error -", "b pass -", "over"});
  CHECK(run.cause("a") == Cause::died_not_repeated);
  CHECK(run.handler.phase() == Phase::none);
}

TEST_CASE("a next outage begins anew: its only suspect is blamed without a second run") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::complete_job("b"));
  run.server = State::alive;
  run.pass(200);
  run.alone_ends(State::dead);
  run.pass(200);
  run.logged();
  run.outage(State::stuck, FakeRun::job("c"));
  run.pass(200);
  CHECK(run.logged() == Log{kStuck, "c fail hung", "over"});
}
