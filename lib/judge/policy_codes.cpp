#include "judge/policy_codes.h"

#include <algorithm>
#include <iterator>

namespace wsspec::judge {
namespace {

/// Policies, separated by blanks; "" = all.
struct Row {
  int from, to;
  std::string_view policies;
  const char* because;
};

// 1000, 1002 and 1011 stand nowhere: a breach is no ordinary end, no fault in the framing and no
// fault of the server's. Nor does 1007 for a type of data: it is for data that does not fit the
// type of its own message.
constexpr Row kRows[] = {
    {1008, 1008, "text_only binary_only",
     "1008 is generic, for when no other code suits; 1003 says that it is the type of data (RFC "
     "6455 7.4.1)"},
    {1008, 1008, "message_bytes frame_bytes ratio",
     "1008 is generic, for when no other code suits; 1009 says that it is the size (RFC 6455 "
     "7.4.1)"},
    // An application's own exception is no policy.
    {1008, 1008,
     "message_rate byte_rate control_rate bucket fragments frame_timeout_ms message_timeout_ms "
     "idle_timeout_ms heartbeat_ms close_timeout_ms session_ms queue_bytes read_rate connections "
     "connect_rate sessions_per_token deny_address handshake_timeout_ms auth_deadline_ms token "
     "origin path host subprotocol forbidden json order strikes",
     "1008 is generic, and says less than the code that the profile lists (RFC 6455 7.4.1)"},
    {1003, 1003, "text_only binary_only",
     "1003 says that it is the type of data, though the profile lists another code"},
    {1003, 1003, "forbidden json",
     "refused as data that it does not take, with a code that the "
     "profile does not list"},
    {1007, 1007, "json",
     "refused as data that does not fit its type, with a code that the profile "
     "does not list"},
    {1009, 1009, "message_bytes frame_bytes fragments ratio byte_rate",
     "1009 says that it is the size, though the profile lists another code"},
    {1013, 1013,
     "message_rate byte_rate control_rate bucket queue_bytes read_rate connections connect_rate "
     "sessions_per_token",
     "refused for overload, with a code that the profile does not list"},
    {1001, 1001, "frame_timeout_ms message_timeout_ms idle_timeout_ms session_ms heartbeat_ms",
     "closed in time, with a code that the profile does not list"},
    {3000, 4999, "", "closed with a code of its own that the profile does not list"},
};

bool holds(std::string_view policies, std::string_view policy) {
  for (std::size_t at = 0; at <= policies.size();) {
    const std::size_t end = std::min(policies.find(' ', at), policies.size());
    if (policies.substr(at, end - at) == policy) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

const char* tolerable_code(std::string_view policy, int code) {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) {
    return one.from <= code && code <= one.to &&
           (one.policies.empty() || holds(one.policies, policy));
  });
  return row == std::end(kRows) ? nullptr : row->because;
}

}  // namespace wsspec::judge
