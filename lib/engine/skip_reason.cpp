#include "engine/skip_reason.h"

#include "loader/policy_keys.h"
#include "scenario/select.h"

namespace wsspec::engine {
namespace {

using result::Cause;

/// The source address that a scenario connects from, if it names one.
std::string source_address(const scenario::Scenario& scenario) {
  if (!scenario.connect.from.empty()) return scenario.connect.from;
  for (const auto& group : scenario.groups)
    if (!group.connect.from.empty()) return group.connect.from;
  return {};
}

/// One entry of `requires`: "policy.K", "policy.K.member" (the policy may be declared without that
/// member), "!policy.K", "trigger.T", or a capability.
std::optional<result::Fact> unmet(const std::string& name, const scenario::Profile& profile,
                                  const Probed& probed) {
  if (name.starts_with("policy.")) {
    if (loader::is_declared(profile, name.substr(7))) return std::nullopt;
    return result::fact(Cause::policy_not_declared, name);
  }
  if (name.starts_with("!policy.")) {
    if (!loader::is_declared(profile, name.substr(8))) return std::nullopt;
    return result::fact(Cause::policy_declared, name.substr(1));
  }
  if (name.starts_with("trigger.")) {
    if (profile.triggers.contains(name.substr(8))) return std::nullopt;
    return result::fact(Cause::trigger_not_declared, name);
  }
  const auto found = probed.capabilities.find(name);
  if (found != probed.capabilities.end() && found->second) return std::nullopt;
  return result::fact(Cause::capability_missing, name);
}

}  // namespace

std::optional<result::Fact> reason_to_skip(const scenario::Scenario& scenario,
                                           const scenario::Profile& profile,
                                           const net::Address& target, const Probed& probed) {
  for (const auto& name : scenario.requires_)
    if (auto reason = unmet(name, profile, probed)) return reason;
  // A limit that the profile declares is not a finding when a big scenario runs into it.
  if (scenario::has_tag(scenario, "big") && !judge::is_policy(scenario) &&
      profile.policies.contains("message_bytes"))
    return result::fact(Cause::policy_declared, "policy.message_bytes");
  const std::string from = source_address(scenario);
  const bool reachable = target.storage.ss_family == AF_INET && target.loopback();
  if (!from.empty() && !reachable) return result::fact(Cause::source_address_out_of_reach, from);
  if (auto why = too_many_connections(scenario, profile); !why.empty())
    return result::fact(Cause::connections_promised, std::move(why));
  return std::nullopt;
}

}  // namespace wsspec::engine
