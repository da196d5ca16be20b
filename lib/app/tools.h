// Shared by the implementation of wsspec.h's functions. Internal to lib/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "scenario/load.h"
#include "scenario/select.h"

namespace wsspec {

/// Each --set, where it belongs.
struct Settings {
  std::vector<scenario::Setting> profile, suites;
};
/// Of "name=value" texts. The error is ready for a terminal, as profile_source's.
tl::expected<Settings, std::string> split_settings(const std::vector<std::string>& settings);

/// What --target names, one file; without a path an empty text.
tl::expected<scenario::Source, std::string> profile_source(const std::string& path);

/// "no scenario matches 'utf9'; did you mean 'utf8'?"
std::string nothing_matched(const std::vector<scenario::Scenario>& scenarios,
                            const scenario::Selection& selection);

/// "1 octet", "2 octets".
std::string count_of(std::uint64_t n, std::string_view noun);

}  // namespace wsspec
