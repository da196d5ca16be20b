// What a session is made of: its role, its transport, its half of the opening handshake, and what
// it does of its own accord.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/transport.h"
#include "result/transcript.h"
#include "scenario/model.h"
#include "wire/handshake.h"
#include "wire/role.h"

namespace wsspec::session {

struct SessionSetup {
  wire::Role role = wire::Role::client;
  net::TransportFactory transport{};
  std::string peer{};   ///< the other side's address, for messages: "127.0.0.1:9001"
  std::string proxy{};  ///< "the proxy 127.0.0.1:3128", where one is asked for the connection
  bool secure = false;  ///< TLS carries the octets
  /// The script changed something of TLS: then that the server refuses it is an answer.
  bool tls_overridden = false;
  bool other_server_name = false;  ///< so was the name that TLS asks for

  std::string host{};  ///< Host header
  std::string path{};  ///< request target, query included
  /// Of the request; in role server of the 101.
  wire::HeaderList headers{};
  /// Offered; in role server those that are spoken here.
  std::vector<std::string> subprotocols{};
  /// Offered; in role server anything at all means that permessage-deflate is agreed to.
  std::vector<std::string> extensions{};
  /// Role server: octets to answer with, in place of the 101 that the request calls for. ${accept}
  /// stands for the Sec-WebSocket-Accept of its key.
  std::optional<std::string> answer{};
  bool handshake = true;  ///< false: the script sends the opening handshakes itself (role client)
  int connect_timeout_ms = 5000;  ///< connect and handshake together

  bool auto_pong = true;
  bool auto_close = true;
  bool compress = false;  ///< messages that do not say otherwise
  bool chatty = false;    ///< the other side sends messages on its own
  /// False: nothing looks at the octets of a message that answers one of ours.
  bool keep_answers = true;
  std::uint64_t seed = 1;
  result::Transcript::Bounds transcript{};
  /// When octets came last on any connection with the other side; null: not kept.
  net::TimePoint* last_heard = nullptr;
};

}  // namespace wsspec::session
