#include "engine/skip_reason.h"

#include <fmt/format.h>

#include "scenario/select.h"

namespace wsspec::engine {
namespace {

using Kind = SkipReason::Kind;

/// The source address that a scenario connects from, if it names one.
std::string source_address(const scenario::Scenario& scenario) {
  if (!scenario.connect.from.empty()) return scenario.connect.from;
  for (const auto& group : scenario.groups)
    if (!group.connect.from.empty()) return group.connect.from;
  return {};
}

/// One entry of `requires`: "policy.K", "policy.K.member" (the policy may be declared without that
/// member), "!policy.K", "trigger.T", or a capability.
std::optional<SkipReason> unmet(const std::string& name, const scenario::Profile& profile,
                                const Probed& probed) {
  if (name.starts_with("policy.")) {
    if (scenario::is_declared(profile, name.substr(7))) return std::nullopt;
    return SkipReason{Kind::policy_missing, name};
  }
  if (name.starts_with("!policy.")) {
    if (!scenario::is_declared(profile, name.substr(8))) return std::nullopt;
    return SkipReason{Kind::policy_declared, name.substr(1)};
  }
  if (name.starts_with("trigger.")) {
    if (profile.triggers.contains(name.substr(8))) return std::nullopt;
    return SkipReason{Kind::trigger_missing, name};
  }
  const auto found = probed.capabilities.find(name);
  if (found != probed.capabilities.end() && found->second) return std::nullopt;
  return SkipReason{Kind::capability_missing, name};
}

}  // namespace

std::string SkipReason::text() const {
  switch (kind) {
    case Kind::policy_missing:
      return fmt::format("the target declares no {}", what);
    case Kind::policy_declared:
      return fmt::format("the target declares {}", what);
    case Kind::trigger_missing:
      return fmt::format("the target's profile has no {}", what);
    case Kind::capability_missing:
      return fmt::format("the target has no capability '{}'", what);
    case Kind::source_address:
      return fmt::format("it connects from {}, which reaches only a target on 127.0.0.0/8", what);
    case Kind::too_many_connections:
      return what;
    case Kind::fail_fast:
      return "not run (--fail-fast)";
  }
  return what;
}

std::optional<SkipReason> reason_to_skip(const scenario::Scenario& scenario,
                                         const scenario::Profile& profile,
                                         const net::Address& target, const Probed& probed) {
  for (const auto& name : scenario.requires_)
    if (auto reason = unmet(name, profile, probed)) return reason;
  // A limit that the profile declares is not a finding when a big scenario runs into it.
  if (scenario::has_tag(scenario, "big") && !judge::is_policy(scenario) &&
      profile.policies.contains("message_bytes"))
    return SkipReason{Kind::policy_declared, "policy.message_bytes"};
  const std::string from = source_address(scenario);
  const bool reachable = target.storage.ss_family == AF_INET && target.loopback();
  if (!from.empty() && !reachable) return SkipReason{Kind::source_address, from};
  if (auto why = too_many_connections(scenario, profile); !why.empty())
    return SkipReason{Kind::too_many_connections, std::move(why)};
  return std::nullopt;
}

}  // namespace wsspec::engine
