#include "engine/skip_reason.h"

#include <algorithm>

#include "engine/promises.h"
#include "loader/policy_keys.h"
#include "wire/close_code.h"
#include "wire/utf8.h"

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

/// Of a longer text it is not known.
constexpr std::uint64_t kReadText = 1u << 20;
constexpr std::uint64_t kMaxControl = 125;  ///< octets of a control frame (RFC 6455 5.5)

bool is_invalid(const scenario::Item& item) {
  using Kind = scenario::Item::Kind;
  switch (item.kind) {
    case Kind::text:
      return item.payload.length() > kReadText ||
             wire::check_utf8(item.payload.head(kReadText)).has_value();
    case Kind::frame:
    case Kind::bytes:
      return true;
    case Kind::ping:
    case Kind::pong:
      return item.payload.length() > kMaxControl;
    case Kind::close: {
      const auto body = item.payload.head(kMaxControl + 1);
      if (body.empty()) return false;
      return body.size() < 2 || body.size() > kMaxControl ||
             !wire::may_send(wire::Role::client, body[0] << 8 | body[1]) ||
             wire::check_utf8(wire::Octets(body).subspan(2)).has_value();
    }
    default:
      return item.deflate && (item.deflate->how.keep_tail || item.deflate->how.takeover);
  }
}

bool sends_invalid(const std::vector<scenario::Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const scenario::Step& step) {
    if (const auto* repeat = std::get_if<scenario::RepeatStep>(&step.what))
      return sends_invalid(repeat->steps);
    const auto sending = sending_of(step);
    return sending && std::any_of(sending->items.begin(), sending->items.end(), is_invalid);
  });
}

}  // namespace

bool wants_control(const scenario::Scenario& scenario) {
  return scenario.needs_control && !judge::is_policy(scenario) && sends_invalid(scenario.steps);
}

std::optional<result::Fact> reason_to_skip(const scenario::Scenario& scenario,
                                           const scenario::Profile& profile,
                                           const net::Address& target, const Probed& probed) {
  for (const auto& need : scenario.requires_)
    if (auto reason = unmet(need, profile, probed)) return reason;
  if (auto broken = Promises(profile, scenario).broken_by(scenario)) return broken;
  const std::string from = source_address(scenario);
  const bool reachable = target.storage.ss_family == AF_INET && target.loopback();
  if (!from.empty() && !reachable) return result::fact(Cause::source_address_out_of_reach, from);
  if (auto why = too_many_connections(scenario, profile); !why.empty())
    return result::fact(Cause::connections_promised, std::move(why));
  return std::nullopt;
}

}  // namespace wsspec::engine
