// The step a strand is at.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scenario_run.h"

namespace wsspec::engine {

/// What the connection of a profile's trigger is called, before the trigger's name.
inline constexpr std::string_view kTrigger = "trigger:";

struct ScenarioRun::Op {
  scenario::Step step;
  std::string on;
  net::TimePoint started{};
  /// One a member, resolved with the member's ${conn}; only when the step is a late one.
  std::vector<scenario::Step> resolved;
  std::vector<scenario::RunValues> values;  ///< what they were resolved with
  std::vector<std::uint8_t> begun, finished;
  std::size_t unfinished = 0;            ///< members that `finished` does not name yet
  std::vector<std::size_t> due;          ///< members to look at now; see ScenarioRun::collect
  bool look_at_all = true;               ///< nobody was looked at yet, or something odd happened
  std::vector<judge::Judgement> judged;  ///< one a member of an expect step
  std::vector<net::TimePoint> look_at;   ///< when a member's judgement may change by time alone
  std::uint64_t matched = 0;             ///< members of `judged` that are a match
  std::vector<std::optional<judge::AwaitedReply>> replies;
  std::vector<judge::Searched> searched;
  std::size_t prologue_step = 0;  ///< which step of the profile's prologue it is, from 1; 0 = none

  void for_members(std::size_t count);
  void finish(std::size_t member) {
    finished[member] = 1;
    --unfinished;
  }
  net::TimePoint wait_until{};
  bool connect_begun = false;
  bool goodbye_said = false;
};

}  // namespace wsspec::engine
