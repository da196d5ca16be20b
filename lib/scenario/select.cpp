// Globs over names and tags, and the nearest known word to a misspelt one.
#include "scenario/select.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace wsspec::scenario {
namespace {

// Iterative, with one point to go back to for each kind of star: no pattern takes more than
// O(pattern x text) steps, unlike the recursive form.
bool match(std::string_view pattern, std::string_view text, bool slash_stops) {
  std::vector<bool> reach(text.size() + 1, false);
  reach[0] = true;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    std::vector<bool> next(text.size() + 1, false);
    if (pattern[p] == '*') {
      bool deep = !slash_stops;
      while (p + 1 < pattern.size() && pattern[p + 1] == '*') {
        deep = true;
        ++p;
      }
      bool open = false;
      for (std::size_t t = 0; t <= text.size(); ++t) {
        open = open || reach[t];
        next[t] = open;
        if (t < text.size() && !deep && text[t] == '/') open = false;
      }
    } else {
      for (std::size_t t = 0; t < text.size(); ++t) {
        const bool fits =
            pattern[p] == '?' ? !(slash_stops && text[t] == '/') : pattern[p] == text[t];
        if (reach[t] && fits) next[t + 1] = true;
      }
    }
    reach.swap(next);
  }
  return reach[text.size()];
}

bool is_tag_selector(std::string_view selector) {
  return selector.find(':') != std::string_view::npos;  // no name has one
}

std::string_view tag_of(std::string_view selector) {
  return selector.substr(0, 4) == "tag:" ? selector.substr(4) : selector;
}

bool has_wildcard(std::string_view selector) {
  return selector.find_first_of("*?") != std::string_view::npos;
}

std::string suite_of(const Scenario& scenario) {
  return scenario.name.substr(0, scenario.name.find('/'));
}

}  // namespace

bool has_tag(const Scenario& scenario, std::string_view tag) {
  return std::find(scenario.tags.begin(), scenario.tags.end(), tag) != scenario.tags.end();
}

bool glob_match(std::string_view pattern, std::string_view text) {
  return match(pattern, text, true);
}

bool selects(std::string_view selector, const Scenario& scenario) {
  if (is_tag_selector(selector)) {
    return std::any_of(scenario.tags.begin(), scenario.tags.end(),
                       [&](const std::string& tag) { return match(tag_of(selector), tag, false); });
  }
  if (selector.find('/') == std::string_view::npos) {
    return match(std::string(selector) + "/**", scenario.name, true);
  }
  return match(selector, scenario.name, true);
}

Selectors::Selectors(const std::vector<std::string>& selectors) {
  for (const std::string& selector : selectors) {
    const bool glob = has_wildcard(selector);
    if (is_tag_selector(selector))
      glob ? tag_globs_.push_back(selector) : (void)tags_.emplace(tag_of(selector));
    else if (glob)
      name_globs_.push_back(selector);
    else
      (selector.find('/') == std::string::npos ? suites_ : names_).insert(selector);
  }
}

Selectors::Match Selectors::match(const Scenario& scenario) const {
  const auto by = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(),
                       [&](const std::string& glob) { return selects(glob, scenario); });
  };
  if (names_.contains(scenario.name)) return Match::named;
  if (!tags_.empty() && std::any_of(scenario.tags.begin(), scenario.tags.end(),
                                    [&](const std::string& tag) { return tags_.contains(tag); }))
    return Match::named;
  if (by(tag_globs_)) return Match::named;
  return suites_.contains(suite_of(scenario)) || by(name_globs_) ? Match::glob : Match::none;
}

std::vector<std::string> unmatched(const std::vector<std::string>& selectors,
                                   const std::vector<Scenario>& scenarios) {
  std::unordered_set<std::string> known;  // suites and names, and tags with a colon before them
  if (!selectors.empty())
    for (const Scenario& one : scenarios) {
      known.insert(suite_of(one));
      known.insert(one.name);
      for (const std::string& tag : one.tags) known.insert(":" + tag);
    }
  std::vector<std::string> out;
  for (const std::string& selector : selectors) {
    const bool found =
        has_wildcard(selector)
            ? std::any_of(scenarios.begin(), scenarios.end(),
                          [&](const Scenario& one) { return selects(selector, one); })
        : is_tag_selector(selector) ? known.contains(":" + std::string(tag_of(selector)))
                                    : known.contains(selector);
    if (!found) out.push_back(selector);
  }
  return out;
}

bool may_select(const std::vector<std::string>& selectors, std::string_view suite) {
  if (selectors.empty()) return true;
  return std::any_of(selectors.begin(), selectors.end(), [&](std::string_view selector) {
    if (is_tag_selector(selector)) return true;
    const std::string_view first = selector.substr(0, selector.find('/'));
    return first.find("**") != std::string_view::npos || glob_match(first, suite);
  });
}

bool is_file_selector(const std::string& selector) {
  if (selector.size() >= 5 && selector.compare(selector.size() - 5, 5, ".json") == 0) return true;
  std::error_code error;
  return std::filesystem::is_directory(selector, error);
}

std::vector<std::size_t> select(const std::vector<Scenario>& scenarios,
                                const Selection& selection) {
  std::vector<std::size_t> out;
  const Selectors include(selection.include), exclude(selection.exclude);
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const Scenario& scenario = scenarios[i];
    const bool slow = has_tag(scenario, "slow") && !selection.slow;
    const bool load = has_tag(scenario, "load");
    const Selectors::Match match = include.match(scenario);
    const bool taken = selection.include.empty() || match != Selectors::Match::none;
    if (!taken || ((slow || load) && match != Selectors::Match::named)) continue;
    const auto& levels = selection.levels;
    if (!levels.empty() &&
        std::find(levels.begin(), levels.end(), scenario.level) == levels.end()) {
      continue;
    }
    if (exclude.match(scenario) != Selectors::Match::none) continue;
    out.push_back(i);
  }
  return out;
}

}  // namespace wsspec::scenario
