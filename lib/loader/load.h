// From JSON text to the model. Strict: unknown and duplicate keys, wrong types, unknown parameters
// are problems with file, line, column and a hint. Never throws.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "loader/base.h"
#include "scenario/model.h"
#include "scenario/profile.h"

namespace wsspec::loader {

/// A file's text; tables and payload files are found relative to its folder.
struct Source {
  std::string name;  ///< shown in problems; for files on disk the path
  std::string text;
  bool built_in = false;  ///< tables come from the built-in set
};

/// One --set name=value, split at the first '='. The value is JSON if it parses as JSON, else a
/// string.
struct Setting {
  std::string name;
  std::string value;
};

struct LoadInput {
  std::vector<Source> suites;
  /// name ("ill-formed") -> text, for built-in suites; files on disk look into ../tables/ and
  /// tables/ beside them first.
  std::map<std::string, Source> tables;
  /// The target profile, if there is one. Without: ${policy.K} is unknown and a scenario that
  /// uses it gets requires_ "policy.K".
  const Profile* profile = nullptr;
  std::vector<Setting> settings;
  std::uint64_t seed = 1;
  /// Of built-in suites: only those that one of these selectors may name are made; empty: all.
  std::vector<std::string> selectors;
  /// False: the scenarios of built-in suites are made without their steps, and do not require what
  /// only a step does.
  bool steps = true;
  /// for_each makes no more than these in all.
  std::size_t max_scenarios = 100'000;
};

struct LoadOutput {
  std::vector<Scenario> scenarios;  ///< in file order, for_each unrolled
  std::vector<Problem> problems;    ///< empty = OK; else nothing may be run
  /// Values of the environment variables that the files used.
  std::vector<std::string> environment;
};

LoadOutput load(const LoadInput& input);

/// Settings whose first segment is a profile key go to the profile, the others stay for suites.
bool is_profile_setting(std::string_view name);

struct ProfileOutput {
  Profile profile;
  std::vector<Problem> problems;
};
/// `source.text` may be empty: a profile made of settings alone.
ProfileOutput load_profile(const Source& source, const std::vector<Setting>& settings);

/// The scenario files and tables that are compiled into the binary.
std::vector<Source> built_in_suites();
std::map<std::string, Source> built_in_tables();
/// One file of scenarios/, "coverage/requirements.json"; an empty text when there is no such file.
std::string built_in_file(std::string_view path);
/// SHA-256 (hex) over names and texts: a report's `scenario_set`.
std::string digest(const LoadInput& input);

/// Reads a file (at most 64 MiB) or, for a folder, its *.json files in order of name.
Result<std::vector<Source>> read_sources(const std::string& path);

}  // namespace wsspec::loader
