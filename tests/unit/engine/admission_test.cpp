// When a scenario may start: slots, --connect-rate, quiet windows, another try after a refusal.
#include "engine/admission.h"

#include <doctest/doctest.h>

#include "loader/load.h"

using namespace wsspec;
using engine::Admission;
using engine::Job;
using engine::RunnerOptions;
using std::chrono::milliseconds;

namespace {

scenario::Profile profile(const std::string& policies) {
  auto out = loader::load_profile({"p.json", "{\"policy\": {" + policies + "}}", false}, {});
  REQUIRE(out.problems.empty());
  return out.profile;
}

scenario::Scenario weighing(std::uint64_t weight, bool exclusive = false) {
  scenario::Scenario out;
  out.weight = weight;
  out.exclusive = exclusive;
  return out;
}

Job job_of(const Admission& admission, const scenario::Scenario& scenario) {
  Job out;
  out.scenario = &scenario;
  admission.describe(out);
  return out;
}

RunnerOptions with_jobs(std::uint64_t jobs) {
  RunnerOptions out;
  out.jobs = jobs;
  return out;
}

const net::TimePoint kStart = net::TimePoint{} + std::chrono::hours(1);

}  // namespace

TEST_CASE("a weight takes so many slots, none takes one, too many take the whole pool") {
  const auto any = profile("");
  Admission admission(with_jobs(4), any, kStart);
  const auto none = weighing(0), three = weighing(3), crowd = weighing(500);
  const Job one = job_of(admission, none), heavy = job_of(admission, three);
  CHECK(one.weight == 1);
  CHECK(heavy.weight == 3);
  CHECK(job_of(admission, crowd).weight == 4);

  admission.started(heavy);
  CHECK(admission.has_room(one, false));
  CHECK_FALSE(admission.has_room(heavy, false));
  admission.started(one);
  CHECK_FALSE(admission.has_room(one, false));
  admission.ended(heavy, {}, kStart);
  CHECK(admission.has_room(heavy, false));
}

TEST_CASE("an exclusive scenario waits for all slots, and for a health check") {
  const auto any = profile("");
  Admission admission(with_jobs(4), any, kStart);
  const auto light = weighing(1), alone = weighing(1, true);
  const Job one = job_of(admission, light), exclusive = job_of(admission, alone);
  CHECK(exclusive.weight == 4);
  CHECK(admission.has_room(exclusive, false));
  CHECK_FALSE(admission.has_room(exclusive, true));
  CHECK(admission.has_room(one, true));
  admission.started(one);
  CHECK_FALSE(admission.has_room(exclusive, false));

  Job second_look = job_of(admission, light);
  admission.make_exclusive(second_look);
  CHECK_FALSE(admission.has_room(second_look, false));
}

TEST_CASE("a declared number of connections is the number of slots") {
  const auto eight = profile(R"("connections": {"limit": 8})");
  CHECK(Admission(with_jobs(100), eight, kStart).slots() == 6);
  CHECK(Admission(with_jobs(2), eight, kStart).slots() == 2);
}

TEST_CASE("--connect-rate counts each start, without a burst after a pause") {
  const auto any = profile("");
  RunnerOptions options;
  options.connect_rate = 100;
  Admission admission(options, any, kStart);
  CHECK(admission.take_turn(kStart) == kStart);
  CHECK(admission.take_turn(kStart) == kStart + milliseconds(10));  // not started, not counted
  CHECK(admission.take_turn(kStart) == kStart + milliseconds(10));
  const auto later = kStart + milliseconds(500);
  CHECK(admission.take_turn(later) == later);
  CHECK(admission.take_turn(later) > later);

  Admission unlimited(RunnerOptions{}, any, kStart);
  for (int i = 0; i < 1000; ++i) CHECK(unlimited.take_turn(kStart) == kStart);
}

TEST_CASE("a job that was refused waits for its next try, the others do not") {
  const auto any = profile("");
  const Admission admission(with_jobs(4), any, kStart);
  const auto light = weighing(1);
  Job refused = job_of(admission, light);
  CHECK(admission.may_start_at(refused, kStart) <= kStart);
  refused.not_before = kStart + milliseconds(200);
  CHECK(admission.may_start_at(refused, kStart) == kStart + milliseconds(200));
  CHECK(admission.may_start_at(job_of(admission, light), kStart) <= kStart);
}

TEST_CASE("a policy that all connections share: quiet before it, and for its penalty after it") {
  const auto shared = profile(
      R"("strikes": {"limit": 2, "window_ms": 300, "penalty_ms": 700, "scope": "address"})");
  Admission admission(with_jobs(4), shared, kStart);
  scenario::Scenario strikes = weighing(1), other = weighing(1);
  strikes.requires_ = {scenario::requirement_of("policy.strikes")};
  const Job about_it = job_of(admission, strikes), another = job_of(admission, other);
  CHECK(about_it.weight == 4);
  CHECK(another.weight == 1);

  CHECK(admission.may_start_at(about_it, kStart) == kStart + milliseconds(300));
  CHECK(admission.may_start_at(another, kStart) <= kStart);
  admission.started(another);
  admission.ended(another, {}, kStart + milliseconds(100));
  CHECK(admission.may_start_at(about_it, kStart) == kStart + milliseconds(400));
  admission.health_check_ended(kStart + milliseconds(150));
  CHECK(admission.may_start_at(about_it, kStart) == kStart + milliseconds(450));

  admission.started(about_it);
  admission.ended(about_it, {}, kStart + milliseconds(500));
  CHECK(admission.quiet_until() == kStart + milliseconds(1500));
  CHECK(admission.may_start_at(another, kStart) == kStart + milliseconds(1500));
}

TEST_CASE("a rate that all connections share: one at a time, with pauses") {
  const auto shared =
      profile(R"("message_rate": {"limit": 10, "window_ms": 1000, "scope": "address"})");
  Admission admission(with_jobs(4), shared, kStart);
  const auto light = weighing(1);
  const Job one = job_of(admission, light);
  CHECK(admission.one_at_a_time());
  CHECK(one.weight == 4);
  admission.started(one);
  admission.ended(one, {.messages = 6}, kStart);
  CHECK(admission.may_start_at(one, kStart) > kStart + milliseconds(1000));
}
