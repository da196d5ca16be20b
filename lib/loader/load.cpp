// Files to scenarios: settings and parameters of all suites first (one suite may use another's),
// then each file's scenarios, unrolled and parsed.
#include "loader/load.h"

#include <algorithm>
#include <set>

#include "loader/for_each.h"
#include "loader/parse.h"
#include "loader/policy.h"
#include "loader/suite.h"
#include "scenario/select.h"

namespace wsspec::loader {
namespace {

// What stands at the top of a suite file. False: its scenarios cannot be read.
bool read_head(Reader& reader, SuiteFile& file) {
  Members members(reader, Node{&file.json, ""}, "a suite file");
  if (!members.ok()) return false;
  if (const auto value = members.take("$schema")) reader.string(*value);
  if (const auto value = members.need("suite")) {
    file.suite = reader.string(*value);
    if (value->json->is_string() && !is_slug(file.suite, false)) {
      reader.fail(*value, "a suite's name is made of letters, digits, '-' and '_'");
    } else if (file.suite != "policy" && is_profile_setting(file.suite)) {
      reader.fail(*value, "a suite cannot be called '" + file.suite + "'",
                  "it is a key of the target profile, which --set would mean");
    }
  }
  if (const auto value = members.take("title")) file.title = reader.string(*value);
  if (const auto value = members.take("params")) {
    if (value->json->is_object()) {
      file.params = **value;
    } else {
      reader.wrong_type(*value, "an object of names and values");
    }
    for (const auto& [name, ignored] : file.params.items()) {
      const auto& reserved = reserved_names();
      if (!is_name(name)) {
        reader.fail_key(*value, name, "'" + name + "' is not a name", "letters, digits and '_'");
      } else if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
        reader.fail_key(*value, name, "the name '" + name + "' is taken");
      }
    }
  }
  if (const auto value = members.take("defaults")) file.defaults = **value;
  const auto scenarios = members.take("scenarios");
  const bool readable = scenarios && reader.list(*scenarios, "a list of scenarios");
  if (!scenarios && file.params.empty()) {
    reader.fail(Node{&file.json, ""}, "a suite file needs 'scenarios'");
  }
  members.finish();
  return readable;
}

void apply(const Setting& setting, std::vector<SuiteFile>& files, ProblemList& problems) {
  const std::size_t dot = setting.name.find('.');
  const std::string suite = setting.name.substr(0, dot);
  const std::string param = dot == std::string::npos ? "" : setting.name.substr(dot + 1);
  bool found = false;
  for (SuiteFile& file : files) {
    if (file.suite != suite || !file.params.contains(param)) continue;
    Json value = Json::parse(setting.value, nullptr, false);
    file.params[param] = value.is_discarded() ? Json(setting.value) : std::move(value);
    found = true;
  }
  if (found) return;
  std::set<std::string> all_suites, all_params;
  for (const SuiteFile& file : files) {
    all_suites.insert(file.suite);
    if (file.suite != suite) continue;
    for (const auto& [name, value] : file.params.items()) all_params.insert(name);
  }
  std::vector<std::string> suites(all_suites.begin(), all_suites.end());
  std::vector<std::string> params(all_params.begin(), all_params.end());
  Problem problem;
  problem.file = "--set " + setting.name;
  if (suite == "policy") {  // a policy that is none, or a parameter of that suite
    problem.what = "unknown policy '" + param.substr(0, param.find('.')) + "'";
    for (const std::string& key : policy_key_names()) params.push_back(key);
    problem.hint = hint_for(param.substr(0, param.find('.')), params);
  } else if (std::find(suites.begin(), suites.end(), suite) == suites.end()) {
    problem.what = "'" + suite + "' is neither a key of the target profile nor a suite";
    for (const std::string& key : profile_key_names()) suites.push_back(key);
    problem.hint = hint_for(suite, suites);
  } else {
    problem.what = "suite '" + suite + "' has no parameter '" + param + "'";
    problem.hint = hint_for(param, params);
  }
  problems.add(std::move(problem));
}

}  // namespace

LoadOutput load(const LoadInput& input) {
  LoadOutput out;
  ProblemList problems;
  std::vector<SuiteFile> files;
  for (const Source& source : input.suites) {
    auto document = std::make_shared<Document>();
    document->text = JsonText(source.name, source.text);
    document->built_in = source.built_in;
    document->seed = input.seed;
    SuiteFile file;
    file.document = document;
    if (!document->text.parse(file.json, problems)) continue;
    Reader reader(*document, problems);
    file.readable = read_head(reader, file);
    if (source.built_in && !may_select(input.selectors, file.suite)) file.readable = false;
    files.push_back(std::move(file));
  }
  for (const Setting& setting : input.settings) {
    if (!is_profile_setting(setting.name)) apply(setting, files, problems);
  }

  Shared shared;
  for (const SuiteFile& file : files) {
    Json& group = shared.suites.emplace(file.suite, Json::object()).first->second;
    for (const auto& [name, value] : file.params.items())
      if (!group.contains(name)) group[name] = value;
  }
  shared.seed = input.seed;
  shared.max_scenarios = input.max_scenarios;
  shared.steps = input.steps;
  if (input.profile) {
    Json profile = Json::parse(input.profile->json, nullptr, false);
    shared.policies =
        profile.is_object() && profile.contains("policy") ? profile["policy"] : Json::object();
    shared.triggers.emplace();
    for (const auto& [name, steps] : input.profile->triggers) shared.triggers->push_back(name);
  }
  Tables tables(input.tables, problems);
  std::map<std::string, std::string> names;  // scenario name -> where it stands
  for (const SuiteFile& file : files) {
    load_suite(file, shared, tables, problems, names, out.scenarios);
    const auto& used = file.document->environment;
    out.environment.insert(out.environment.end(), used.begin(), used.end());
  }
  out.scenarios.shrink_to_fit();
  out.problems = problems.take();
  return out;
}

}  // namespace wsspec::loader
