// What a server asks of an opening handshake (RFC 6455 4.2.1), in the order of that section.
// Strict: what the RFCs forbid is refused, also where most servers look away, so that a client's
// mistake shows.
#pragma once

#include <optional>

#include "wire/handshake.h"

namespace wsspec::wire {

struct RefusedRequest {
  int status = 400;      ///< of the refusal
  const char* why = "";  ///< one clause
};

/// The first fault; nullopt = a WebSocket may be opened.
std::optional<RefusedRequest> check_opening_request(const HttpRequest& request);

}  // namespace wsspec::wire
