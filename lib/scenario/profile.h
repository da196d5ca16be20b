// A target profile: how to speak to this endpoint, and what it promises (its policies).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/model.h"

namespace wsspec::scenario {

enum class PolicyAction : std::uint8_t { close, refuse, throttle, discard, error_reply };
enum class PolicyScope : std::uint8_t { connection, address, token };

/// What every policy has. What only one has (token.valid, forbidden.messages, ...) stands in
/// `Profile::json` and is reached by `${policy.KEY.member}`.
struct Policy {
  std::string key;
  CodeSet close;  ///< default by key: size 1009, text_only 1003, ..., most 1008
  PolicyAction action = PolicyAction::close;
  std::vector<int> statuses;  ///< with refuse; default 401, 403, 429, 503
  PolicyScope scope = PolicyScope::connection;
  std::uint64_t limit = 0;            ///< 0: it has none, or no whole number
  int ttl_ms = 0;                     ///< of the valid token; 0 = none
  std::vector<std::string> required;  ///< of `subprotocol`: one of these must be offered
  std::vector<std::string> counts;    ///< kinds of frames that a rate counts: "text", "ping", ...
  int window_ms = 0;
  int penalty_ms = 0;
  int within_ms = 1000;  ///< how soon the Close follows the message that breaks the policy
  std::optional<MessageRule> error_reply;  ///< with action error_reply
};

/// How the `token` policy puts a token into a connection.
struct TokenPlace {
  enum class Kind : std::uint8_t { header, query, cookie, subprotocol, message };
  Kind kind = Kind::header;
  std::string name;    ///< header, query parameter or cookie name
  std::string format;  ///< value / subprotocol / message text, "${token}" inside
};

/// For wss:// targets; files are relative to the working directory.
struct ProfileTls {
  bool insecure = false;
  std::string cacert, cert, key;  ///< PEM files, or empty
};

/// A harmless application message, and the answer that it earns.
struct HarmlessMessage {
  Item send;
  std::optional<MessageRule> reply;
  /// Both hold ${i}, the number of the sending: no reply can be mistaken for another one.
  bool numbered = false;
  bool late = false;  ///< holds values that only a run knows
};

struct LateProfile;

struct Profile {
  std::string url;           ///< empty: given on the command line
  wire::HeaderList headers;  ///< values may hold ${capture...}: pass them through resolve()
  std::vector<std::string> subprotocols;
  ProfileTls tls;
  std::vector<Step> prologue;  ///< every connection runs it before its first step
  /// With stand-ins where only a run knows: use resolve_message() and resolve_carrier().
  std::optional<HarmlessMessage> message;
  std::optional<Carrier> carrier;
  std::shared_ptr<const LateProfile> late;  ///< never null once loaded
  bool chatty = false;                      ///< the endpoint sends messages on its own
  bool stream = false;                      ///< its messages are pieces of one stream
  std::map<std::string, std::vector<Step>> triggers;
  std::map<std::string, Policy> policies;
  std::optional<TokenPlace> token_place;
  /// The token policy's; none: not declared. They may hold ${capture...}: pass them through
  /// resolve(). The same goes for all strings of `json` (a literal "${" stands there as "$${").
  std::string token_valid;
  std::optional<std::string> token_expired;
  std::vector<std::string> token_wrong;
  /// Declared capabilities: echo, binary, ping, subprotocol, ... true or false; absent = probe.
  std::map<std::string, bool> capabilities;

  /// The whole profile as JSON text, after --set, with policy defaults filled in: the source of
  /// ${policy.K.member}.
  std::string json;
  /// Values of the environment variables that it was made with.
  std::vector<std::string> environment;
};

}  // namespace wsspec::scenario
