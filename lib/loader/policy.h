// The policy keys as the loader sees them. Internal; the public table is policy_keys().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loader/document.h"
#include "loader/policy_keys.h"
#include "scenario/profile.h"

namespace wsspec::loader {

const PolicyKey* find_policy_key(std::string_view key);
const std::vector<std::string>& policy_key_names();
/// The members that policy `key` may have: the common ones and its own.
std::vector<std::string> policy_member_names(std::string_view key);
/// "policy.K", "policy.K.member" or something inside the member, with "!" before it or not.
bool is_policy_requirement(std::string_view text);
/// Whether the policies of a profile (an object, defaults filled in) have `path`: "message_rate",
/// "token.expired", "message_rate.counts.ping" (an entry of a list), "token.action.close" (the
/// value itself). What is false, 0 or an empty list is not declared.
bool declares(const Json& policies, std::string_view path);

/// A bare number becomes {"limit": n}, true becomes {}; anything else stays.
Json policy_object(Json value);
/// Checks one policy, fills its defaults into `json` and returns its common part.
Policy parse_policy(Reader& reader, const std::string& key, Json& json, const std::string& at);

}  // namespace wsspec::loader
