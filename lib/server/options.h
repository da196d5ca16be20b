// What a reference server promises: each field is a policy that a test can break. Plain data, part
// of the library's front door.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsspec::server {

struct ServerPolicies {
  std::uint64_t message_rate = 0;  ///< data messages in any `window_ms` of a connection; 0 = any
  int window_ms = 1000;
  std::uint64_t max_message = 64u << 20;  ///< octets of a message, all fragments together
  std::uint64_t max_fragments = 0;        ///< frames of a message; 0 = any
  bool text_only = false;                 ///< a binary message earns 1003
  bool binary_only = false;               ///< a text message earns 1003
  std::vector<std::string> forbidden;     ///< a text message that holds one of them earns 1008
  /// Not empty: a connection must bring one, as ?token=... or "Authorization: Bearer ...".
  std::vector<std::string> tokens;
  int token_ttl_ms = 0;  ///< a token's life from the opening handshake on; 0 = for ever
  bool refuse = false;   ///< without a valid token HTTP 401 instead of 101 and Close 1008
  std::vector<std::string> origins;   ///< not empty: another Origin earns HTTP 403, none passes
  std::vector<std::string> hosts;     ///< not empty: another Host earns HTTP 421
  int session_ms = 0;                 ///< a connection that lasts so long earns 1008; 0 = any
  int idle_timeout_ms = 0;            ///< nothing received for so long earns 1008; 0 = no limit
  std::uint64_t max_connections = 0;  ///< above them HTTP 503; 0 = no limit
  /// Octets held for all connections together, of unfinished messages and of echoes that are not
  /// read; the connection that goes beyond earns 1013.
  std::uint64_t max_memory = 512u << 20;
  bool deflate = true;                    ///< agrees to permessage-deflate (RFC 7692)
  std::vector<std::string> subprotocols;  ///< the client's first that is one of them is chosen
  /// False is a fault, to show what wsspec finds: text messages and Close reasons that are not
  /// UTF-8 are taken and echoed (RFC 6455 8.1 demands 1007).
  bool validate_utf8 = true;
};

}  // namespace wsspec::server
