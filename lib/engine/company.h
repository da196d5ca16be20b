// Which scenarios ran at the same time as one that failed: what it may need to fail again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "scenario/model.h"

namespace wsspec::engine {

class Company {
 public:
  /// So many are kept of one, those that ended last.
  static constexpr std::size_t kMost = 15;
  using List = std::vector<const scenario::Scenario*>;

  void started(const scenario::Scenario& scenario);
  /// `failed`: its company is kept.
  void ended(const scenario::Scenario& scenario, bool failed);
  /// Of its last run that failed, in the order of the suites.
  List of(const scenario::Scenario& scenario) const;

 private:
  struct Start {
    const scenario::Scenario* scenario;
    std::uint64_t at;
  };
  std::uint64_t now_ = 0;                                       ///< counts starts and ends
  std::map<std::uint64_t, const scenario::Scenario*> running_;  ///< by their start
  /// The same, to be found by the scenario: it may run several times at once (--repeat).
  std::set<std::pair<const scenario::Scenario*, std::uint64_t>> starts_;
  std::deque<Start> ended_;  ///< the last ones; `at` is the end
  std::map<const scenario::Scenario*, List> kept_;
};

}  // namespace wsspec::engine
