#include "app/suites.h"

#include <algorithm>
#include <set>

#include "app/collect_secrets.h"
#include "app/load_input.h"
#include "loader/load.h"
#include "scenario/profile.h"
#include "text/did_you_mean.h"
#include "text/escape.h"

namespace wsspec {

struct Suites::State {
  std::vector<scenario::Scenario> scenarios;
  scenario::Profile profile;
  std::string digest;
  std::vector<std::string> environment;
};

const std::vector<scenario::Scenario>& Suites::scenarios() const {
  return state_->scenarios;
}
const scenario::Profile& Suites::profile() const {
  return state_->profile;
}
const std::string& Suites::profile_url() const {
  return state_->profile.url;
}
const std::string& Suites::digest() const {
  return state_->digest;
}
const std::vector<std::string>& Suites::environment() const {
  return state_->environment;
}

namespace {

bool all_match(const std::vector<std::string>& selectors,
               const std::vector<scenario::Scenario>& scenarios) {
  return std::all_of(selectors.begin(), selectors.end(), [&](const std::string& selector) {
    return std::any_of(scenarios.begin(), scenarios.end(), [&](const scenario::Scenario& one) {
      return scenario::selects(selector, one);
    });
  });
}

}  // namespace

tl::expected<Suites, std::string> load_suites(const LoadOptions& options) {
  auto settings = split_settings(options.settings);
  if (!settings) return tl::unexpected(settings.error());
  const auto source = profile_source(options.profile);
  if (!source) return tl::unexpected(source.error());
  auto profile = loader::load_profile(*source, settings->profile);
  if (!profile.problems.empty()) return tl::unexpected(text_of(profile.problems, {*source}));
  auto state = std::make_shared<Suites::State>();
  state->profile = std::move(profile.profile);

  loader::LoadInput input;
  input.tables = loader::built_in_tables();
  if (options.files.empty()) input.suites = loader::built_in_suites();
  for (const auto& file : options.files) {
    auto read = loader::read_sources(file);
    if (!read) return tl::unexpected(read.error().text() + "\n");
    for (auto& one : *read) input.suites.push_back(std::move(one));
  }
  input.profile = &state->profile;
  input.settings = std::move(settings->suites);
  input.seed = options.seed;
  input.selectors = options.selectors;
  // Whether a message can be compressed, and whether a parameter's value fits, only steps show.
  input.steps =
      options.steps || options.deflate != scenario::DeflateMode::off || !input.settings.empty();
  auto loaded = loader::load(input);
  // What to say of a selector that matches nothing depends on all that there is.
  if (options.files.empty() && !all_match(options.selectors, loaded.scenarios)) {
    input.selectors.clear();
    loaded = loader::load(input);
  }
  if (!loaded.problems.empty()) return tl::unexpected(text_of(loaded.problems, input.suites));
  state->scenarios = scenario::with_compressed(std::move(loaded.scenarios), options.deflate);
  state->digest = loader::digest(input);
  state->environment = std::move(loaded.environment);
  const auto& used = state->profile.environment;
  state->environment.insert(state->environment.end(), used.begin(), used.end());
  return Suites(std::move(state));
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
    const auto near = text::did_you_mean(selector, {known.begin(), known.end()});
    if (!near.empty() && near != selector) hint = "; did you mean '" + near + "'?";
  }
  if (!hint.empty()) return "no scenario matches" + what + hint;
  if (what.empty()) what = " the selection";
  // A glob may fit slow or load scenarios alone, or ones that --level and --exclude take away.
  bool fits = false, all_slow = true;
  for (const auto& one : scenarios)
    for (const auto& selector : selection.include)
      if (scenario::selects(selector, one)) {
        fits = true;
        all_slow = all_slow && scenario::has_tag(one, "slow");
      }
  if (fits && all_slow && !selection.slow)
    return "all that" + what + " names is tagged slow: add --slow";
  if (fits)
    return "no scenario matches" + what +
           " and --level, --exclude, --slow as given (load is named whole, or by tag:load)";
  return "no scenario matches" + what;
}

}  // namespace wsspec
