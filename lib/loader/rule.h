// The table of requirements (scenarios/coverage/requirements.json): what a scenario's `rule` names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loader/base.h"

namespace wsspec::loader {

/// One requirement: where it stands, how binding it is, and what it says.
struct Rule {
  std::string id;    ///< "6455-5.5.1-d"
  std::string spec;  ///< "RFC 6455 5.5.1"
  Level level = Level::must;
  std::string sent, wanted;  ///< what goes out, and what has to come of it
};

/// nullptr: there is none of this id.
const Rule* find_rule(std::string_view id);
std::vector<std::string> rule_ids();

}  // namespace wsspec::loader
