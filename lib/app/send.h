// `wsspec send`: one connection, what a person wants to send on it, and what comes back.
#pragma once

#include <string>

#include "app/options.h"
#include "text/printable.h"

namespace wsspec {

struct SendResult {
  int exit_code = kExitGood;
  text::Printable problem;  ///< why there was no connection; or empty
  std::string hint;
};

/// Blocks until it is over. Nothing is sent but the handshake, what `options` say, the pongs and
/// the Close that RFC 6455 asks for, and at the end a Close 1000.
SendResult send(const Target& target, const SendOptions& options);

}  // namespace wsspec
