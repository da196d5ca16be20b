// Pacing of a burst, with a clock of the test's own.
#include "session/burst_source.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace wsspec;
using session::BurstSource;

namespace {

std::unique_ptr<BurstSource> prepared(const scenario::BurstStep& step, session::Random& random,
                                      session::SentLog& sent_log) {
  auto made = std::make_unique<BurstSource>(step, scenario::Carrier(), random, session::Encoding());
  while (!made->prepared()) REQUIRE_FALSE(made->prepare(sent_log).has_value());
  return made;
}

std::unique_ptr<BurstSource> make(std::uint64_t count, std::optional<double> per_second,
                                  session::SentLog& sent_log, const char* text = "0123456789") {
  static session::Random random(1);
  scenario::BurstStep step;
  scenario::Item item;
  item.payload = scenario::Payload::text(text);
  step.items = {item};
  step.count = count;
  step.per_second = per_second;
  return prepared(step, random, sent_log);
}

}  // namespace

TEST_CASE("a burst without a rate gives everything at once, in chunks, and counts it") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(100000, std::nullopt, sent_log);
  std::uint64_t total = 0;
  const auto now = net::Clock::now();
  while (!source->done()) {
    const auto octets = source->ready(now);
    REQUIRE(!octets.empty());
    REQUIRE(octets.size() < 2 * BurstSource::kChunk);
    total += octets.size();
    source->sent(octets.size(), sent_log, 0);
  }
  CHECK(total == 100000 * 16);
  CHECK(record.messages() == 100000);
  CHECK_FALSE(source->inside_round());
}

TEST_CASE("no chunk but the last is small, whatever the length of the frames") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(100000, std::nullopt, sent_log, "sixteen octets..");
  std::uint64_t left = 100000 * 22;
  while (!source->done()) {
    const auto octets = source->ready(net::Clock::now());
    REQUIRE(octets.size() >= std::min<std::uint64_t>(left, BurstSource::kChunk));
    left -= octets.size();
    source->sent(octets.size(), sent_log, 0);
  }
  CHECK(left == 0);
}

TEST_CASE("a burst of control frames counts too") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  session::Random random(1);
  scenario::BurstStep step;
  scenario::Item ping, pong;
  ping.kind = scenario::Item::Kind::ping;
  pong.kind = scenario::Item::Kind::pong;
  step.items = {ping, ping, pong};
  step.count = 50;
  const auto source = prepared(step, random, sent_log);
  while (!source->done()) source->sent(source->ready(net::Clock::now()).size(), sent_log, 0);
  CHECK(record.position == 50 * 3 * 6);
  CHECK(record.controls() == 150);
  CHECK(record.messages() == 0);
}

TEST_CASE("a paced burst allows what its rate has earned and no more") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(1000, 1000.0, sent_log);
  const auto start = net::Clock::now();
  CHECK(source->ready(start).size() == 16);
  source->sent(16, sent_log, 0);
  CHECK(source->ready(start).empty());
  CHECK(source->ready(start + std::chrono::microseconds(900)).empty());
  CHECK(source->ready(start + std::chrono::microseconds(1100)).size() == 16);
}

namespace {

/// Sends what is allowed at `now`; returns the number of rounds.
std::uint64_t send_allowed(BurstSource& source, net::TimePoint now, session::SentLog& sent_log) {
  std::uint64_t octets = 0;
  for (auto ready = source.ready(now); !ready.empty(); ready = source.ready(now)) {
    octets += ready.size();
    source.sent(ready.size(), sent_log, 0);
  }
  return octets / 16;
}

}  // namespace

TEST_CASE("after a stall of our own a paced burst does not make up for all of it at once") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(10000, 1000.0, sent_log);
  auto now = net::Clock::now();
  CHECK(send_allowed(*source, now, sent_log) == 1);
  now += std::chrono::seconds(2);
  const auto at_once = send_allowed(*source, now, sent_log);
  CHECK(at_once >= 10);
  CHECK(at_once <= 12);
  // From here on no window of 100 ms holds more than 5 % above the rate.
  for (int window = 0; window < 10; ++window) {
    std::uint64_t sent = 0;
    for (int ms = 0; ms < 100; ++ms)
      sent += send_allowed(*source, now += std::chrono::milliseconds(1), sent_log);
    CHECK(sent >= 104);
    CHECK(sent <= 106);
  }
}

TEST_CASE("after short stalls the average of a paced burst is its rate again, and never above it") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(1000000, 10000.0, sent_log);
  const auto start = net::Clock::now();
  auto now = start;
  std::uint64_t total = 0;
  for (int ms = 1; ms <= 3000; ++ms) {
    now += std::chrono::milliseconds(1);
    if (ms % 500 < 20) continue;  // a stall of 20 ms every half second
    total += send_allowed(*source, now, sent_log);
    // The first look, in this case 20 ms after `start`, begins the clock and sends one.
    REQUIRE(static_cast<double>(total) <= (ms - 20) * 10.0 + 1.01);
  }
  CHECK(total >= 29700);
}

TEST_CASE("a stall of more than a second is not caught up with for ever") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(10000000, 1000.0, sent_log);
  auto now = net::Clock::now();
  std::uint64_t total = send_allowed(*source, now, sent_log);
  now += std::chrono::seconds(600);
  for (int ms = 0; ms < 100000; ++ms)
    total += send_allowed(*source, now += std::chrono::milliseconds(1), sent_log);
  CHECK(total <= 101020);  // 100 s, and one more that was owed
  CHECK(total >= 101000);
}

TEST_CASE("a burst that stops inside a frame says so") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  const auto source = make(10, std::nullopt, sent_log);
  source->ready(net::Clock::now());
  source->sent(20, sent_log, 0);
  CHECK(source->inside_round());
  CHECK(record.messages() == 1);
}

TEST_CASE("a burst whose rounds hold nothing, or more than is kept of one, says so") {
  result::Transcript transcript;
  session::SentRecord record;
  session::SentLog sent_log(transcript, record);
  session::Random random(1);
  scenario::Item item;
  item.kind = scenario::Item::Kind::bytes;
  const auto problem_of = [&](scenario::Payload payload) {
    item.payload = std::move(payload);
    scenario::BurstStep step;
    step.items = {item};
    step.count = 2;
    BurstSource source(step, scenario::Carrier(), random, session::Encoding());
    std::optional<std::string> problem;
    while (!problem && !source.prepared()) problem = source.prepare(sent_log);
    return problem.value_or("none");
  };
  CHECK(problem_of(scenario::Payload()) == "the burst has no octets");
  CHECK(problem_of(scenario::Payload::random(BurstSource::kMaxRound, 1)) == "none");
  CHECK(problem_of(scenario::Payload::random(BurstSource::kMaxRound + 1, 1)) ==
        "one round of the burst is longer than 33554432 octets");
}
