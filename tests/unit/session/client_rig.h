// What a server says to a session in role client.
#pragma once

#include "session_rig.h"

namespace wsspec::session::test {

inline constexpr auto kServer = wire::Role::server;

inline std::string from_server(unsigned first, std::string_view payload = {}) {
  return frame(kServer, first, payload);
}

inline std::string accept_of(const std::string& request) {
  const auto at = request.find("Sec-WebSocket-Key: ");
  return at == std::string::npos ? "" : wire::accept_for(request.substr(at + 19, 24));
}

inline std::string good_101(const std::string& request) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_of(request) + "\r\n\r\n";
}

inline SessionSetup client() {
  SessionSetup setup;
  setup.host = "example";
  setup.path = "/chat";
  return setup;
}

}  // namespace wsspec::session::test
