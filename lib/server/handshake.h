// The answer to an opening handshake, as octets (RFC 6455 4.2). Strict: what the RFCs forbid is
// refused, also where most servers look away, so that a client's mistake shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/options.h"
#include "server/policy.h"
#include "wire/extension.h"
#include "wire/handshake.h"

namespace wsspec::server {

struct HandshakeAnswer {
  int status = 101;
  std::string octets;  ///< the whole response
  /// With 101: the permessage-deflate that was agreed on.
  std::optional<wire::DeflateParams> deflate;
  /// With 101: what the Close right after it says.
  std::optional<Breach> breach;
};

/// `open` = connections that are open now, this one not counted.
HandshakeAnswer answer_handshake(const wire::HttpRequest& request, const ServerPolicies& policies,
                                 std::uint64_t open);

/// An error answer of its own: for a head that could not be read, or came too late.
HandshakeAnswer refusal(int status, std::string_view why);

/// The answer to a head that is `bad` or no request.
HandshakeAnswer answer_bad_head(const wire::HttpHeadReader& head);

}  // namespace wsspec::server
