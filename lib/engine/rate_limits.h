// What a target counts over all of our connections (an address or token's rate, its connections, a
// penalty), and how much of it is left. Scenarios about such a policy run alone, with its window
// clear before them and window and penalty waited for behind them; the others are kept below it.
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

/// What one scenario sent, all its connections together.
struct Use {
  std::uint64_t messages = 0, controls = 0, octets = 0;
};

/// How a scenario gets along with its neighbours.
struct QuietWindow {
  bool alone = false;
  int before_ms = 0;  ///< nobody else may have been active for so long
  int after_ms = 0;   ///< nobody else may begin for so long
};
QuietWindow quiet_window_of(const scenario::Scenario& scenario, const scenario::Profile& profile);

/// Connections that may be open at once: the lowest of `wanted` and what the target declares.
std::uint64_t connections_allowed(std::uint64_t wanted, const scenario::Profile& profile);
/// Why this scenario, which is about something else, would break a declared limit; empty if it
/// would not.
std::string too_many_connections(const scenario::Scenario& scenario,
                                 const scenario::Profile& profile);

/// Rates whose scope is not the connection: what all scenarios send together counts.
class SharedRates {
 public:
  explicit SharedRates(const scenario::Profile& profile);
  /// There is one: scenarios run one after the other.
  bool any() const { return !rates_.empty(); }
  void used(const Use& use, net::TimePoint at);
  /// When at most half of every rate is used up.
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

/// Keeps our connections below a declared connect_rate: probes, liveness checks and scenarios.
class ConnectPace {
 public:
  ConnectPace() = default;  ///< no limit
  explicit ConnectPace(const scenario::Profile& profile);
  /// `now`: the connection may be made, and is counted. Later: ask again then.
  net::TimePoint take(net::TimePoint now);
  /// It is made whatever the rate says.
  void note(net::TimePoint now);

 private:
  std::uint64_t limit_ = 0;
  net::Duration window_{};
  std::deque<net::TimePoint> made_;
};

}  // namespace wsspec::engine
