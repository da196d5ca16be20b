// Collects problems: each once, at most 20 a file, so that one slip in a loop of 10,000 scenarios
// is one problem. Internal.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "loader/base.h"

namespace wsspec::loader {

class ProblemList {
 public:
  static constexpr std::size_t kPerFile = 20;

  void add(Problem problem);
  bool full(const std::string& file) const;
  bool empty() const { return problems_.empty(); }
  std::size_t size() const { return problems_.size(); }
  std::vector<Problem> take() { return std::move(problems_); }
  const Problem& first() const { return problems_.front(); }

 private:
  std::vector<Problem> problems_;
  std::map<std::string, std::size_t> per_file_;
};

}  // namespace wsspec::loader
