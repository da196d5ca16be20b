// The wildcard: the JSON value of something that is not known when a file is loaded. Internal.
#pragma once

#include "loader/base.h"
#include "scenario/json.h"

namespace wsspec::loader {

/// Stands for a value that only a run or another target profile would give. JSON text never yields
/// nlohmann's binary type, so that type is free for it. Every reader accepts it as any type.
inline Json wildcard() {
  return Json::binary({});
}
inline bool is_wildcard(const Json& json) {
  return json.is_binary();
}

/// "a string", "a list", ... for messages.
const char* type_name(const Json& json);

}  // namespace wsspec::loader
