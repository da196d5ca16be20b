// What a server whose health check failed does with new connections. One that ended refuses them;
// one that is stuck takes them (the kernel may do that for it) and serves nothing; one that never
// freed the slots of connections takes them, drops them or answers no handshake, and goes on
// serving those that were open.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/health_check.h"
#include "engine/scenario_run.h"

namespace wsspec::engine {

enum class NewOnes : std::uint8_t {
  no_matter,    ///< refused, or answered; or no end came before that a server may have overlooked
  unanswered,   ///< taken, and no handshake on them is answered
  turned_away,  ///< nor here, while the server has gone on serving those that were open
};

class NewConnections {
 public:
  /// A scenario has ended.
  void seen(const std::optional<TargetSeen::TurnedAway>& away) {
    if (!since_) since_ = away;
  }
  /// A health check has ended.
  void checked(HealthCheck::State state, const std::optional<TargetSeen::TurnedAway>& away);
  /// The server is well again, or another one.
  void forget() { since_.reset(); }
  NewOnes now(const Ends& ends, net::TimePoint last_heard) const;

 private:
  std::optional<TargetSeen::TurnedAway> since_;  ///< the first that got no answer
  bool only_connects_ = false;                   ///< the last health check got no further
};

}  // namespace wsspec::engine
