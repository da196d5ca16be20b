// The commands that need no server: list, check and explain as text (show is in show.cpp).
#include "app/tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "app/collect_secrets.h"
#include "explain/explain.h"
#include "scenario/load.h"
#include "text/escape.h"
#include "wsspec.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;

/// True for a target profile: it has a profile's keys and is no suite. Text that is no JSON is left
/// to the scenario loader, which says where it breaks.
bool is_profile(const scenario::Source& source) {
  const Json json = Json::parse(source.text, nullptr, false);
  if (!json.is_object() || json.contains("suite") || json.contains("scenarios")) return false;
  return std::any_of(json.items().begin(), json.items().end(),
                     [](const auto& member) { return scenario::is_profile_setting(member.key()); });
}

}  // namespace

tl::expected<Settings, std::string> split_settings(const std::vector<std::string>& settings) {
  Settings out;
  std::string problems;
  for (const auto& text : settings) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems += no_setting(text);
      continue;
    }
    scenario::Setting setting{text.substr(0, equals), text.substr(equals + 1)};
    (scenario::is_profile_setting(setting.name) ? out.profile : out.suites)
        .push_back(std::move(setting));
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return out;
}

tl::expected<scenario::Source, std::string> profile_source(const std::string& path) {
  if (path.empty()) return scenario::Source();
  auto read = scenario::read_sources(path);
  if (!read) return tl::unexpected(text_of({read.error()}, {}));
  if (read->size() != 1) return tl::unexpected(std::string("error: --target wants one file\n"));
  return std::move(read->front());
}

std::string count_of(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string nothing_matched(const std::vector<scenario::Scenario>& scenarios,
                            const scenario::Selection& selection) {
  std::set<std::string> suites, names;
  for (const auto& one : scenarios) {
    suites.insert(one.suite);
    names.insert(one.name);
  }
  std::string what, hint;
  for (const auto& selector : selection.include) {
    what += (what.empty() ? " '" : ", '") + text::printable(text::redact_url(selector), 80) + "'";
    const auto& known = selector.find('/') == std::string::npos ? suites : names;
    const auto near = scenario::did_you_mean(selector, {known.begin(), known.end()});
    if (!near.empty()) hint = "; did you mean '" + near + "'?";
  }
  if (!hint.empty()) return "no scenario matches" + what + hint;
  if (what.empty()) what = " the selection";
  // A glob may fit slow or load scenarios alone, or ones that --level and --exclude take away.
  for (const auto& one : scenarios)
    for (const auto& selector : selection.include)
      if (scenario::selects(selector, one))
        return "no scenario matches" + what +
               " and --level, --exclude, --slow as given (load is named whole, or by tag:load)";
  return "no scenario matches" + what;
}

tl::expected<std::string, std::string> list(const Suites& suites,
                                            const scenario::Selection& selection, bool json) {
  const auto& scenarios = suites.scenarios();
  const auto chosen = scenario::select(scenarios, selection);
  if (chosen.empty()) return tl::unexpected(nothing_matched(scenarios, selection));
  const text::Secrets secrets = secrets_of({}, suites);
  if (json) {
    Json out;
    out["scenarios"] = Json::array();
    for (const std::size_t index : chosen) {
      const auto& one = scenarios[index];
      Json entry;
      entry["name"] = one.name;
      entry["title"] = text::well_formed(secrets.redact(one.title));
      entry["tags"] = one.tags;
      entry["level"] = scenario::level_name(one.level);
      entry["impact"] = scenario::impact_name(one.impact);
      entry["spec"] = text::well_formed(one.spec);
      out["scenarios"].push_back(std::move(entry));
    }
    return text::json_text(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
  }
  std::size_t wide = 0;
  for (const std::size_t index : chosen) wide = std::max(wide, scenarios[index].name.size());
  wide = std::min<std::size_t>(wide, 48);
  std::string out;
  for (const std::size_t index : chosen) {
    const auto& one = scenarios[index];
    out += fmt::format("{:<{}}  {:<6}  {}\n", one.name, wide, scenario::level_name(one.level),
                       text::printable(secrets.redact(one.title), 200));
  }
  return out;
}

tl::expected<std::string, std::string> check(const LoadOptions& options) {
  std::string problems;
  const auto add = [&](std::vector<scenario::Problem> found,
                       const std::vector<scenario::Source>& sources) {
    problems += text_of(std::move(found), sources);
  };
  std::vector<scenario::Source> suites;
  std::size_t files = 0, profiles = 0;
  for (const auto& path : options.files) {
    auto sources = scenario::read_sources(path);
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
      add(scenario::load_profile(source, {}).problems, {source});
    }
  }

  // Without --target and --set a policy may be unknown: its scenarios are read, not judged.
  scenario::LoadInput input;
  scenario::ProfileOutput target;
  auto settings = split_settings(options.settings);
  if (!settings) {
    problems += settings.error();
    settings = Settings();
  }
  auto source = profile_source(options.profile);
  if (!source) {
    problems += source.error();
    source = scenario::Source();
  }
  if (!options.profile.empty() || !settings->profile.empty()) {
    target = scenario::load_profile(*source, settings->profile);
    add(target.problems, {*source});
    input.profile = &target.profile;
  }
  input.settings = std::move(settings->suites);
  input.tables = scenario::built_in_tables();
  input.suites = std::move(suites);
  input.seed = options.seed;
  const auto loaded = scenario::load(input);
  add(loaded.problems, input.suites);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  std::string out = count_of(loaded.scenarios.size(), "scenario");
  if (profiles > 0) out += " and " + count_of(profiles, "target profile");
  return out + " in " + count_of(files, "file") + ", all well\n";
}

tl::expected<std::string, std::string> explanation(const std::vector<std::string>& words, bool json,
                                                   std::size_t width) {
  std::vector<int> codes;
  for (const auto& word : words) {
    const auto code = explain::parse_code(word);
    if (!code) return tl::unexpected(code.error());
    codes.push_back(*code);
  }
  if (codes.empty() || codes.size() > 2)
    return tl::unexpected(std::string("one code to explain, or two to compare"));
  if (codes.size() == 1)
    return json ? explain::explain_json(codes[0]) : explain::explain_text(codes[0], width);
  return json ? explain::explain_json(codes[0], codes[1])
              : explain::explain_text(codes[0], codes[1], width);
}

}  // namespace wsspec
