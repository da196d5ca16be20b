#include "engine/rate_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wsspec::engine {
namespace {

using scenario::Policy;
using scenario::PolicyScope;
using scenario::Profile;
using scenario::Scenario;

constexpr int kSlotMs = 250;  ///< how long a server may take to notice that a connection is gone
/// Added to a window: the server's clock is not ours.
constexpr auto kSpare = std::chrono::milliseconds(50);

std::uint64_t limit_of(const Profile& profile, const std::string& key) {
  const auto policy = profile.policies.find(key);
  return policy == profile.policies.end() ? 0 : policy->second.limit;
}

/// A policy that counts connections is shared by all of them, whatever its scope.
bool counts_connections(const std::string& key) {
  return key == "connections" || key == "connect_rate" || key == "sessions_per_token";
}

}  // namespace

QuietWindow quiet_window_of(const Scenario& scenario, const Profile& profile) {
  QuietWindow out;
  for (const auto& [key, policy] : profile.policies) {
    if (!scenario::requires_policy(scenario.requires_, key)) continue;
    // A penalty outlasts the connection: it is held against the address or the token.
    const bool shared =
        policy.scope != PolicyScope::connection || policy.penalty_ms > 0 || counts_connections(key);
    if (!shared) continue;
    const int window = std::max(policy.window_ms, counts_connections(key) ? kSlotMs : 0);
    out.alone = true;
    out.before_ms = std::max(out.before_ms, window);
    out.after_ms = std::max(out.after_ms, window + policy.penalty_ms);
  }
  return out;
}

std::uint64_t connections_allowed(std::uint64_t wanted, const Profile& profile) {
  for (const char* key : {"connections", "sessions_per_token"}) {
    const std::uint64_t limit = limit_of(profile, key);
    // A quarter stays free for connections that we have closed and the server has not.
    if (limit > 0) wanted = std::min(wanted, std::max<std::uint64_t>(1, limit * 3 / 4));
  }
  return wanted;
}

std::string too_many_connections(const Scenario& scenario, const Profile& profile) {
  std::uint64_t needed = 1;
  for (const auto& group : scenario.groups) needed += group.count;
  for (const char* key : {"connections", "sessions_per_token"}) {
    const std::uint64_t limit = limit_of(profile, key);
    if (limit > 0 && needed > limit && !scenario::requires_policy(scenario.requires_, key))
      return fmt::format("it takes {} connections at once, and policy.{}.limit is {}", needed, key,
                         limit);
  }
  return {};
}

SharedRates::SharedRates(const Profile& profile) {
  const std::pair<const char*, std::uint64_t Use::*> kinds[] = {{"message_rate", &Use::messages},
                                                                {"control_rate", &Use::controls},
                                                                {"byte_rate", &Use::octets}};
  for (const auto& [key, what] : kinds) {
    const auto found = profile.policies.find(key);
    if (found == profile.policies.end() || found->second.scope == PolicyScope::connection) continue;
    rates_.push_back({what, limit_of(profile, key),
                      std::chrono::milliseconds(found->second.window_ms) + kSpare});
    longest_ = std::max(longest_, rates_.back().window);
  }
}

void SharedRates::used(const Use& use, net::TimePoint at) {
  if (!any()) return;
  past_.push_back({at, use});
  while (past_.front().at + longest_ < at) past_.pop_front();
}

net::TimePoint SharedRates::free_at(net::TimePoint now) const {
  net::TimePoint out = now;
  for (const Rate& rate : rates_) {
    std::uint64_t sum = 0;
    // From the newest back: the use that exceeds half of the limit has to leave the window.
    for (auto past = past_.rbegin(); past != past_.rend(); ++past) {
      if (past->at + rate.window <= now) break;
      sum += past->use.*rate.what;
      if (sum * 2 <= rate.limit) continue;
      out = std::max(out, past->at + rate.window);
      break;
    }
  }
  return out;
}

ConnectPace::ConnectPace(const Profile& profile) {
  const auto found = profile.policies.find("connect_rate");
  if (found == profile.policies.end()) return;
  // A quarter stays free: the server counts when it accepts, which may be later than we connect.
  limit_ = std::max<std::uint64_t>(1, limit_of(profile, "connect_rate") * 3 / 4);
  window_ = std::chrono::milliseconds(found->second.window_ms) + kSpare;
}

net::TimePoint ConnectPace::take(net::TimePoint now) {
  if (limit_ > 0 && made_.size() >= limit_ && made_[made_.size() - limit_] + window_ > now)
    return made_[made_.size() - limit_] + window_;
  note(now);
  return now;
}

void ConnectPace::note(net::TimePoint now) {
  if (limit_ == 0) return;
  made_.push_back(now);
  while (made_.size() > limit_) made_.pop_front();
}

}  // namespace wsspec::engine
