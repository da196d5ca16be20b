// The parts of explain.cpp that answers about messages use too.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace wsspec::explain {

/// "1008 policy violation", "HTTP 403 forbidden". The number must have a code_text.
std::string code_label(int number);
/// The entry as explain_json() prints it.
nlohmann::ordered_json code_json(int number);

}  // namespace wsspec::explain
