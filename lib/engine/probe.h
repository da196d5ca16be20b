// Questions about the target, asked before the run: is it there, does it echo, does it take valid
// text, binary data, compression?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/runner_options.h"
#include "engine/scenario_run.h"
#include "net/connection.h"

namespace wsspec::engine {

/// What the probes found.
struct Probed {
  bool reachable = false;
  result::Fact problem;  ///< why not, or why valid data is not accepted
  /// What came when valid text was sent: every result that it leaves unjudged shows it.
  result::ScenarioResult control;
  net::TlsFailure tls_failure = net::TlsFailure::none;  ///< there is no TLS with the target
  bool echoes = false;                                  ///< seen, not declared
  bool accepts_data = true;           ///< the control: valid data does not end the connection
  const char* control_type = "text";  ///< of the control; "binary" where no text is taken
  std::map<std::string, bool> capabilities;
  std::string server;  ///< Server header, raw
};

/// Learns `needed` capabilities (echo always) by probe connections; what the profile declares is
/// taken as it is. Tries the addresses in turn and leaves the one that answers in `context`.
Probed probe(RunContext& context, const std::vector<net::Address>& addresses,
             const std::vector<std::string>& needed, const RunnerOptions& options);

}  // namespace wsspec::engine
