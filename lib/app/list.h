// `wsspec list`: the names of scenarios.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "app/suites.h"
#include "scenario/select.h"

namespace wsspec {

/// The chosen scenarios, a line each or as JSON: {"scenarios": [{name, title, tags, level, spec}]}.
/// The error is to be printed instead.
tl::expected<std::string, std::string> list(const Suites& suites,
                                            const scenario::Selection& selection, bool json);

}  // namespace wsspec
