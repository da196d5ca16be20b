// How a problem reads on a terminal, and the list that collects problems.
#include "scenario/problem.h"

#include <algorithm>

#include "scenario/problem_list.h"

namespace wsspec::scenario {

std::string Problem::text() const {
  std::string out = file.empty() ? "wsspec" : file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += ": error: " + what;
  if (!source.empty()) {
    // The caret counts characters, not octets: continuation octets take no column.
    std::string pad;
    for (int i = 0; i < caret && i < static_cast<int>(source.size()); ++i) {
      if ((static_cast<unsigned char>(source[static_cast<std::size_t>(i)]) & 0xc0) != 0x80) {
        pad += ' ';
      }
    }
    out += "\n  " + source + "\n  " + pad + "^";
  }
  if (!hint.empty()) out += "\n  hint: " + hint;
  return out;
}

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

}  // namespace wsspec::scenario
