// `wsspec probe`: one connection, and a page of facts about the endpoint.
#pragma once

#include <string>

#include "app/options.h"
#include "text/printable.h"

namespace wsspec {

struct ProbeResult {
  int exit_code = kExitGood;
  text::Printable problem;  ///< why there was no probe, or a file could not be written; or empty
};

/// Blocks until it is over. Nothing is sent but the handshake (with an offer of
/// permessage-deflate), five pings, a Close 1000, and what `options` ask for.
ProbeResult probe(const Target& target, const ProbeOptions& options);

}  // namespace wsspec
