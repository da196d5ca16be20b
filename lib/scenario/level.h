// How binding a scenario's rule is, and what breaking it does to the people whose clients conform.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsspec::scenario {

enum class Level : std::uint8_t { must, should, may, robust };
const char* level_name(Level level);
std::optional<Level> level_of(std::string_view name);
std::vector<std::string> level_names();

/// What a finding means for a conforming peer; gravest first.
enum class Impact : std::uint8_t {
  critical,  ///< it loses the server, or somebody gets what is not theirs
  data,      ///< it gets or passes on wrong data
  interop,   ///< it cannot talk, or is misled
  letter,    ///< it notices nothing
};
const char* impact_name(Impact impact);
std::optional<Impact> impact_of_name(std::string_view name);
std::vector<std::string> impact_names();

}  // namespace wsspec::scenario
