// The policy keys as the loader sees them. Internal; the public table is policy_keys().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/document.h"
#include "scenario/profile.h"

namespace wsspec::scenario {

const PolicyKey* find_policy_key(std::string_view key);
const std::vector<std::string>& policy_key_names();
/// The members that policy `key` may have: the common ones and its own.
std::vector<std::string> policy_member_names(std::string_view key);
/// "policy.K" or "policy.K.member" with both known.
bool is_policy_requirement(std::string_view text);

/// A bare number becomes {"limit": n}, true becomes {}; anything else stays.
Json policy_object(Json value);
/// Checks one policy, fills its defaults into `json` and returns its common part.
Policy parse_policy(Reader& reader, const std::string& key, Json& json, const std::string& at);

}  // namespace wsspec::scenario
