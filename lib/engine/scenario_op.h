// The step a strand is at.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/scenario_run.h"

namespace wsspec::engine {

struct ScenarioRun::Op {
  scenario::Step step;
  std::string on;
  net::TimePoint started{};
  /// One a member, resolved with the member's ${conn}; only when the step is a late one.
  std::vector<scenario::Step> resolved;
  std::vector<std::uint8_t> begun, finished;
  std::vector<Judgement> judged;
  std::vector<std::uint8_t> settled;
  net::TimePoint wait_until{};
  bool connect_begun = false;
  bool goodbye_said = false;
};

}  // namespace wsspec::engine
