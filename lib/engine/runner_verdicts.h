// The verdicts that the runner gives by itself: skipped, not judged, and blamed for an outage.
// Nothing else in the runner writes into a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/health_check.h"
#include "engine/skip_reason.h"
#include "result/result.h"

namespace wsspec::engine {

/// Why a scenario was not judged.
enum class NotJudged : std::uint8_t {
  control_failed,  ///< the target does not accept valid text: `detail` says what happened
  server_down,     ///< the server went down earlier and did not come back
  interrupted,     ///< Ctrl-C
  out_of_time,     ///< --max-time
};

/// What the server did after a scenario, and what shows that this scenario is the cause.
struct Blame {
  enum class Proof : std::uint8_t {
    only_one,     ///< it alone was in flight; the server came back since
    ran_alone,    ///< one of several in flight: it was run again, alone
    stayed_down,  ///< the server did not come back
  };
  Proof proof = Proof::stayed_down;
  HealthCheck::State state = HealthCheck::State::dead;
  std::size_t others = 0;  ///< stayed_down: in flight beside it
  std::string text() const;
};

void mark_skipped(result::ScenarioResult& result, const SkipReason& reason);
void mark_not_judged(result::ScenarioResult& result, NotJudged why, const std::string& detail = {});
/// A fail: class `died`, or `hung` where the server is there and stuck. What the scenario found
/// itself stays in front.
void mark_blamed(result::ScenarioResult& result, const Blame& blame);

}  // namespace wsspec::engine
