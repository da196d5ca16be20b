// The audit of an opening handshake that we sent ourselves: the first rule of RFC 6455 4.1, 4.2.1
// and RFC 9112 that it breaks. A script breaks one on purpose, and a server that upgrades all the
// same can then be told which one it did not look at.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsspec::wire {

// clang-format off
#define WSSPEC_REQUEST_FAULTS(X)                                                                 \
  X(none)                                                                                        \
  X(malformed_line)     /* not METHOD SP target SP HTTP/x.y (RFC 9112 3) */                      \
  X(method)             /* not GET */                                                            \
  X(http_version)       /* not HTTP/1.1 or above within 1.x */                                   \
  X(bad_target)         /* neither a path nor an http URL, or with a fragment */                 \
  X(malformed_header)   /* no colon, a name that is no token, a folded line, a control octet */  \
  X(no_host) X(several_hosts) X(bad_host)                                                        \
  X(body)               /* Content-Length above 0, or a Transfer-Encoding */                     \
  X(no_upgrade)         /* Upgrade is missing, or does not list "websocket" */                   \
  X(no_connection)      /* Connection is missing, or does not list "Upgrade" */                  \
  X(no_key) X(several_keys) X(bad_key)                                                           \
  X(no_version) X(several_versions) X(bad_version)                                               \
  X(bad_extensions) X(bad_subprotocol)
// clang-format on

enum class RequestFault : std::uint8_t {
#define WSSPEC_REQUEST_FAULT(id) id,
  WSSPEC_REQUEST_FAULTS(WSSPEC_REQUEST_FAULT)
#undef WSSPEC_REQUEST_FAULT
};

/// Of a request's head, its lines as they were sent, without the empty one. `none` also where what
/// may be wrong is a matter of policy: an origin, a token, a host that is not served.
RequestFault request_fault(std::string_view head);

}  // namespace wsspec::wire
