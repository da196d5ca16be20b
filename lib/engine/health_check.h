// Is the server still there? A fresh connection, a plain handshake, and on an echo target one
// message. A server that crashed refuses or resets the connection; one that is stuck takes it (the
// kernel may do that for it) and then sends nothing.
#pragma once

#include <functional>

#include "engine/scenario_run.h"
#include "session/session.h"

namespace wsspec::engine {

inline constexpr int kHealthCheckMs = 1000;  ///< for the 101, and again for the echo

class HealthCheck {
 public:
  enum class State : std::uint8_t {
    pending,
    alive,
    stuck,    ///< the handshake was answered, the message is not
    silent,   ///< no HTTP answer to a fresh handshake in time: it is gone, or has too much to do
    dead,     ///< a fresh connection is refused or ended
    unknown,  ///< this machine, or we, could not ask
    full,     ///< refused with HTTP 503, after many ends that a server may have overlooked
  };

  /// `send_message`: only for targets that echo plain text. `on_change` is called from the loop; it
  /// may not destroy this.
  HealthCheck(RunContext& context, bool send_message, std::function<void()> on_change);
  /// Its connection ends without a Close: the server may overlook that end, too.
  ~HealthCheck() { ends_.add(session_.record()); }
  HealthCheck(const HealthCheck&) = delete;
  HealthCheck& operator=(const HealthCheck&) = delete;
  void start();
  /// From now on nothing is told: what `on_change` knows may go before this does.
  void end();
  State state() const;
  /// Set where the server took the TCP connection and answered no handshake on it, once it is over.
  std::optional<TargetSeen::TurnedAway> turned_away() const;

 private:
  void changed();

  Ends& ends_;
  session::Session session_;
  net::Timer timer_;
  std::function<void()> on_change_;
  bool send_message_, greets_, may_be_full_;
  bool message_sent_ = false, late_ = false, over_ = false;
};

/// What is wrong with a server that is not alive: "does not answer a fresh handshake", ...
const char* health_text(HealthCheck::State state);

}  // namespace wsspec::engine
