// Why a scenario is not run on this target.
#pragma once

#include <optional>

#include "engine/probe.h"
#include "net/connection.h"

namespace wsspec::engine {

/// Nothing: it can be run. What the probes found must be in `probed`.
std::optional<result::Fact> reason_to_skip(const scenario::Scenario& scenario,
                                           const scenario::Profile& profile,
                                           const net::Address& target, const Probed& probed);

/// It sends what a right server refuses, and its verdict means nothing unless valid data of the
/// same type is taken.
bool wants_control(const scenario::Scenario& scenario);

}  // namespace wsspec::engine
