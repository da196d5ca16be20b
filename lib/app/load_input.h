// What --set and --target name, read for the loader. Internal to lib/app.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "loader/load.h"

namespace wsspec {

/// Each --set, where it belongs.
struct Settings {
  std::vector<loader::Setting> profile, suites;
};
/// Of "name=value" texts. The error is ready for a terminal, as profile_source's.
tl::expected<Settings, std::string> split_settings(const std::vector<std::string>& settings);

/// What --target names, one file; without a path an empty text.
tl::expected<loader::Source, std::string> profile_source(const std::string& path);

}  // namespace wsspec
