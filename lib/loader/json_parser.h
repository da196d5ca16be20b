// A strict JSON parser (RFC 8259) of our own: nlohmann's tells neither where a value stands nor
// that a key came twice. The same code builds the tree and, on demand, the positions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "loader/json.h"
#include "loader/json_text.h"
#include "loader/problem_list.h"

namespace wsspec::loader {

/// What is kept beside the tree; null: it is not.
struct ParserOutput {
  ProblemList* problems = nullptr;
  /// JSON pointer -> place, of every value up to the first problem.
  std::map<std::string, JsonText::Place>* index = nullptr;
  /// Offsets of the entries of the list "scenarios" in the outermost object.
  std::vector<std::size_t>* scenarios = nullptr;
};

/// False after a problem. The text is UTF-8.
bool parse_json(const JsonText& source, Json& out, const ParserOutput& beside);

}  // namespace wsspec::loader
