// The rules of ServerPolicies, without I/O: the answer to a message, a token or an origin.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "server/options.h"
#include "wire/frame.h"
#include "wire/handshake.h"

namespace wsspec::server {

/// A policy was broken: what the Close says. The reason is short and tells nothing of the inside.
struct Breach {
  std::uint16_t code = 1008;
  std::string_view reason;
};

/// At most `limit` events in any window: a sliding one, so that twice the limit around the border
/// of two fixed windows does not slip through.
class RateWindow {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  RateWindow(std::uint64_t limit, std::chrono::milliseconds window)
      : limit_(limit), window_(window) {}
  /// False: this event is above the limit. 0 = no limit.
  bool take(TimePoint at);

 private:
  std::uint64_t limit_;
  std::chrono::milliseconds window_;
  std::deque<TimePoint> taken_;  ///< those of the last window, at most `limit`
};

/// The policies on messages of one connection. Told in the order of the stream; the first breach
/// ends the conversation.
class MessagePolicy {
 public:
  explicit MessagePolicy(const ServerPolicies& policies)
      : policies_(policies),
        rate_(policies.message_rate, std::chrono::milliseconds(policies.window_ms)) {}

  /// The first frame's header: the length is known before a single octet of payload is taken.
  std::optional<Breach> begin(wire::Opcode type, std::uint64_t frame_length);
  /// A continuation frame's header.
  std::optional<Breach> proceed(std::uint64_t frame_length);
  /// A compressed message has become so long.
  std::optional<Breach> inflated(std::uint64_t length) const;
  /// The message is complete.
  std::optional<Breach> end(wire::Octets message, RateWindow::TimePoint at);

 private:
  std::optional<Breach> add_frame(std::uint64_t length);
  const ServerPolicies& policies_;
  RateWindow rate_;
  wire::Opcode type_ = wire::Opcode::text;
  std::uint64_t length_ = 0;
  std::uint64_t frames_ = 0;
};

/// The value of ?token=... in a request target (percent-escapes resolved), or of
/// "Authorization: Bearer ...". More than one of them, or an escape that is none, counts as a
/// token that is not valid: "".
std::optional<std::string> token_of(const wire::HttpRequest& request);

/// nullopt: the connection may go on.
std::optional<Breach> check_token(const wire::HttpRequest& request, const ServerPolicies& policies);

/// Compared octet by octet (RFC 6455 10.2): no prefixes, no other case. Several Origin headers are
/// never allowed.
bool origin_allowed(const wire::HttpRequest& request, const ServerPolicies& policies);

/// The name of the target in absolute form, else of the Host header (RFC 9112 3.2.2), without its
/// port and in any case of letters.
bool host_allowed(const wire::HttpRequest& request, const ServerPolicies& policies);

}  // namespace wsspec::server
