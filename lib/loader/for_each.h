// for_each: the cross product of lists, ranges, entries and tables. Internal.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loader/document.h"
#include "loader/expression.h"
#include "loader/load.h"

namespace wsspec::loader {

inline constexpr std::size_t kMaxUnrolled = 10000;  // per scenario

/// The shared table files of one load, each read once.
class Tables {
 public:
  Tables(const std::map<std::string, Source>& given, ProblemList& problems)
      : given_(given), problems_(problems) {}
  /// The rows, as template text; null after a problem. Files on disk look into ../tables/ and
  /// tables/ beside them before the given ones.
  const Json* rows(Reader& reader, const Node& name);

 private:
  std::optional<Source> find(const Document& document, const std::string& name) const;
  std::vector<std::string> known(const Document& document) const;

  const std::map<std::string, Source>& given_;
  ProblemList& problems_;
  std::map<std::string, Json> cache_;  ///< by the table file's name
};

/// Calls `each` with every combination of values (an object: name -> value), in order. The needs
/// ("policy.K") of the lists themselves are added to `requires_`. False: there are more than `most`
/// combinations, and it has stopped there.
bool unroll(Reader& reader, const Node& node, const Scope& scope, Tables& tables, std::size_t most,
            std::vector<std::string>& requires_, const std::function<void(const Json&)>& each);

}  // namespace wsspec::loader
