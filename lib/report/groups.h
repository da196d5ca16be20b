// Findings that are the same finding: a server that accepts ill-formed UTF-8 fails 150 scenarios
// for one cause, and a reader wants that cause once, with the names.
#pragma once

#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/shown.h"

namespace wsspec::report {

/// One result in full, the first of the gravest; then the names of those that are like it.
struct FindingGroup {
  Result first;
  std::vector<Printable> others;
  std::array<std::size_t, kImpacts> impacts{};  ///< how many of each
  bool counts = false;                          ///< one of them does
  std::size_t size() const { return 1 + others.size(); }
};

/// Sorts failures and errors into groups: one for one cause, whatever was expected and whatever the
/// octets were. A check that the server does not make is one, however it was found. Of another
/// Close or status than was expected, or without a cause: where expectation, what came and the
/// diagnosis are the same; for errors the reason.
class FindingGroups {
 public:
  /// True if it began a group.
  bool add(const Result& result);
  /// The one that a group shows is known better now.
  void replace(const Result& result);
  bool empty() const { return groups_.empty(); }
  /// Gravest impact first, then the largest, then in order of first appearance.
  std::vector<const FindingGroup*> sorted() const;

 private:
  std::vector<FindingGroup> groups_;
  std::unordered_map<std::string, std::size_t> places_;  ///< by what makes two findings one
};

/// Names sorted by the reason they share (tolerated: why it may pass; skipped: what is missing).
struct ReasonGroup {
  Printable reason;
  std::vector<Printable> names;
};

class ReasonGroups {
 public:
  void add(const Printable& reason, const Printable& name);
  const std::vector<ReasonGroup>& all() const { return groups_; }
  std::size_t names() const;

 private:
  std::vector<ReasonGroup> groups_;
  std::map<Printable, std::size_t> places_;
};

/// "a, b, c and 12 more", in lines of at most `width` columns. `limit` 0 = all of them.
std::vector<std::string> name_lines(const std::vector<Printable>& names, std::size_t limit,
                                    std::size_t width);

}  // namespace wsspec::report
