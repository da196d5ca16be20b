// Which scenarios a command names: globs over names, tag globs, levels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "scenario/model.h"

namespace wsspec::scenario {

/// '*' any run of characters but '/', '**' any run, '?' one character but '/'.
bool glob_match(std::string_view pattern, std::string_view text);

bool has_tag(const Scenario& scenario, std::string_view tag);

/// One selector: "utf8" = "utf8/**"; "utf8/over*" a glob over names; "tag:GLOB" over tags (in tags
/// '*' passes over anything); "autobahn:6.4.*" is short for "tag:autobahn:6.4.*".
bool selects(std::string_view selector, const Scenario& scenario);

/// Many selectors, asked of many scenarios: those without a wildcard are looked up, so that only
/// the globs cost time for each scenario.
class Selectors {
 public:
  explicit Selectors(const std::vector<std::string>& selectors);
  enum class Match : std::uint8_t {
    none,
    glob,  ///< as one of many
    named  ///< by its whole name, or by a tag
  };
  Match match(const Scenario& scenario) const;

 private:
  std::unordered_set<std::string> names_, suites_, tags_;
  std::vector<std::string> name_globs_, tag_globs_;  ///< as they were given; globs alone
};

/// Those of `selectors` that select none of the scenarios, in their order.
std::vector<std::string> unmatched(const std::vector<std::string>& selectors,
                                   const std::vector<Scenario>& scenarios);

/// False: none of the selectors selects a scenario of this suite. No selector: true.
bool may_select(const std::vector<std::string>& selectors, std::string_view suite);

/// True for what `run` takes as a scenario file or folder: ends in .json, or is a directory.
bool is_file_selector(const std::string& selector);

struct Selection {
  std::vector<std::string> include;  ///< empty = all but those tagged `load` or `slow`
  std::vector<std::string> exclude;
  std::vector<Level> levels;  ///< empty = all
  bool slow = false;          ///< the slow ones too
};
/// Indices into `scenarios`, in order. A scenario tagged slow (but with `slow`) or load is taken
/// only if a selector names it by tag or by its full name without wildcard.
std::vector<std::size_t> select(const std::vector<Scenario>& scenarios, const Selection& selection);

}  // namespace wsspec::scenario
