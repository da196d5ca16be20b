// A run of scenarios against a target: what is run, in which order, and the exit code.
#pragma once

#include <string>
#include <vector>

#include "app/options.h"
#include "app/suites.h"
#include "report/shown.h"
#include "result/result.h"
#include "text/printable.h"

namespace wsspec {

/// The version, "0.1.0".
const char* version();

/// First thing in the process: what ends it in order where memory runs out is put aside.
void keep_memory_reserve();

struct RunResult {
  result::Summary summary;
  int exit_code = kExitGood;
  /// Why nothing (or not all) was run, in one line; empty if nothing went wrong.
  text::Printable problem;
  std::string hint;  ///< what may help against the problem, in our own words; or empty
};

/// Kills the server that a run has started (RunOptions::start), and all of its group. May be called
/// from a signal handler.
void kill_started_processes();

/// Blocks until the run is over. Observers are called on this thread, in order.
RunResult run(const Target& target, const Suites& suites, const RunOptions& options,
              const std::vector<report::Observer*>& observers);

}  // namespace wsspec
