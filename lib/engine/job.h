// One scenario on its way through the run: waiting, running, being checked, suspected.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/health_check.h"
#include "engine/rate_limits.h"
#include "engine/scenario_run.h"
#include "result/result.h"

namespace wsspec::engine {

struct Job {
  const scenario::Scenario* scenario = nullptr;
  /// Kept while the server's health is checked and while the job is a suspect: a server that waits
  /// for the end of one of its connections stays as it is.
  std::unique_ptr<ScenarioRun> run;
  std::unique_ptr<HealthCheck> health_check;
  std::unique_ptr<net::Timer> check_due;
  result::ScenarioResult result;
  QuietWindow quiet;
  std::uint64_t weight = 1;                  ///< connection slots
  std::optional<net::TimePoint> not_before;  ///< another try after a refusal
  int refusals = 0;
  int cleared = 0;  ///< so often it was a suspect, and none any more without a run
  int retries = 0;
  int asked_again = 0;            ///< after it met a server without free slots
  bool turned_away = false;       ///< its handshake got no answer
  bool looked_for_slots = false;  ///< it got HTTP 503, and the server was looked at
  bool own_trouble = false;       ///< it met one of ours, and runs once more, alone
  /// What the server was too slow for, perhaps because of us: it runs once more, alone.
  std::optional<result::Class> second_look;
  Trace trace;                ///< of a run that has ended
  net::TimePoint ended_at{};  ///< likewise
  /// It ended as scenarios do: if it did not stop the server, its result stands.
  bool complete = false;
};

}  // namespace wsspec::engine
