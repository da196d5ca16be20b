// What it means that a server upgrades a handshake which breaks a rule: one row a rule.
#pragma once

#include <string>

#include "diagnose/situation.h"
#include "wire/request_fault.h"

namespace wsspec::diagnose {

/// Empty where our handshake breaks no rule: then what was not checked is a policy.
std::string words_of_request_fault(const Situation& situation);

}  // namespace wsspec::diagnose
