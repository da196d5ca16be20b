// How a run is to be run: what the command line says of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "scenario/level.h"

namespace wsspec::engine {

struct RunnerOptions {
  std::uint64_t jobs = 16;  ///< connection slots
  double connect_rate = 0;  ///< scenarios started per second; 0 = no limit
  int max_time_ms = 0;      ///< for the whole run; 0 = no limit
  /// Start no scenario after a fail of this impact or a graver one.
  std::optional<scenario::Impact> fail_fast;
  int retry = 0;  ///< repeats of a scenario whose verdict is `error`
  const std::atomic<int>* interrupted = nullptr;  ///< non-zero: stop (Ctrl-C); may be null
  bool stop_asked() const { return interrupted != nullptr && *interrupted != 0; }
};

}  // namespace wsspec::engine
