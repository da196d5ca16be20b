// How a run is to be run: what the command line says of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "net/loop.h"
#include "scenario/level.h"

namespace wsspec::engine {

struct RunnerOptions {
  std::uint64_t jobs = 16;  ///< connection slots
  double connect_rate = 0;  ///< scenarios started per second; 0 = no limit
  /// --max-time: when the whole run is over.
  std::optional<net::TimePoint> until{};
  /// Start no scenario after a fail of this impact or a graver one.
  std::optional<scenario::Impact> fail_fast;
  int retry = 0;  ///< repeats of a scenario whose verdict is `error`
  const std::atomic<int>* interrupted = nullptr;  ///< non-zero: stop (Ctrl-C); may be null
  bool is_interrupted() const { return interrupted != nullptr && *interrupted != 0; }
  bool out_of_time() const { return until && net::Clock::now() >= *until; }
  bool stop_asked() const { return is_interrupted() || out_of_time(); }
};

}  // namespace wsspec::engine
