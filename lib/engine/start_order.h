// In which order a run starts its scenarios: as they stand in the suites, but for those whose order
// costs time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "engine/job.h"

namespace wsspec::engine {

/// What the script of the scenario waits by itself, about; in ms.
std::int64_t waits_ms(const scenario::Scenario& scenario);

using JobQueue = std::deque<std::unique_ptr<Job>>;

/// `slots`: of the run. Those that ask to be `first` are. With one slot the order of the others
/// stays as it is.
///   - Those that take all slots come last: for each one the others have to end, so that they keep
///     each other waiting once and not again and again.
///   - Those that wait for long are spread over the others, the longest first: neither do they fill
///     all slots while the server has nothing to do, nor is one of them the end of the run.
///   - So are those tagged `big`: few of their messages stand in memory at the same time.
JobQueue in_start_order(JobQueue jobs, std::uint64_t slots);

}  // namespace wsspec::engine
