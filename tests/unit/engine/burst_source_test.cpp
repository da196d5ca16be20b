// Pacing of a burst, with a clock of the test's own.
#include "engine/burst_source.h"

#include <doctest/doctest.h>

using namespace wsspec;
using engine::BurstSource;

namespace {

std::unique_ptr<BurstSource> make(std::uint64_t count, std::optional<double> per_second,
                                  engine::Outbound& outbound) {
  static engine::Random random(1);
  scenario::BurstStep step;
  scenario::Item item;
  item.payload = scenario::Payload::text("0123456789");
  step.items = {item};
  step.count = count;
  step.per_second = per_second;
  auto made = BurstSource::make(step, {}, random, outbound);
  REQUIRE(made.has_value());
  return std::move(*made);
}

}  // namespace

TEST_CASE("a burst without a rate gives everything at once, in chunks, and counts it") {
  std::vector<engine::TranscriptLine> transcript;
  engine::Outbound outbound(transcript);
  const auto source = make(100000, std::nullopt, outbound);
  std::uint64_t total = 0;
  const auto now = net::Clock::now();
  while (!source->done()) {
    const auto octets = source->ready(now);
    REQUIRE(!octets.empty());
    REQUIRE(octets.size() <= BurstSource::kChunk);
    total += octets.size();
    source->sent(octets.size(), outbound);
  }
  CHECK(total == 100000 * 16);
  CHECK(outbound.messages_sent() == 100000);
  CHECK_FALSE(source->inside_round());
}

TEST_CASE("a paced burst allows what its rate has earned and no more") {
  std::vector<engine::TranscriptLine> transcript;
  engine::Outbound outbound(transcript);
  const auto source = make(1000, 1000.0, outbound);
  const auto start = net::Clock::now();
  CHECK(source->ready(start).size() == 16);
  source->sent(16, outbound);
  CHECK(source->ready(start).empty());
  CHECK(source->ready(start + std::chrono::microseconds(900)).empty());
  CHECK(source->ready(start + std::chrono::microseconds(1100)).size() == 16);
}

TEST_CASE("after a stall of our own a paced burst does not make up for all of it at once") {
  std::vector<engine::TranscriptLine> transcript;
  engine::Outbound outbound(transcript);
  const auto source = make(10000, 1000.0, outbound);
  auto now = net::Clock::now();
  source->sent(source->ready(now).size(), outbound);
  now += std::chrono::seconds(2);
  std::uint64_t total = 0;
  for (auto octets = source->ready(now); !octets.empty(); octets = source->ready(now)) {
    total += octets.size() / 16;
    source->sent(octets.size(), outbound);
  }
  CHECK(total >= 50);
  CHECK(total <= 52);
}

TEST_CASE("a burst that stops inside a frame says so") {
  std::vector<engine::TranscriptLine> transcript;
  engine::Outbound outbound(transcript);
  const auto source = make(10, std::nullopt, outbound);
  source->ready(net::Clock::now());
  source->sent(20, outbound);
  CHECK(source->inside_round());
  CHECK(outbound.messages_sent() == 1);
}
