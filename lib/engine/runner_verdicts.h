// The verdicts that the runner gives by itself: skipped, not judged, and blamed for an outage.
// Nothing else in the runner writes into a result.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/health_check.h"
#include "engine/probe.h"
#include "result/result.h"

namespace wsspec::engine {

/// What the server did after a scenario, and what shows that this scenario is the cause.
struct Blame {
  enum class Proof : std::uint8_t {
    only_one,     ///< it alone was in flight; the server came back since
    ran_alone,    ///< one of several in flight: it was run again, alone
    together,     ///< none of them alone, but all at the same time did it again
    stayed_down,  ///< it alone was in flight, and the server did not come back
    read_last,    ///< nor here; of several in flight it is the one that the server read last
  };
  Proof proof = Proof::stayed_down;
  HealthCheck::State state = HealthCheck::State::dead;
  std::size_t others = 0;  ///< in flight beside it
  result::Fact fact() const;
};

void mark_skipped(result::ScenarioResult& result, result::Fact why);
void mark_not_judged(result::ScenarioResult& result, result::Fact why);
/// The target does not accept valid text: what it was sent and what came is shown.
void mark_control_failed(result::ScenarioResult& result, const Probed& probed);
/// A fail, class `leaks`: the scenario met a server that took no more connections.
void mark_leaked(result::ScenarioResult& result, const Ends& ends, HealthCheck::State found);
/// A fail: class `died`, or `hung` where the server is there and stuck. What the scenario found
/// itself stays in front.
void mark_blamed(result::ScenarioResult& result, const Blame& blame);

}  // namespace wsspec::engine
