// The JSON type (keys keep their order: it decides the order of a cross product).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "scenario/ordered_members.h"

namespace wsspec::scenario {

using Json = nlohmann::basic_json<OrderedMembers>;

/// Compact, and never throws whatever octets a string holds (environment variables may hold any).
inline std::string compact(const Json& json, bool ascii = false) {
  return json.dump(-1, ' ', ascii, Json::error_handler_t::replace);
}

}  // namespace wsspec::scenario
