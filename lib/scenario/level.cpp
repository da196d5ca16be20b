#include "scenario/level.h"

#include <algorithm>
#include <array>

namespace wsspec::scenario {
namespace {

// Each in the order of its enum.
constexpr std::array kLevels = {"must", "should", "may", "robust"};
constexpr std::array kImpacts = {"critical", "data", "interop", "letter"};

template <class Enum, class Names>
std::optional<Enum> find(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

const char* level_name(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}
std::optional<Level> level_of(std::string_view name) {
  return find<Level>(kLevels, name);
}
std::vector<std::string> level_names() {
  return {kLevels.begin(), kLevels.end()};
}

const char* impact_name(Impact impact) {
  return kImpacts[static_cast<std::size_t>(impact)];
}
std::optional<Impact> impact_of_name(std::string_view name) {
  return find<Impact>(kImpacts, name);
}
std::vector<std::string> impact_names() {
  return {kImpacts.begin(), kImpacts.end()};
}

}  // namespace wsspec::scenario
