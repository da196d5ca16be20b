// What a target counts over all of our connections (the rate of an address or a token, connections,
// penalties), and how much of it is left. A scenario about such a policy runs alone: without other
// connections in the policy's window before it, and in window and penalty after it. The other
// scenarios are kept below the limits.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/loop.h"
#include "scenario/model.h"
#include "scenario/profile.h"

namespace wsspec::engine {

/// What one scenario sent, over all its connections.
struct Use {
  std::uint64_t messages = 0, controls = 0, octets = 0;
};

/// When no other scenario may have connections, because of the policy that a scenario is about.
struct QuietWindow {
  bool alone = false;
  int before_ms = 0;  ///< this long before its start
  int after_ms = 0;   ///< this long after its end
};
QuietWindow quiet_window_of(const scenario::Scenario& scenario, const scenario::Profile& profile);

/// Connections that may be open at once: `wanted`, or three quarters of what the target declares.
std::uint64_t connections_allowed(std::uint64_t wanted, const scenario::Profile& profile);
/// Why this scenario, which is not about the limit, would break it; empty: it would not.
std::string too_many_connections(const scenario::Scenario& scenario,
                                 const scenario::Profile& profile);

/// Message, control and byte rates of an address or a token: the sum over all scenarios counts.
class SharedRates {
 public:
  explicit SharedRates(const scenario::Profile& profile);
  /// If there is one, scenarios run one after the other.
  bool any() const { return !rates_.empty(); }
  void used(const Use& use, net::TimePoint at);
  /// When at most half of each rate is used up.
  net::TimePoint free_at(net::TimePoint now) const;

 private:
  struct Rate {
    std::uint64_t Use::*what;
    std::uint64_t limit;
    net::Duration window;
  };
  struct Past {
    net::TimePoint at;
    Use use;
  };
  std::vector<Rate> rates_;
  std::deque<Past> past_;
  net::Duration longest_{};
};

/// Keeps our connections (probes, health checks, scenarios) below a declared connect_rate.
class ConnectPace {
 public:
  ConnectPace() = default;  ///< no limit
  explicit ConnectPace(const scenario::Profile& profile);
  /// `now`: the connection may be made, and is counted. A later time: ask again then.
  net::TimePoint take(net::TimePoint now);
  /// Counts a connection that is made whatever the rate is.
  void note(net::TimePoint now);

 private:
  std::uint64_t limit_ = 0;
  net::Duration window_{};
  std::deque<net::TimePoint> made_;
};

}  // namespace wsspec::engine
