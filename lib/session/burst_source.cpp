#include "session/burst_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace wsspec::session {
namespace {

/// Octets of one call of prepare().
constexpr std::size_t kPiece = 64 * 1024;
/// Octets of rounds that are encoded one by one, each frame with a masking key of its own: so many
/// take a millisecond. The rest of a chunk are copies.
constexpr std::size_t kEncoded = 32 * 1024;

// A machine that stalls (ours) makes a paced burst late. What a server's window would feel must not
// follow from that, nor must the average be wrong because of it: kAtOnce seconds of lateness are
// made good at once, which a timer of 1 ms needs anyway; the rest by a clock that runs faster by
// kFaster until it has caught up, so that no window, however short or long, holds more than that
// above the rate. Scenarios that stay below a limit keep 10 % away from it.
constexpr double kAtOnce = 0.01;
constexpr double kFaster = 0.05;
constexpr double kMostOwed = 1;  ///< seconds; a longer stall is no pause of this burst any more

}  // namespace

BurstSource::BurstSource(scenario::BurstStep step, scenario::Carrier carrier, Random& random,
                         const Encoding& encoding)
    : step_(std::move(step)),
      carrier_(std::move(carrier)),
      random_(random),
      encoding_(encoding),
      per_second_(step_.per_second) {}

std::optional<std::string> BurstSource::prepare(SentLog& sent_log) {
  if (step_.items.empty()) return "the burst has no octets";
  if (!digested(sent_log)) return std::nullopt;
  if (encoder_ == nullptr) begin_item();
  if (payload_ != nullptr) return std::nullopt;
  const auto state = encoder_->fill(chunk_, kPiece);
  if (chunk_.size() > kMaxRound && rounds_made_ == 0)
    return fmt::format("one round of the burst is longer than {} octets", kMaxRound);
  if (state == ItemEncoder::State::more) return std::nullopt;
  encoder_.reset();
  if (++next_ == step_.items.size()) end_round();
  return rounds_made_ > 0 && chunk_.empty() ? std::optional("the burst has no octets")
                                            : std::nullopt;
}

void BurstSource::begin_item() {
  using Kind = scenario::Item::Kind;
  const scenario::Item& item = step_.items[next_];
  // The rounds go out again and again: each message must stand for itself.
  if (encoding_.deflater != nullptr) encoding_.deflater->forget();
  encoder_ = std::make_unique<ItemEncoder>(item, scenario::fitted(carrier_, item), std::string(),
                                           random_, encoding_);
  if (rounds_made_ > 0) return;
  if (item.kind == Kind::ping || item.kind == Kind::pong) ++controls_;
  if (item.kind != Kind::text && item.kind != Kind::binary) return;
  digest_.begin(item.kind == Kind::text ? wire::Opcode::text : wire::Opcode::binary);
  payload_ = scenario::carried(item, carrier_).open();
}

/// Of the first round's messages. False: there is more.
bool BurstSource::digested(SentLog& sent_log) {
  if (payload_ == nullptr) return true;
  std::array<std::uint8_t, kPiece> piece;
  const std::size_t n = payload_->read(piece);
  digest_.add(wire::Octets(piece).first(n));
  if (n == piece.size()) return false;
  payload_.reset();
  digest_.finish();
  entries_.push_back(sent_log.begin_burst(std::exchange(digest_, {})));
  return true;
}

void BurstSource::end_round() {
  next_ = 0;
  if (rounds_made_++ == 0) round_size_ = std::max<std::size_t>(1, chunk_.size());
  if (rounds_made_ < step_.count && chunk_.size() < kEncoded) return;
  const std::size_t encoded = chunk_.size();
  if (rounds_made_ < step_.count)
    while (chunk_.size() < kChunk && encoded > 0) {
      chunk_.resize(chunk_.size() + encoded);
      std::copy_n(chunk_.begin(), encoded, chunk_.end() - static_cast<std::ptrdiff_t>(encoded));
    }
  if (encoding_.deflater != nullptr) encoding_.deflater->forget();
  total_ = step_.count * round_size_;
  prepared_ = true;
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
