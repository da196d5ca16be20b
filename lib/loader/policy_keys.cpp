// The one table of policy keys.
#include "loader/policy_keys.h"

#include <algorithm>

#include "loader/policy.h"

namespace wsspec::loader {

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<PolicyKey>& policy_keys() {
  static const std::vector<PolicyKey> keys = {
      {"message_rate", "number", "messages", 1008,
       "Data messages that one peer may send in window_ms (default 1000).", "limit"},
      {"byte_rate", "number", "octets", 1008,
       "Payload octets of data messages that one peer may send in window_ms (default 1000).",
       "limit"},
      {"control_rate", "number", "frames", 1008,
       "Pings and pongs that one peer may send in window_ms (default 1000).", "limit"},
      {"bucket", "number", "messages", 1008,
       "Messages that may come at once after a pause: the depth of the token bucket.", "limit"},
      {"message_bytes", "number", "octets", 1009,
       "The longest message accepted, all fragments together, after decompression.", "limit"},
      {"frame_bytes", "number", "octets", 1009, "The longest payload of a single frame accepted.",
       "limit"},
      {"fragments", "number", "frames", 1008, "The most frames that one message may be cut into.",
       "limit"},
      {"ratio", "number", "", 1009,
       "The highest ratio of decompressed to compressed octets accepted.", "limit"},
      {"frame_timeout_ms", "number", "ms", 1008,
       "The longest time from a frame's first octet to its last.", "limit"},
      {"message_timeout_ms", "number", "ms", 1008,
       "The longest time from a message's first frame to its last.", "limit"},
      {"idle_timeout_ms", "number", "ms", 1008,
       "A connection on which nothing arrives for this long is closed.", "limit"},
      {"heartbeat_ms", "number", "ms", 1008,
       "A connection whose pongs stay away is closed at the latest so long after the last one: the "
       "server's ping interval and timeout together.",
       "limit"},
      {"close_timeout_ms", "number", "ms", 1008,
       "After the server's Close, TCP is closed this much later although no answer comes.",
       "limit"},
      {"session_ms", "number", "ms", 1008, "The longest life of a connection, busy or not.",
       "limit"},
      {"queue_bytes", "number", "octets", 1008,
       "Octets that the server holds for a client that does not read.", "limit"},
      {"read_rate", "number", "octets", 1008,
       "The slowest reader accepted: octets that a client must take in window_ms (default 1000).",
       "limit"},
      {"connections", "number", "connections", 1008,
       "Connections open at the same time in the policy's scope.", "limit"},
      {"connect_rate", "number", "connections", 1008,
       "New connections accepted in window_ms (default 1000).", "limit"},
      {"sessions_per_token", "number", "connections", 1008,
       "Connections open at the same time with one token.", "limit"},
      {"deny_address", "object", "", 1008,
       "Source addresses (loopback ones, for tests) that get no connection.", "addresses"},
      {"handshake_timeout_ms", "number", "ms", 1008,
       "The longest time from the TCP connection to the end of the opening handshake.", "limit"},
      {"auth_deadline_ms", "number", "ms", 1008,
       "The longest time from the handshake to a valid token, where tokens travel in messages.",
       "limit"},
      {"token", "object", "", 1008,
       "How a connection proves its identity, with tokens that are valid, wrong and expired.",
       "send valid wrong expired ttl_ms"},
      {"origin", "object", "", 1008,
       "Origins that are allowed and denied, and whether a handshake may come without one.",
       "allowed denied absent look_alikes"},
      {"path",
       "object",
       "",
       1008,
       "Paths where an endpoint is served, where there is none, and that are redirected. Its "
       "action "
       "is `refuse` with 404.",
       "allowed denied redirects",
       PolicyAction::refuse,
       {404}},
      {"host",
       "object",
       "",
       1008,
       "Names that the server answers to in the Host header, and names that it refuses (by default "
       "with 421, 403, 404 or 400).",
       "allowed denied",
       PolicyAction::refuse,
       {421, 403, 404, 400}},
      {"subprotocol", "object", "", 1008,
       "Subprotocols of which a connection must offer one, and those that the server knows.",
       "required supported other_case"},
      {"forbidden", "object", "", 1008,
       "Messages whose content is forbidden, and near misses that must pass.",
       "messages near_misses trace"},
      {"json", "object", "", 1008,
       "Messages are JSON texts of an agreed shape; `messages` are JSON, but of another shape.",
       "messages near_misses"},
      {"order", "object", "", 1008,
       "Messages that come out of the protocol's order, and near misses that must pass.",
       "messages near_misses"},
      {"strikes", "number", "breaches", 1008,
       "Soft breaches after which the connection is closed; `breach` is a message that is one.",
       "limit breach"},
      {"text_only", "object", "", 1003, "Binary messages are refused.", ""},
      {"binary_only", "object", "", 1003, "Text messages are refused.", ""},
      {"throws", "object", "", 1011,
       "Messages at which the application's own handler fails with an error, and near misses that "
       "it takes.",
       "messages near_misses"},
  };
  return keys;
}

std::string_view common_policy_members() {
  return "close within_ms action status scope window_ms penalty_ms counts reply";
}

const PolicyKey* find_policy_key(std::string_view key) {
  const auto& keys = policy_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const PolicyKey& row) { return row.key == key; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace wsspec::loader
