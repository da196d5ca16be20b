#include "loader/problem_list.h"

#include <algorithm>

namespace wsspec::loader {

void ProblemList::add(Problem problem) {
  if (full(problem.file)) return;
  const auto same = [&](const Problem& other) {
    return other.line == problem.line && other.column == problem.column &&
           other.what == problem.what && other.file == problem.file;
  };
  if (std::any_of(problems_.begin(), problems_.end(), same)) return;
  ++per_file_[problem.file];
  problems_.push_back(std::move(problem));
}

bool ProblemList::full(const std::string& file) const {
  const auto found = per_file_.find(file);
  return found != per_file_.end() && found->second >= kPerFile;
}

}  // namespace wsspec::loader
