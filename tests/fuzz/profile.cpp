// A target profile with any text: loading never throws, problems point into the file, and a profile
// without problems can be used by the scenarios that ask for policies.
//
// Lines "--set name=value" at the front are settings.
#include "scenario/profile.h"

#include "scenario_checks.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;

namespace {

std::vector<loader::Setting> take_settings(std::string_view& text) {
  constexpr std::string_view kSet = "--set ";
  std::vector<loader::Setting> out;
  while (text.starts_with(kSet) && out.size() < 8) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(kSet.size(), end - std::min(end, kSet.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    out.push_back({std::string(line.substr(0, equals)), std::string(line.substr(equals + 1))});
  }
  return out;
}

/// The suite whose scenarios read every policy.
const loader::Source& policy_suite() {
  static const loader::Source suite = [] {
    for (loader::Source& source : loader::built_in_suites())
      if (source.name == "built-in:policy.json") return source;
    expect(false, "there is a suite for policies");
    std::abort();
  }();
  return suite;
}

}  // namespace

FUZZ_TARGET(profile) {
  std::string_view text = input.text();
  const std::vector<loader::Setting> settings = take_settings(text);
  const loader::Source source{"profile.json", std::string(text), true};
  const loader::ProfileOutput out = loader::load_profile(source, settings);
  fuzz::check_problems(out.problems, "profile.json", text);
  const loader::ProfileOutput again = loader::load_profile(source, settings);
  expect_same(fuzz::show(out.problems), fuzz::show(again.problems), "problems are the same again");
  if (!out.problems.empty()) return;
  const scenario::Profile& profile = out.profile;
  expect_same(profile.json, again.profile.json, "it loads the same again");

  fuzz::check_steps(profile.prologue);
  for (const auto& [name, steps] : profile.triggers) fuzz::check_steps(steps);
  if (profile.carrier) {
    fuzz::check_payload(profile.carrier->prefix);
    fuzz::check_payload(profile.carrier->suffix);
  }
  if (profile.message) fuzz::check_payload(profile.message->send.payload);
  for (const auto& [key, policy] : profile.policies) {
    expect(key == policy.key, "a policy is found by its key");
    expect(!policy.close.ranges.empty() || policy.action != scenario::PolicyAction::close,
           "a policy that closes has codes");
  }

  loader::LoadInput load;
  load.suites.push_back(policy_suite());
  load.tables = loader::built_in_tables();
  load.profile = &profile;
  const loader::LoadOutput loaded = loader::load(load);
  fuzz::check_problems(loaded.problems, policy_suite().name, policy_suite().text);
  if (!loaded.problems.empty()) return;  // a limit of the wrong type is told here
  for (const scenario::Scenario& one : loaded.scenarios) fuzz::check_steps(one.steps);
}
