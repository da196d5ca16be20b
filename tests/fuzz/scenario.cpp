// A suite file with any text: loading never throws and never runs away, problems point into the
// file, and what loads without problems loads the same again and has steps that can be run.
#include <nlohmann/json.hpp>

#include "loader/late.h"
#include "scenario/select.h"
#include "scenario_checks.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;

namespace {

/// The built-in tables with two rows each: whole ones would make a hundred scenarios of most
/// inputs.
std::map<std::string, loader::Source> short_tables() {
  std::map<std::string, loader::Source> tables = loader::built_in_tables();
  for (auto& [name, table] : tables) {
    auto rows = nlohmann::ordered_json::parse(table.text);
    rows.erase(rows.begin() + 2, rows.end());
    table.text = rows.dump();
  }
  return tables;
}

}  // namespace

FUZZ_TARGET(scenario) {
  static const std::map<std::string, loader::Source> tables = short_tables();
  loader::LoadInput load;
  load.tables = tables;
  load.max_scenarios = 200;  // that there is a limit is tested elsewhere; here it saves time
  // Built in: no file of this machine is looked at.
  load.suites.push_back({"fuzz.json", std::string(input.text()), true});
  std::string first;
  {
    const loader::LoadOutput once = loader::load(load);
    first = fuzz::show(once.problems) + fuzz::show(once.scenarios);
  }
  const loader::LoadOutput out = loader::load(load);
  expect_same(first, fuzz::show(out.problems) + fuzz::show(out.scenarios),
              "it loads the same again");
  fuzz::check_problems(out.problems, "fuzz.json", input.text());
  if (!out.problems.empty()) return;

  for (const scenario::Scenario& one : out.scenarios) {
    expect(one.name.starts_with(one.suite + "/") && fuzz::shown_safely(one.name),
           "a scenario's name is its suite and its id");
    expect(scenario::selects(one.name, one), "a scenario is selected by its name");
    expect(one.weight >= 1 && one.line >= 1, "a scenario has a weight and a line");
    expect(!one.steps.empty() || !one.requires_.empty(), "a scenario has steps");
    fuzz::check_steps(one.steps);
    for (const auto& [name, value] : one.connect.headers)
      (void)loader::resolve(value, {1, 2, {{"x", "\"v\""}}});
  }
}
