// What a strand knows about the step that it is executing.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scenario_run.h"

namespace wsspec::engine {

/// The connection of a profile's trigger is named this, followed by the trigger's name.
inline constexpr std::string_view kTrigger = "trigger:";

struct ScenarioRun::Op {
  scenario::Step step;
  std::string on;
  net::TimePoint started{};
  /// One per member, resolved with the member's ${conn}; only if the step has values of the run.
  std::vector<scenario::Step> resolved;
  const scenario::Step* late = nullptr;     ///< not resolved for every member yet
  std::optional<std::uint64_t> round;       ///< of the repeat that it is in
  std::vector<scenario::RunValues> values;  ///< of `resolved`, one per member
  std::vector<std::uint8_t> begun, finished;
  std::size_t unfinished = 0;    ///< members whose `finished` is 0
  std::vector<std::size_t> due;  ///< members to look at now; see ScenarioRun::collect
  std::deque<std::size_t> rest;  ///< were due in a pass that was long enough without them
  std::vector<std::uint8_t> in_rest;
  bool look_at_all = true;               ///< the first look, or any member may have changed
  std::vector<judge::Judgement> judged;  ///< one per member of an expect step
  std::vector<net::TimePoint> look_at;   ///< when time alone may change a member's judgement
  std::uint64_t matched = 0;             ///< members of `judged` that are a match
  std::vector<std::optional<judge::AwaitedReply>> replies;
  std::vector<judge::Searched> searched;
  std::vector<net::TimePoint> caught_up;  ///< no deadline is before: we were behind with reading
  std::size_t prologue_step = 0;  ///< its number in the profile's prologue, from 1; 0 = not in it

  void for_members(std::size_t count);
  void finish(std::size_t member) {
    finished[member] = 1;
    --unfinished;
  }
  net::TimePoint wait_until{};
  bool connect_begun = false;
  std::size_t old_dropped = 0;  ///< members whose connection of before, or last one, is dropped
};

}  // namespace wsspec::engine
