// A recording relay: real clients on one side, a real server on the other, and every frame between
// them judged as it passes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "app/options.h"

namespace wsspec {

struct TapOptions {
  std::string listen = "127.0.0.1:9101";  ///< HOST:PORT, port 0 = any
  std::string target;                     ///< ws:// or wss://, without a path
  TlsOptions tls;                         ///< towards the target: insecure and cacert
  std::string cert, key;                  ///< PEM: clients speak TLS
  bool rewrite_host = false;              ///< the target's name in the Host header
  /// "violations", "closes", "connection N", or their words one by one; empty = all lines.
  std::vector<std::string> only;
  bool payloads = false;      ///< show and log the first octets of each payload
  bool show_secrets = false;  ///< nothing is hidden, in no output but pcapng, which hides nothing
  /// Paths, empty = none.
  std::string log, pcapng, scenario;
};

struct TapError {
  int exit_code = 0;
  std::string text;
};

/// Relays on this thread until `interrupted` is not 0. `console` gets whole lines, `on_notice` what
/// a user should know of its limits. The exit code; the error says why it cannot begin.
tl::expected<int, TapError> run_tap(const TapOptions& options, const std::atomic<int>& interrupted,
                                    const std::function<void(std::string_view lines)>& console,
                                    const std::function<void(const std::string& text)>& on_notice);

}  // namespace wsspec
