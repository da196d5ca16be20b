// Is the server still there? A fresh connection, a plain handshake, and on an echo target one
// message: a server that crashed refuses or resets it, one that is stuck takes the connection (the
// kernel may do that for it) and then says nothing.
#pragma once

#include <functional>

#include "engine/scenario_run.h"
#include "session/session.h"

namespace wsspec::engine {

inline constexpr int kLivenessMs = 1000;  ///< for the handshake's answer, and again for the echo's

class Liveness {
 public:
  enum class State : std::uint8_t {
    pending,
    alive,
    stuck,  ///< the handshake was answered, the message is not
    dead,   ///< no HTTP answer to a fresh handshake
  };

  /// `ask`: a message is sent too; only for targets that echo plain text. `on_change` is called
  /// from the loop; it may not destroy this.
  Liveness(RunContext& context, bool ask, std::function<void()> on_change);
  void start();
  State state() const;

 private:
  void changed();

  session::Session session_;
  net::Timer timer_;
  std::function<void()> on_change_;
  bool ask_, greets_;
  bool asked_ = false, late_ = false;
};

/// How a server that is not alive is called: "does not answer a fresh handshake", ...
const char* liveness_words(Liveness::State state);

}  // namespace wsspec::engine
