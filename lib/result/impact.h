// What a scenario's outcome means for the people whose clients conform.
#pragma once

#include "result/result.h"
#include "scenario/level.h"

namespace wsspec::result {

/// The impact that the scenario declares, raised where the server's behaviour is graver than what
/// the scenario is about: one that died or hangs serves no client, one that changes a message
/// passes on wrong data. It is never lowered.
scenario::Impact impact_of(scenario::Impact declared, Class cls);

}  // namespace wsspec::result
