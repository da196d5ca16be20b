// What an `expect` step can ask for, and what `tolerate` can allow: one type for both, and for the
// `expected` list of a report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenario/pattern.h"
#include "scenario/payload.h"

namespace wsspec::scenario {

struct CodeRange {
  int from = 0;
  int to = 0;  ///< inclusive
};

struct CodeSet {
  std::vector<CodeRange> ranges;
  TextRule reason;
  bool has(int code) const;
};

struct HttpRule {
  std::vector<int> statuses;      ///< these, or
  std::vector<CodeRange> ranges;  ///< one of these; both empty = any
  std::vector<std::pair<std::string, TextRule>> headers;
  std::vector<std::string> absent;  ///< headers that must not be there
  std::vector<int> interim;         ///< answers (1xx) that must have come before
  TextRule head;                    ///< of the final answer's head as it came
  bool last = false;                ///< no other answer follows it on the connection

  bool any_status() const { return statuses.empty() && ranges.empty(); }
  bool has(int status) const;
  bool only_status() const {
    return headers.empty() && absent.empty() && interim.empty() && head.empty() && !last;
  }
};

/// `"drop": true | {end, within_ms}`: how TCP has to end, and how soon.
struct DropRule {
  enum class End : std::uint8_t {
    any,
    eof,           ///< in order: FIN
    reset,         ///< RST
    close_notify,  ///< TLS said goodbye, then FIN
  };
  End end = End::any;
  std::optional<int> within_ms;  ///< later is a deviation, but the end is awaited all the same
};

/// `"message": true | {type, equals | matches | json}`.
struct MessageRule {
  enum class Type : std::uint8_t { any, text, binary };
  Type type = Type::any;
  std::optional<Payload> equals;
  std::optional<Pattern> matches;
  /// JSON pointer -> the value's JSON text (compared as JSON values).
  std::vector<std::pair<std::string, std::string>> json;
};

struct Outcome {
  enum class Kind : std::uint8_t {
    close,       // codes
    accepted,    // all open messages are answered
    echo,        // the oldest `count` messages not yet echoed
    message,     // rule
    pong,        // for the last ping
    http,        // http
    drop,        // drop: end of stream or reset without a Close; after a Close: the end of TCP
    open_for,    // duration_ms: stays open
    silence,     // duration_ms: nothing arrives at all, or nothing that fits `message`
    any_of,      // any
    by_payload,  // "utf8": accepted or 1007, as our validator says of what was sent
    by_policy,   // policy_key
  };
  Kind kind = Kind::accepted;
  CodeSet codes;
  std::uint64_t count = 1;  ///< echo: so many; pong: 0 = for each ping so far, in order
  MessageRule message;
  HttpRule http;
  DropRule drop;
  int duration_ms = 0;
  bool silence_of = false;  ///< silence: of messages that fit `message`, others may come
  std::string policy_key;
  std::vector<Outcome> any;
  std::string because;  ///< tolerate entries: why the RFC lets it pass

  /// As a person reads it: "Close 1007", "Close 1008 or 4000-4999", "the echo", "HTTP 401 or 403",
  /// "the connection drops without a Close", "any of: ...".
  std::string text() const;
  /// As it stands in a scenario file and in a report's `expected`: {"close": 1007}. Compact JSON.
  std::string json() const;
};

}  // namespace wsspec::scenario
