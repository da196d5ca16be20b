// What a finding means, from the tables of rule.h. Internal to lib/diagnose.
#pragma once

#include <string>

#include "diagnose/situation.h"

namespace wsspec::diagnose {

/// The words of the first rule that fits a pass (late), tolerated or fail; empty if none does.
std::string words_of_rules(const Situation& situation);

}  // namespace wsspec::diagnose
