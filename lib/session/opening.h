// Our half of the opening handshake as octets (RFC 6455 4.1, 4.2.2): the request of role client,
// with whatever a script changes in it, and the answer of role server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenario/model.h"
#include "session/setup.h"
#include "wire/extension.h"
#include "wire/handshake.h"

namespace wsspec::session {

/// The request, `key` in it.
std::string opening_request(const SessionSetup& setup, std::string_view key,
                            const scenario::HandshakeShape& shape);

struct OpeningAnswer {
  std::string octets;
  int status = 101;  ///< 0: the octets begin with no status line
  std::optional<wire::DeflateParams> deflate{};
  std::string problem{};  ///< of the request; empty = there is none
};

/// What role server answers to this request: the setup's octets, else a 101, or the error that RFC
/// 6455 4.2.1 asks for.
OpeningAnswer opening_answer(const SessionSetup& setup, const wire::HttpRequest& request);

}  // namespace wsspec::session
