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
  bool started_by_us = false;
  OutageHandler::Restart restart = OutageHandler::Restart::pending;
  mutable int deaths = 0;  ///< that were asked about: each has its exit status
  net::TimePoint now{};
  std::optional<net::TimePoint> alarm;
  std::unique_ptr<Job> alone;   ///< runs alone now
  OutageHandler::Jobs company;  ///< run together now
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
  void run_together(OutageHandler::Jobs jobs) override {
    std::string names;
    for (const auto& job : jobs) names += " " + job->result.name;
    log.push_back("together" + names);
    in_flight = static_cast<int>(jobs.size());
    company = std::move(jobs);
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
  bool restarts() const override { return started_by_us; }
  void begin_restart(State found) override {
    log.push_back(found == State::dead ? "restart" : "end and restart");
  }
  OutageHandler::Restart restart_state() override { return restart; }
  result::ServerEnd server_end() const override { return {.exit_status = ++deaths}; }
  void notice(const std::string& text) override { log.push_back(text); }
  void outage_over() override {
    log.push_back(handler.phase() == Phase::gave_up ? "gave up" : "over");
  }

  using Kind = engine::Trace::Kind;
  static std::unique_ptr<Job> job(const std::string& name, Kind kind = Kind::unanswered,
                                  int written_ms = 0) {
    static std::deque<scenario::Scenario> scenarios;
    scenarios.emplace_back().name = name;
    auto out = std::make_unique<Job>();
    out->scenario = &scenarios.back();
    out->result = engine::result_head(scenarios.back());
    out->result.verdict = result::Verdict::pass;
    const auto written = net::TimePoint{} + std::chrono::milliseconds(written_ms);
    out->trace = {kind, written, written};
    out->ended_at = net::TimePoint{} + std::chrono::milliseconds(100);
    out->refusals = kind == Kind::never_connected ? 1 : 0;
    return out;
  }
  /// One whose end was as it should be, at most just before the server's.
  static std::unique_ptr<Job> complete_job(const std::string& name) {
    auto out = job(name, Kind::answered);
    out->complete = true;
    return out;
  }
  /// All that run together end, with these verdicts.
  void together_end(result::Verdict verdict) {
    auto jobs = std::exchange(company, {});
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {  // not in the order they began
      (*job)->result = engine::result_head(*(*job)->scenario);
      (*job)->result.verdict = verdict;
      --in_flight;
      handler.ran_together(std::move(*job), now);
    }
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
    const auto waits = [&] {
      return handler.phase() == Phase::recovering || handler.phase() == Phase::together;
    };
    while (alarm && *alarm <= until && waits()) {
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

namespace {

struct StartedRun : FakeRun {
  StartedRun() {
    started_by_us = true;
    restart = OutageHandler::Restart::up;
    server = State::alive;
  }
};

}  // namespace

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
