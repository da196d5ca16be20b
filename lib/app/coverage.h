// `wsspec list --coverage`: requirements and Autobahn cases, and the scenarios that cover them.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "app/suites.h"
#include "scenario/select.h"

namespace wsspec {

/// Which requirements of the RFCs and which Autobahn cases the chosen scenarios cover, a line each
/// and the totals, or as JSON: {"requirements": [{id, spec, level, sent, wanted, scenarios,
/// reason}], "autobahn": [{id, title, scenarios}], "totals"}. `reason`: why it cannot be observed.
/// The error is to be printed instead.
tl::expected<std::string, std::string> coverage(const Suites& suites,
                                                const scenario::Selection& selection, bool json);

}  // namespace wsspec
