#include "app/check.h"

#include <algorithm>

#include "app/collect_secrets.h"
#include "app/load_input.h"
#include "app/safe_text.h"
#include "loader/load.h"
#include "scenario/json.h"

namespace wsspec {
namespace {

/// True for a target profile: it has a profile's keys and is no suite. Text that is no JSON is left
/// to the scenario loader, which says where it breaks.
bool is_profile(const loader::Source& source) {
  const auto json = scenario::Json::parse(source.text, nullptr, false);
  if (!json.is_object() || json.contains("suite") || json.contains("scenarios")) return false;
  return std::any_of(json.items().begin(), json.items().end(),
                     [](const auto& member) { return loader::is_profile_setting(member.key()); });
}

}  // namespace

tl::expected<std::string, std::string> check(const LoadOptions& options) {
  std::string problems;
  const auto add = [&](std::vector<scenario::Problem> found,
                       const std::vector<loader::Source>& sources,
                       const std::vector<loader::Setting>& given = {}) {
    problems += text_of(std::move(found), sources, given);
  };
  std::vector<loader::Source> suites;
  std::size_t files = 0, profiles = 0;
  for (const auto& path : options.files) {
    auto sources = loader::read_sources(path);
    if (!sources) {
      add({sources.error()}, {});
      continue;
    }
    for (auto& source : *sources) {
      ++files;
      if (!is_profile(source)) {
        suites.push_back(std::move(source));
        continue;
      }
      ++profiles;
      add(loader::load_profile(source, {}).problems, {source});
    }
  }

  // Without --target and --set a policy may be unknown: its scenarios are read, not judged.
  loader::LoadInput input;
  loader::ProfileOutput target;
  auto settings = split_settings(options.settings);
  if (!settings) {
    problems += settings.error();
    settings = Settings();
  }
  auto source = profile_source(options.profile);
  if (!source) {
    problems += source.error();
    source = loader::Source();
  }
  if (!options.profile.empty() || !settings->profile.empty()) {
    target = loader::load_profile(*source, settings->profile);
    add(target.problems, {*source}, settings->profile);
    input.profile = &target.profile;
  }
  input.settings = std::move(settings->suites);
  input.tables = loader::built_in_tables();
  input.suites = std::move(suites);
  input.seed = options.seed;
  const auto loaded = loader::load(input);
  add(loaded.problems, input.suites, input.settings);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  std::string out = count_of(loaded.scenarios.size(), "scenario");
  if (profiles > 0) out += " and " + count_of(profiles, "target profile");
  return out + " in " + count_of(files, "file") + ", OK\n";
}

}  // namespace wsspec
