// Findings that are the same finding: a server that accepts ill-formed UTF-8 fails 150 scenarios in
// one way, and a reader wants that way once, with the names.
#pragma once

#include <string>
#include <vector>

#include "result/result.h"

namespace wsspec::report {

/// The first result in full, then the names of those that are like it.
struct FindingGroup {
  result::ScenarioResult first;
  std::string key;
  std::vector<std::string> others;
};

/// Sorts failures and errors into groups: the same where verdict, class, expectation, observed code
/// (or HTTP status, or end) and diagnosis are the same. In order of first appearance.
class FindingGroups {
 public:
  void add(const result::ScenarioResult& result);
  const std::vector<FindingGroup>& all() const { return groups_; }

 private:
  std::vector<FindingGroup> groups_;
};

/// Names sorted by the reason they share (tolerated: why it may pass; skipped: what is missing).
struct ReasonGroup {
  std::string reason;
  std::vector<std::string> names;
};

class ReasonGroups {
 public:
  void add(const std::string& reason, const std::string& name);
  const std::vector<ReasonGroup>& all() const { return groups_; }

 private:
  std::vector<ReasonGroup> groups_;
};

/// "a, b, c and 12 more", broken into lines of about `width` columns. `limit` 0 = all of them.
std::vector<std::string> name_lines(const std::vector<std::string>& names, std::size_t limit,
                                    std::size_t width);

}  // namespace wsspec::report
