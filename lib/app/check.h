// `wsspec check`: reads files without a server.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "app/options.h"

namespace wsspec {

/// Loads options.files (scenario files, folders, target profiles): "12 scenarios in 2 files, OK",
/// or as the error every problem with its place.
tl::expected<std::string, std::string> check(const LoadOptions& options);

}  // namespace wsspec
