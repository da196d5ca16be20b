#include "session/read_pace.h"

#include <algorithm>

namespace wsspec::session {
namespace {

constexpr auto kRound = std::chrono::milliseconds(50);
constexpr std::size_t kOneRead = 65536;

}  // namespace

void ReadPace::pause() {
  paused_ = true;
  if (transport_ != nullptr) transport_->pause_reading();
}

void ReadPace::resume() {
  paused_ = false;
  per_second_ = 0;
  timer_.cancel();
  if (transport_ != nullptr) transport_->resume_reading();
}

void ReadPace::rate(std::uint64_t octets_per_second) {
  pause();
  per_second_ = octets_per_second;
  octets_ = 0;
  since_ = net::Clock::now();
  timer_.start(kRound);
}

bool ReadPace::drain(std::size_t limit) {
  const net::TimePoint until = loop_.slice_end();
  bool all = false;
  while (transport_ != nullptr && !paused_ && !all) {
    const std::size_t most = std::min(limit, kOneRead);
    const std::size_t got = transport_->drain(most);
    limit -= std::min(limit, got);
    if (transport_ == nullptr) break;
    if (transport_->holds_octets() || limit == 0 || net::Clock::now() >= until) return false;
    all = got < most;
  }
  return true;
}

// By the clock and not by the round: a late timer must not make us a slower reader than we said.
void ReadPace::read() {
  if (transport_ == nullptr || per_second_ == 0) return;
  const auto now = net::Clock::now();
  const double earned = net::ms_between(since_, now) * static_cast<double>(per_second_) / 1000;
  const auto allowed = static_cast<std::uint64_t>(earned);
  const auto due = allowed - std::min(octets_, allowed);
  const std::size_t got = due == 0 ? 0 : transport_->drain(static_cast<std::size_t>(due));
  octets_ += got;
  if (got < due) {  // nothing was there: the time is not saved up
    octets_ = 0;
    since_ = now;
  }
  timer_.start(kRound);
  on_read_();
}

}  // namespace wsspec::session
