// A strict JSON parser (RFC 8259) of our own: nlohmann's tells neither where a value stands nor
// that a key came twice. The same code builds the tree and, on demand, the positions.
#pragma once

#include <map>
#include <string>

#include "loader/json.h"
#include "loader/json_text.h"
#include "loader/problem_list.h"

namespace wsspec::loader {

/// False after a problem. `problems` null: not told. `index` null: not kept; else JSON pointer ->
/// place, of every value up to the problem. The text is UTF-8.
bool parse_json(const JsonText& source, Json& out, ProblemList* problems,
                std::map<std::string, JsonText::Place>* index);

}  // namespace wsspec::loader
