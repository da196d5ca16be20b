// In which order a run starts its scenarios.
#include "engine/start_order.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace wsspec::engine {
namespace {

scenario::Step wait(int ms) {
  scenario::Step step;
  step.what = scenario::WaitStep{ms};
  return step;
}

struct Fixture {
  std::deque<scenario::Scenario> scenarios;
  JobQueue jobs;

  Fixture& add(const std::string& name, int ms = 0, std::uint64_t weight = 1) {
    auto& one = scenarios.emplace_back();
    one.name = name;
    if (ms > 0) one.steps.push_back(wait(ms));
    jobs.push_back(std::make_unique<Job>());
    jobs.back()->scenario = &one;
    jobs.back()->weight = weight;
    return *this;
  }
  std::string order(std::uint64_t slots) {
    std::string out;
    for (const auto& job : in_start_order(std::move(jobs), slots)) out += job->scenario->name;
    return out;
  }
};

}  // namespace

TEST_CASE("those that take all slots come last, in their order") {
  CHECK(Fixture().add("a").add("X", 0, 4).add("b", 0, 3).add("Y", 500, 4).add("c").order(4) ==
        "abcXY");
}

TEST_CASE("those that ask for it come first, in their order") {
  for (const auto& [slots, order] : {std::pair{1u, "FGaXb"}, std::pair{4u, "FGabX"}}) {
    Fixture f;
    f.add("a").add("X", 0, 4).add("F", 0, 4).scenarios.back().first = true;
    f.add("b").add("G").scenarios.back().first = true;
    CHECK(f.order(slots) == order);
  }
}

TEST_CASE("those that wait are spread over the others, the longest first") {
  Fixture f;
  f.add("1", 100).add("a").add("b").add("c").add("2", 250).add("d").add("e").add("f").add("g");
  f.add("h").add("i").add("j").add("4", 60);  // that is not long
  CHECK(f.add("3", 1000).order(4) == "3abc2def1ghij4");
  CHECK(Fixture().add("a").add("1", 99).add("b").order(4) == "a1b");
  CHECK(Fixture().add("1", 100).add("2", 200).add("3", 100).order(4) == "213");
  CHECK(Fixture().add("a").add("1", 100).add("2", 200).add("3", 100).order(4) == "213a");
  CHECK(Fixture().order(4).empty());
}

TEST_CASE("those that send much are spread over all that do not run alone") {
  Fixture f;
  for (const char* name : {"B", "A"})
    f.add(name, *name == 'A' ? 50 : 0).scenarios.back().tags = {"big"};
  f.add("a").add("b").add("c").add("1", 200).add("d").add("X", 0, 4);
  CHECK(f.order(4) == "A1aBbcdX");
}

TEST_CASE("with one slot the order is that of the suites") {
  CHECK(Fixture().add("a").add("1", 500).add("b").order(1) == "a1b");
}

TEST_CASE("a script waits for pauses, holds, chops, quiet times and repeats") {
  using namespace scenario;
  const auto waits = [](auto what) {
    Scenario scenario;
    scenario.steps.emplace_back().what = std::move(what);
    return waits_ms(scenario);
  };
  Item item;
  CHECK(waits(SendStep{{item}}) == 0);
  item.payload = Payload::text("0123456789");
  item.chop = Chop{.size = 5, .pause_ms = 3};
  CHECK(waits(SendStep{{item}}) == 6);
  item.hold = Hold{.at = 1, .release_ms = 40};
  CHECK(waits(SendStep{{item, item}}) == 92);
  item.hold->release_ms.reset();
  CHECK(waits(SendStep{{item}}) == 6);
  ExpectStep expect;
  expect.outcome.duration_ms = 70;
  expect.outcome.kind = Outcome::Kind::silence;
  CHECK(waits(expect) == 70);
  expect.outcome.kind = Outcome::Kind::accepted;
  CHECK(waits(expect) == 0);
  RepeatStep repeat{.times = 3, .every_ms = 20, .steps = {}};
  CHECK(waits(repeat) == 60);
  repeat.steps.push_back(wait(30));
  CHECK(waits(repeat) == 90);
  repeat.background = true;
  CHECK(waits(repeat) == 0);
}

}  // namespace wsspec::engine
