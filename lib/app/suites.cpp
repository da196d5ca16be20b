#include "app/suites.h"

#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <set>

#include "app/collect_secrets.h"
#include "app/load_input.h"
#include "loader/load.h"
#include "scenario/profile.h"
#include "text/did_you_mean.h"
#include "text/escape.h"
#include "text/secret_names.h"

namespace wsspec {

struct Suites::State {
  std::vector<scenario::Scenario> scenarios;
  scenario::Profile profile;
  std::string digest;
  std::vector<std::string> environment;
  std::vector<std::string> secret_settings;
  bool built_in = true;
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
const std::vector<std::string>& Suites::secret_settings() const {
  return state_->secret_settings;
}
bool Suites::built_in() const {
  return state_->built_in;
}

namespace {

using Names = std::vector<std::string>;
using scenario::unmatched;

/// A URL that was taken for a selector may hold secrets.
std::string selector_text(const std::string& selector) {
  const bool url = selector.find("://") != std::string::npos ||
                   selector.find_first_of("=@") != std::string::npos;
  return url ? text::redact_url(selector) : selector;
}

/// A message names so many; each is compared with every name for a hint.
constexpr std::size_t kNamed = 10;

/// "no scenario matches 'a', 'b'; did you mean 'c'?"
std::string no_match(const Names& selectors, const std::vector<scenario::Scenario>& scenarios) {
  std::set<std::string> suites, names;
  for (const auto& one : scenarios) {
    suites.insert(one.suite);
    names.insert(one.name);
  }
  std::string what, hint;
  std::size_t shown = 0;
  for (const auto& selector : selectors) {
    if (++shown > kNamed) {
      what += fmt::format(" and {} more", selectors.size() - kNamed);
      break;
    }
    what += (what.empty() ? " '" : ", '") + text::printable(selector_text(selector), 80) + "'";
    const auto& known = selector.find('/') == std::string::npos ? suites : names;
    const auto near = text::did_you_mean(selector, {known.begin(), known.end()});
    if (!near.empty() && near != selector) hint = "; did you mean '" + near + "'?";
  }
  return "no scenario matches" + (what.empty() ? " the selection" : what) + hint;
}

/// A selector that matches nothing is a mistake, also beside others that do: a test that is not run
/// is not missed by anybody. Files are taken whole, and what is excluded or required may stand for
/// scenarios of other files and of the built-in suites too.
std::string check_selectors(const LoadOptions& options, loader::LoadInput& input,
                            const std::vector<scenario::Scenario>& scenarios) {
  if (const Names none = unmatched(options.selectors, scenarios); !none.empty())
    return no_match(none, scenarios);
  Names none = unmatched(options.named, scenarios);
  if (none.empty()) return {};
  input.suites = loader::built_in_suites();
  input.selectors.clear();
  input.settings.clear();
  input.steps = false;
  const auto all = scenario::with_compressed(loader::load(input).scenarios, options.deflate);
  none = unmatched(none, all);
  return none.empty() ? std::string() : no_match(none, all);
}

// Documents take several times what is made of them, in pieces among which the scenarios lie.
void give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace

tl::expected<Suites, std::string> load_suites(const LoadOptions& options) {
  auto settings = split_settings(options.settings);
  if (!settings) return tl::unexpected(settings.error());
  const auto source = profile_source(options.profile);
  if (!source) return tl::unexpected(source.error());
  auto profile = loader::load_profile(*source, settings->profile);
  if (!profile.problems.empty())
    return tl::unexpected(text_of(profile.problems, {*source}, settings->profile));
  auto state = std::make_shared<Suites::State>();
  state->profile = std::move(profile.profile);
  state->secret_settings = secret_settings(settings->profile);
  for (auto& value : secret_settings(settings->suites))
    state->secret_settings.push_back(std::move(value));
  state->built_in = options.files.empty();

  loader::LoadInput input;
  input.tables = loader::built_in_tables();
  if (options.files.empty()) input.suites = loader::built_in_suites();
  for (const auto& file : options.files) {
    auto read = loader::read_sources(file);
    if (!read) return tl::unexpected(text_of({read.error()}, {}));
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
  if (options.files.empty() && !unmatched(options.selectors, loaded.scenarios).empty()) {
    input.selectors.clear();
    loaded = loader::load(input);
  }
  give_back_memory();
  if (!loaded.problems.empty())
    return tl::unexpected(text_of(loaded.problems, input.suites, input.settings));
  state->scenarios = scenario::with_compressed(std::move(loaded.scenarios), options.deflate);
  state->digest = loader::digest(input);
  if (const auto wrong = check_selectors(options, input, state->scenarios); !wrong.empty())
    return tl::unexpected("wsspec: error: " + wrong + "\n");
  state->environment = std::move(loaded.environment);
  const auto& used = state->profile.environment;
  state->environment.insert(state->environment.end(), used.begin(), used.end());
  return Suites(std::move(state));
}

std::string nothing_matched(const std::vector<scenario::Scenario>& scenarios,
                            const scenario::Selection& selection) {
  if (const Names none = unmatched(selection.include, scenarios); !none.empty())
    return no_match(none, scenarios);
  std::string what;
  for (const auto& selector : selection.include)
    what += (what.empty() ? " '" : ", '") + text::printable(selector_text(selector), 80) + "'";
  if (what.empty()) what = " the selection";
  // A glob may fit slow or load scenarios alone, or ones that --level and --exclude take away.
  bool fits = false, all_slow = true;
  const scenario::Selectors include(selection.include);
  for (const auto& one : scenarios) {
    if (include.match(one) == scenario::Selectors::Match::none) continue;
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
