// Shared by the implementation of wsspec.h's functions. Internal to lib/.
#pragma once

#include <string>
#include <vector>

#include "scenario/select.h"

namespace wsspec {

/// "no scenario matches 'utf9'; did you mean 'utf8'?"
std::string nothing_matched(const std::vector<scenario::Scenario>& scenarios,
                            const scenario::Selection& selection);

}  // namespace wsspec
