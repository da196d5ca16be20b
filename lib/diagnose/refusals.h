// Why a scenario could not be judged (verdict `error`): refused handshakes, unreachable servers,
// the wrong protocol on the port. Internal to lib/diagnose.
#pragma once

#include <string>

#include "diagnose/situation.h"

namespace wsspec::diagnose {

/// Words for an error's fact.
std::string why_not_judged(const Situation& situation);

/// What an HTTP status at the opening handshake usually means, and what to do; empty if unknown.
std::string usual_causes(int status);

}  // namespace wsspec::diagnose
