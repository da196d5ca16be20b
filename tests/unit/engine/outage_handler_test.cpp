// Who stopped the server: each transition of the outage handler, with a runner, a server and a
// clock that are made up.
#include "engine/outage_handler.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

using namespace wsspec;
using engine::HealthCheck;
using engine::Job;
using engine::OutageHandler;
using Phase = OutageHandler::Phase;
using State = HealthCheck::State;
using Log = std::vector<std::string>;

template <>
struct doctest::StringMaker<Log> {
  static doctest::String convert(const Log& log) {
    return fmt::format("[{}]", fmt::join(log, " | ")).c_str();
  }
};

using result::Cause;

namespace {

/// A run without sockets: the test says what is in flight and how the server does; `log` has what
/// the handler did about it.
struct FakeRun : OutageHandler::Host {
  OutageHandler handler{*this};
  Log log;
  int in_flight = 0;
  State server = State::dead;   ///< what a health check finds
  int answers_after_looks = 0;  ///< so often it is still pending
  int looks = 0, checks = 0;
  net::TimePoint now{};
  std::optional<net::TimePoint> alarm;
  std::unique_ptr<Job> alone;  ///< runs alone now
  std::map<std::string, result::ScenarioResult> results;

  bool idle() const override { return in_flight == 0; }
  void begin_health_check() override {
    ++checks;
    looks = 0;
  }
  State health_check_state() override {
    return looks++ < answers_after_looks ? State::pending : server;
  }
  void wake_at(net::TimePoint when) override { alarm = when; }
  void run_alone(std::unique_ptr<Job> job) override {
    log.push_back("alone " + job->result.name);
    alone = std::move(job);
  }
  void queue_again(std::unique_ptr<Job> job) override {
    log.push_back(fmt::format("again {} ({} refusals)", job->result.name, job->refusals));
  }
  void publish(std::unique_ptr<Job> job) override {
    const result::ScenarioResult& result = job->result;
    const char* cls = result::class_name(result.cls);
    log.push_back(fmt::format("{} {} {}", result.name, result::verdict_name(result.verdict),
                              cls != nullptr ? cls : "-"));
    results[result.name] = result;
  }
  void notice(const std::string& text) override { log.push_back(text); }
  void outage_over() override {
    log.push_back(handler.phase() == Phase::gave_up ? "gave up" : "over");
  }

  static std::unique_ptr<Job> job(const std::string& name, bool never_reached = false) {
    static std::deque<scenario::Scenario> scenarios;
    scenarios.emplace_back().name = name;
    auto out = std::make_unique<Job>();
    out->scenario = &scenarios.back();
    out->result = engine::result_head(scenarios.back());
    out->result.verdict = result::Verdict::pass;
    out->never_reached_server = never_reached;
    out->refusals = never_reached ? 1 : 0;
    return out;
  }
  /// The first of `suspects` finds the server down, the others end after it.
  void outage(State how, std::vector<std::unique_ptr<Job>> suspects) {
    in_flight = static_cast<int>(suspects.size()) - 1;
    handler.server_down(std::move(suspects.front()), how, now);
    for (std::size_t i = 1; i < suspects.size(); ++i) {
      --in_flight;
      handler.add_suspect(std::move(suspects[i]), now);
    }
  }
  template <class... Jobs>
  void outage(State how, Jobs... jobs) {
    std::vector<std::unique_ptr<Job>> list;
    (list.push_back(std::move(jobs)), ...);
    outage(how, std::move(list));
  }
  /// Lets time pass, alarm by alarm; returns the milliseconds that passed.
  double pass(int ms) {
    const auto from = now;
    const auto until = now + std::chrono::milliseconds(ms);
    while (alarm && *alarm <= until && handler.phase() == Phase::recovering) {
      now = *alarm;
      alarm.reset();
      handler.on_time(now);
    }
    return net::ms_between(from, now);
  }
  /// The suspect that runs alone ends, with the server in this state after it.
  void alone_ends(State state, result::Verdict verdict = result::Verdict::pass) {
    REQUIRE(alone);
    alone->result.verdict = verdict;
    handler.ran_alone(std::move(alone), state, now);
  }
  Log logged() { return std::exchange(log, {}); }
  const result::Fact& fact(const std::string& name) { return results[name].fact; }
  Cause cause(const std::string& name) { return fact(name).cause; }
};

const std::string kDead =
    "the server does not answer a fresh handshake; finding out which scenario did it";
const std::string kStuck =
    "the server is stuck: a fresh connection is opened, but a message on it gets no answer; "
    "finding out which scenario did it";

}  // namespace

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
  CHECK(run.logged() == Log{"the server stays down", "a fail hung", "b fail hung", "gave up"});
}

TEST_CASE("nothing in flight that ends outside of an outage begins one") {
  FakeRun run;
  run.handler.in_flight_ended(run.now);
  run.handler.on_time(run.now);
  CHECK(run.handler.phase() == Phase::none);
  CHECK(run.log.empty());
  CHECK(run.checks == 0);
}

