// A suite file between parsing its JSON and making its scenarios. Internal.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/document.h"
#include "loader/for_each.h"
#include "scenario/model.h"

namespace wsspec::loader {

struct SuiteFile {
  std::shared_ptr<const Document> document;
  Json json;
  std::string suite;
  std::string title;
  Json params = Json::object();  ///< after --set
  Json defaults = Json::object();
  bool readable = false;  ///< `scenarios` is a list
};

/// What all files of a load share.
struct Shared {
  std::map<std::string, Json> suites;  ///< suite -> its parameters
  Json policies;                       ///< null: no profile
  std::optional<std::vector<std::string>> triggers;
  std::uint64_t seed = 1;
  std::size_t max_scenarios = 0;  ///< for_each makes no more of them
  bool steps = true;              ///< false: the scenarios of built-in suites get none
};

/// Checks the defaults and appends the file's scenarios, if it is readable. `names` has all names
/// so far and where they stand.
void load_suite(const SuiteFile& file, const Shared& shared, Tables& tables, ProblemList& problems,
                std::map<std::string, std::string>& names, std::vector<Scenario>& out);

bool is_slug(std::string_view text, bool dots);
const std::vector<std::string>& profile_key_names();

}  // namespace wsspec::loader
