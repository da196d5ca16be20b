// A run without sockets, for the tests of the outage handler: the test says what is in flight, how
// the server does, and what time it is.
#pragma once

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
  engine::NewOnes fresh = engine::NewOnes::no_matter;
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
  engine::Ends ends() const override { return {.opened = 100, .unclosed = 61}; }
  engine::NewOnes new_ones() const override { return fresh; }
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
const std::string kFull =
    "the server refuses a fresh handshake with HTTP 503; finding out which scenario did it";
const std::string kStuck =
    "the server is stuck: a fresh connection is opened, but a message on it gets no answer; "
    "finding out which scenario did it";

struct StartedRun : FakeRun {
  StartedRun() {
    started_by_us = true;
    restart = OutageHandler::Restart::up;
    server = State::alive;
  }
};

}  // namespace
