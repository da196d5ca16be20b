#include "session/burst_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "session/item_encoder.h"

namespace wsspec::session {
namespace {

// A machine that stalls (ours) makes a paced burst late. What a server's window would feel must not
// follow from that, nor must the average be wrong because of it: kAtOnce seconds of lateness are
// made good at once, which a timer of 1 ms needs anyway; the rest by a clock that runs faster by
// kFaster until it has caught up, so that no window, however short or long, holds more than that
// above the rate. Scenarios that stay below a limit keep 10 % away from it.
constexpr double kAtOnce = 0.01;
constexpr double kFaster = 0.05;
constexpr double kMostOwed = 1;  ///< seconds; a longer stall is no pause of this burst any more

}  // namespace

tl::expected<std::unique_ptr<BurstSource>, std::string> BurstSource::make(
    const scenario::BurstStep& step, const scenario::Carrier& carrier, Random& random,
    SentLog& sent_log, const Encoding& encoding) {
  auto source = std::make_unique<BurstSource>();
  auto add_round = [&](bool first) -> bool {
    for (const auto& item : step.items) {
      // The rounds go out again and again: each message must stand for itself.
      if (encoding.deflater != nullptr) encoding.deflater->forget();
      ItemEncoder stream(item, scenario::fitted(carrier, item), {}, random, encoding);
      while (stream.fill(source->chunk_, kChunk) == ItemEncoder::State::more)
        if (source->chunk_.size() > kMaxRound) return false;
      using Kind = scenario::Item::Kind;
      if (first && (item.kind == Kind::ping || item.kind == Kind::pong)) ++source->controls_;
      if (!first || (item.kind != Kind::text && item.kind != Kind::binary)) continue;
      MessageDigest digest;
      digest.begin(item.kind == Kind::text ? wire::Opcode::text : wire::Opcode::binary);
      const auto reader = scenario::carried(item, carrier).open();
      std::vector<std::uint8_t> piece(65536);
      while (const std::size_t n = reader->read(piece)) digest.add({piece.data(), n});
      digest.finish();
      source->entries_.push_back(sent_log.begin_burst(std::move(digest)));
    }
    return true;
  };
  if (!add_round(true))
    return tl::unexpected(
        fmt::format("one round of the burst is longer than {} octets", kMaxRound));
  source->round_size_ = source->chunk_.size();
  if (source->round_size_ == 0) return tl::unexpected(std::string("the burst has no octets"));
  for (std::uint64_t round = 1; round < step.count && source->chunk_.size() < kChunk; ++round)
    add_round(false);
  if (encoding.deflater != nullptr) encoding.deflater->forget();
  source->total_ = step.count * source->round_size_;
  source->per_second_ = step.per_second;
  return source;
}

std::span<const std::uint8_t> BurstSource::ready(net::TimePoint now) {
  const std::uint64_t allowed = per_second_ ? earned(now) : total_;
  if (allowed <= sent_) return {};
  const std::size_t at = static_cast<std::size_t>(sent_ % chunk_.size());
  // To the end of the buffer where that is near: cut at kChunk, a few octets would be left over for
  // a send of their own, which costs as much as 40 KB in a large one.
  const std::size_t here = chunk_.size() - at < 2 * kChunk ? chunk_.size() - at : kChunk;
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(allowed - sent_, here));
  return {chunk_.data() + at, n};
}

// A token bucket: what the rate has allowed since the start, in octets.
std::uint64_t BurstSource::earned(net::TimePoint now) {
  if (!last_look_) last_look_ = now;
  const double passed = std::chrono::duration<double>(now - *last_look_).count();
  last_look_ = now;
  const double repaid = std::min(owed_, passed * kFaster);
  owed_ -= repaid;
  clock_ += passed + repaid;
  const double late = clock_ - static_cast<double>(rounds_sent()) / *per_second_;
  if (late > kAtOnce) {
    clock_ -= late - kAtOnce;
    owed_ = std::min(owed_ + late - kAtOnce, kMostOwed);
  }
  const double rounds = std::floor(clock_ * *per_second_) + 1;
  return std::min<std::uint64_t>(total_, static_cast<std::uint64_t>(rounds) * round_size_);
}

void BurstSource::sent(std::size_t octets, SentLog& sent_log, double at_ms) {
  sent_ += octets;
  const std::uint64_t rounds = rounds_sent() - booked_;
  sent_log.sent_burst_octets(octets, rounds * controls_);
  for (const std::size_t entry : entries_) sent_log.sent_burst(entry, rounds, at_ms);
  booked_ += rounds;
}

}  // namespace wsspec::session
