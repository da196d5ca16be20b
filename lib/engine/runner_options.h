// How a run is to be run: what the command line says of it.
#pragma once

#include <atomic>
#include <cstdint>

namespace wsspec::engine {

struct RunnerOptions {
  std::uint64_t jobs = 16;  ///< connection slots
  double connect_rate = 0;  ///< scenarios started per second; 0 = no limit
  int max_time_ms = 0;      ///< for the whole run; 0 = no limit
  bool fail_fast = false;   ///< start no scenario after the first finding
  int retry = 0;            ///< repeats of a scenario whose verdict is `error`
  const std::atomic<int>* interrupted = nullptr;  ///< non-zero: stop (Ctrl-C); may be null
  bool stop_asked() const { return interrupted != nullptr && *interrupted != 0; }
};

}  // namespace wsspec::engine
