#include "engine/company.h"

#include <algorithm>

namespace wsspec::engine {

void Company::started(const scenario::Scenario& scenario) {
  running_.emplace(++now_, &scenario);
  starts_.emplace(&scenario, now_);
}

void Company::ended(const scenario::Scenario& scenario, bool failed) {
  const auto own = starts_.lower_bound({&scenario, 0});
  if (own == starts_.end() || own->first != &scenario) return;
  const std::uint64_t since = own->second;
  starts_.erase(own);
  running_.erase(since);
  if (failed) {
    List& company = kept_[&scenario];
    company.clear();
    const auto add = [&](const scenario::Scenario* other) {
      const bool known = std::find(company.begin(), company.end(), other) != company.end();
      if (other != &scenario && !known && company.size() < kMost) company.push_back(other);
    };
    for (const auto& [at, other] : running_) {
      if (company.size() == kMost) break;
      add(other);
    }
    for (const Start& other : ended_)
      if (other.at > since) add(other.scenario);
    std::sort(company.begin(), company.end(), std::less<>());
  }
  ended_.push_front({&scenario, ++now_});
  if (ended_.size() > kMost) ended_.pop_back();
}

// All scenarios of a run stand in one list: their addresses have the order of the suites.
Company::List Company::of(const scenario::Scenario& scenario) const {
  const auto found = kept_.find(&scenario);
  return found == kept_.end() ? List() : found->second;
}

}  // namespace wsspec::engine
