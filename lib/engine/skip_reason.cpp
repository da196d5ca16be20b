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

/// A policy may be declared without the member that is required.
std::optional<result::Fact> unmet(const scenario::Requirement& need,
                                  const scenario::Profile& profile, const Probed& probed) {
  using Kind = scenario::Requirement::Kind;
  if (need.kind == Kind::policy) {
    if (loader::is_declared(profile, need.path) != need.negated) return std::nullopt;
    return result::fact(need.negated ? Cause::policy_declared : Cause::policy_not_declared,
                        "policy." + need.path);
  }
  if (need.kind == Kind::trigger) {
    if (profile.triggers.contains(need.path)) return std::nullopt;
    return result::fact(Cause::trigger_not_declared, need.text());
  }
  const auto found = probed.capabilities.find(need.path);
  const bool has = found != probed.capabilities.end() && found->second;
  if (has != need.negated) return std::nullopt;
  return result::fact(has ? Cause::capability_present : Cause::capability_missing, need.path);
}

}  // namespace

std::optional<result::Fact> reason_to_skip(const scenario::Scenario& scenario,
                                           const scenario::Profile& profile,
                                           const net::Address& target, const Probed& probed) {
  for (const auto& need : scenario.requires_)
    if (auto reason = unmet(need, profile, probed)) return reason;
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
