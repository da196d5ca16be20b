// The policies that a profile may have, and whether one does.
#pragma once

#include <string_view>
#include <vector>

#include "loader/base.h"
#include "scenario/profile.h"

namespace wsspec::loader {

/// Whether the profile declares `path`, a requirement without its "policy.": "message_rate",
/// "token.expired", "message_rate.counts.ping", "token.action.close".
bool is_declared(const Profile& profile, std::string_view path);

/// One row of the policy key table (scenarios/README.md is checked against it).
struct PolicyKey {
  std::string_view key;
  std::string_view type;  ///< "number", "object"
  std::string_view unit;  ///< "messages", "octets", "ms", ""
  int default_code;
  std::string_view what;
  std::string_view members;  ///< its own, beside the common ones: "send valid wrong"
  PolicyAction default_action = PolicyAction::close;
  std::vector<int> default_statuses = {401, 403, 429, 503};  ///< with `refuse`
};
/// The members that every policy may have: "close action status ...".
std::string_view common_policy_members();
const std::vector<PolicyKey>& policy_keys();

}  // namespace wsspec::loader
