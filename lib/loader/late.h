// What waits for the run: steps, texts and parts of the profile with the values of a connection
// filled in.
#pragma once

#include <string>

#include "loader/base.h"
#include "scenario/profile.h"

namespace wsspec::loader {

/// The step with its run-time values filled in; a copy of the step when it has none.
Result<Step> resolve(const Step& step, const RunValues& values);
/// The step as one line for people: the run-time values filled in, but what was captured (and what
/// the step's summary hides) is not shown, unless `captured` says so.
Step shown(const Step& step, RunValues values, bool captured = false);
/// Fills ${capture...} into a string of the profile (headers, token).
Result<std::string> resolve(const std::string& text, const RunValues& values);

/// What the profile has with a connection's values filled in.
Result<HarmlessMessage> resolve_message(const Profile& profile, const RunValues& values);
Result<Carrier> resolve_carrier(const Profile& profile, const RunValues& values);
/// The carrier waits for values of a run.
bool carrier_is_late(const Profile& profile);

}  // namespace wsspec::loader
