// The JSON type of this layer (keys keep their order: it decides the order of a cross product) and
// the wildcard: the value of something that is not known when a file is loaded. Internal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace wsspec::scenario {

using Json = nlohmann::ordered_json;

/// Stands for a value that only a run or another target profile would give. JSON text never yields
/// nlohmann's binary type, so that type is free for it. Every reader accepts it as any type.
inline Json wildcard() {
  return Json::binary({});
}
inline bool is_wildcard(const Json& json) {
  return json.is_binary();
}

/// Compact, and never throws whatever octets a string holds (environment variables may hold any).
inline std::string compact(const Json& json, bool ascii = false) {
  return json.dump(-1, ' ', ascii, Json::error_handler_t::replace);
}

/// "a string", "a list", ... for messages.
const char* type_name(const Json& json);

}  // namespace wsspec::scenario
