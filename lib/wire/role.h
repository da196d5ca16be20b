// The side of a connection (RFC 6455 1.5, 4, 5.1): all that the protocol makes of the difference.
// Rules of the frames themselves ask for the role of their sender.
#pragma once

#include <cstdint>

namespace wsspec::wire {

enum class Role : std::uint8_t {
  client,  ///< sends the opening handshake, masks its frames
  server,  ///< answers it, does not mask
};

constexpr Role peer_of(Role role) {
  return role == Role::client ? Role::server : Role::client;
}

/// RFC 6455 5.1: a client must mask every frame, a server none.
constexpr bool masks(Role sender) {
  return sender == Role::client;
}

constexpr const char* role_name(Role role) {
  return role == Role::client ? "client" : "server";
}

}  // namespace wsspec::wire