TEST_CASE("several in flight: each runs again alone, only the one that kills is blamed") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.handler.phase() == Phase::isolating);
  CHECK(run.logged() == Log{kDead, "alone a"});

  run.alone_ends(State::alive);  // isolating -> isolating
  CHECK(run.handler.phase() == Phase::isolating);
  CHECK(run.logged() == Log{"a pass -", "alone b"});

  run.server = State::dead;
  run.alone_ends(State::dead);  // isolating -> recovering
  CHECK(run.handler.phase() == Phase::recovering);
  CHECK(run.logged() == Log{"b fail died"});
  CHECK(run.cause("b") == Cause::died);
  CHECK(run.fact("b").text == "(run alone) ");

  run.pass(1000);
  CHECK(run.handler.phase() == Phase::recovering);
  run.server = State::alive;
  run.pass(200);
  CHECK(run.handler.phase() == Phase::isolating);
  // One suspect is left, and it still has to be shown that it kills.
  CHECK(run.logged() == Log{"alone c"});
  run.alone_ends(State::alive, result::Verdict::tolerated);
  CHECK(run.handler.phase() == Phase::none);
  CHECK(run.logged() == Log{"c tolerated -", "over"});
}

TEST_CASE("a suspect that fails alone on a server that lives keeps its own finding") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::alive;
  run.pass(200);
  run.alone->result.fact = result::fact(Cause::echo_differs);
  run.alone_ends(State::alive, result::Verdict::fail);
  CHECK(run.cause("a") == Cause::echo_differs);
  run.alone->result.fact = result::fact(Cause::echo_differs);
  run.alone_ends(State::stuck, result::Verdict::fail);
  CHECK(run.cause("b") == Cause::stuck);
  REQUIRE(run.fact("b").of.size() == 1);
  CHECK(run.fact("b").of.front().cause == Cause::echo_differs);
  CHECK(run.results["b"].cls == result::Class::hung);
  CHECK(run.handler.phase() == Phase::recovering);
}

TEST_CASE("no suspect kills alone: the outage ends without a finding") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::alive;
  run.pass(200);
  run.alone_ends(State::alive);
  run.alone_ends(State::alive);
  CHECK(run.logged() == Log{kDead, "alone a", "a pass -", "alone b", "b pass -", "over"});
}

TEST_CASE("a next outage begins anew: its only suspect is blamed without a second run") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"));
  run.server = State::alive;
  run.pass(200);
  run.alone_ends(State::alive);
  run.alone_ends(State::alive);
  run.logged();
  run.outage(State::stuck, FakeRun::job("c"));
  run.pass(200);
  CHECK(run.logged() == Log{kStuck, "c fail hung", "over"});
}

TEST_CASE("those that never reached the server go back to the queue, if another one did") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("late-1", true), FakeRun::job("killer"),
             FakeRun::job("late-2", true));
  CHECK(run.logged() == Log{kDead, "again late-1 (0 refusals)", "again late-2 (0 refusals)"});
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{"killer fail died", "over"});
}

TEST_CASE("if none reached the server, a handshake may have stopped it: all are suspects") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a", true), FakeRun::job("b", true));
  run.server = State::alive;
  run.pass(200);
  CHECK(run.logged() == Log{kDead, "alone a"});
}

TEST_CASE("a server that stays down: waited for, then all suspects are blamed") {
  for (const State how : {State::dead, State::stuck}) {
    CAPTURE(static_cast<int>(how));
    const int patience =
        how == State::dead ? OutageHandler::kDeadPatienceMs : OutageHandler::kStuckPatienceMs;
    const std::string cls = how == State::dead ? "died" : "hung";
    FakeRun run;
    run.server = how;
    run.outage(how, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
    run.logged();
    run.pass(patience - 100);
    CHECK(run.handler.phase() == Phase::recovering);
    CHECK(run.log.empty());
    run.pass(300);
    CHECK(run.handler.phase() == Phase::gave_up);
    CHECK(run.logged() == Log{"the server stays down", "a fail " + cls, "b fail " + cls,
                              "c fail " + cls, "gave up"});
    CHECK((run.cause("a") == Cause::died_among_others ||
           run.cause("a") == Cause::stuck_among_others));
    CHECK(run.fact("a").count == 2);
    CHECK_FALSE(run.handler.has_suspects());
  }
}

TEST_CASE("a suspect that stopped the server alone, for good: the others are not judged") {
  FakeRun run;
  run.outage(State::dead, FakeRun::job("a"), FakeRun::job("b"), FakeRun::job("c"));
  run.server = State::alive;
  run.pass(200);
  run.server = State::dead;
  run.alone_ends(State::dead);
  run.logged();
  run.pass(OutageHandler::kDeadPatienceMs + 500);
  CHECK(run.logged() == Log{"the server stays down", "b error -", "c error -", "gave up"});
  CHECK(run.cause("b") == Cause::server_down);
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
