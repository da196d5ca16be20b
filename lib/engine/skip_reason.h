// Why a scenario is not run on this target: a value for what reads reasons, and its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/probe.h"

namespace wsspec::engine {

struct SkipReason {
  enum class Kind : std::uint8_t {
    policy_missing,        ///< the profile declares no such policy
    policy_declared,       ///< the profile declares a policy that the scenario would run into
    trigger_missing,       ///< the profile has no such trigger
    capability_missing,    ///< declared or probed before the run
    source_address,        ///< the address it connects from does not reach this target
    too_many_connections,  ///< more at once than the profile allows
    fail_fast,             ///< --fail-fast, and there is a finding
  };
  Kind kind;
  /// The policy ("policy.message_rate"), trigger, capability or address; for too_many_connections
  /// the whole reason.
  std::string what;
  std::string text() const;
};

/// Nothing: it can be run. What the probes found must be in `probed`.
std::optional<SkipReason> reason_to_skip(const scenario::Scenario& scenario,
                                         const scenario::Profile& profile,
                                         const net::Address& target, const Probed& probed);

}  // namespace wsspec::engine
