// The step a strand is at.
#pragma once

#include <optional>
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
  std::vector<scenario::RunValues> values;  ///< what they were resolved with
  std::vector<std::uint8_t> begun, finished;
  std::vector<Judgement> judged;
  std::vector<std::uint8_t> settled;
  std::vector<std::optional<AwaitedReply>> replies;
  std::vector<Searched> searched;
  std::size_t prologue_step = 0;  ///< which step of the profile's prologue it is, from 1; 0 = none
  net::TimePoint wait_until{};
  bool connect_begun = false;
  bool goodbye_said = false;
};

}  // namespace wsspec::engine
