#include "diagnose/request_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Class;
using wire::RequestFault;

struct Row {
  RequestFault fault;
  const char* what;     ///< "a handshake ..."
  const char* section;  ///< where the rule stands
  const char* advice;
};

constexpr const char* kReadTwice =
    "a proxy and the server may read it differently (request smuggling). Answer 400.";

constexpr Row kRows[] = {
    {RequestFault::malformed_line, "whose first line is malformed", "RFC 9112 3", kReadTwice},
    {RequestFault::method, "by another method than GET", "RFC 6455 4.1",
     "a form on any page can send one by POST. Compare the method before the upgrade and answer "
     "405."},
    {RequestFault::http_version, "in another HTTP version than HTTP/1.1", "RFC 6455 4.1",
     "HTTP/1.0 knows no Upgrade, and a proxy that speaks it passes no frames. Answer 505 or 426."},
    {RequestFault::bad_target, "whose request target is neither a path nor a URL",
     "RFC 6455 4.2.1 and RFC 9112 3.2",
     "rules for paths (access, routes) never see it. Answer 400."},
    {RequestFault::malformed_header, "with a malformed header line", "RFC 9112 5", kReadTwice},
    {RequestFault::no_host, "without a Host header", "RFC 6455 4.2.1 and RFC 9112 3.2",
     "a check of the host (against DNS rebinding) has nothing to look at. Answer 400."},
    {RequestFault::several_hosts, "with several Host headers", "RFC 9112 3.2",
     "a proxy and the server may choose different ones. Answer 400."},
    {RequestFault::bad_host, "with a malformed Host header", "RFC 9112 3.2",
     "it is compared with no host that is served. Answer 400."},
    {RequestFault::body, "with a body", "RFC 6455 4.1 and RFC 9112 6",
     "the octets of the body are then read as frames, and a page can choose them. Answer 400."},
    {RequestFault::no_upgrade, "without \"Upgrade: websocket\"", "RFC 6455 4.2.1",
     "the client has not asked for a WebSocket. Answer 426."},
    {RequestFault::no_connection, "without \"Connection: Upgrade\"", "RFC 6455 4.2.1",
     "a proxy that took Upgrade for its own sends none, and passes no frames. Answer 400."},
    {RequestFault::no_key, "without a Sec-WebSocket-Key", "RFC 6455 4.2.1",
     "only the key shows that a WebSocket client asks, not a form or a script. Answer 400."},
    {RequestFault::several_keys, "with several Sec-WebSocket-Key headers", "RFC 6455 11.3.1",
     "the Accept can answer one of them at most. Answer 400."},
    {RequestFault::bad_key, "whose Sec-WebSocket-Key is not 16 octets in base64", "RFC 6455 4.2.1",
     "decode the key before it is answered, and answer 400."},
    {RequestFault::no_version, "without a Sec-WebSocket-Version", "RFC 6455 4.2.1",
     "the client may speak a draft with other frames. Answer 426 with Sec-WebSocket-Version: 13."},
    {RequestFault::several_versions, "with several Sec-WebSocket-Version headers",
     "RFC 6455 11.3.5", "it is not known which one the client speaks. Answer 400."},
    {RequestFault::bad_version, "of another version than 13", "RFC 6455 4.2.2",
     "the client speaks other frames. Answer 426 with Sec-WebSocket-Version: 13 (4.4)."},
    {RequestFault::bad_extensions, "with a malformed Sec-WebSocket-Extensions", "RFC 6455 9.1",
     "what was offered is not known. Answer 400."},
    {RequestFault::bad_subprotocol, "with a malformed Sec-WebSocket-Protocol", "RFC 6455 4.1",
     "its names must be tokens, each once. Answer 400."},
};

}  // namespace

std::string words_of_request_fault(const Situation& situation) {
  const auto& result = situation.result;
  if (result.cls != Class::accepted || result.fact.cause != Cause::handshake_accepted) return {};
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) {
    return one.fault == result.own_request_fault;
  });
  if (row == std::end(kRows)) return {};
  return fmt::format("The server accepted a handshake {}, against {}: {}", row->what, row->section,
                     row->advice);
}

}  // namespace wsspec::diagnose
