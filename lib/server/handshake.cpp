// The checks of RFC 6455 4.2.1 (wire/opening_request.h), then the policies: a request that is not
// valid learns nothing of a token.
#include "server/handshake.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "wire/header_text.h"
#include "wire/opening_request.h"

namespace wsspec::server {
namespace {

using wire::find_header;
using wire::HeaderList;
using wire::HttpRequest;

const char* reason_phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

std::size_t count_of(const HeaderList& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const auto& header) { return find_header({header}, name).has_value(); }));
}

/// nullopt: not a list of different tokens.
std::optional<std::vector<std::string_view>> subprotocols(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::string_view name = wire::take_item(text, ',');
    if (name.empty()) continue;  // RFC 9110 5.6.1
    if (!wire::is_token(name)) return std::nullopt;
    names.push_back(name);
  }
  if (names.empty()) return std::nullopt;
  auto sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return std::nullopt;
  return names;
}

}  // namespace

HandshakeAnswer refusal(int status, std::string_view why) {
  HandshakeAnswer answer;
  answer.status = status;
  std::string extra;
  if (status == 400 || status == 426) extra = "Sec-WebSocket-Version: 13\r\n";
  if (status == 401) extra = "WWW-Authenticate: Bearer realm=\"wsspec\"\r\n";
  if (status == 405) extra = "Allow: GET\r\n";
  if (status == 426) extra += "Upgrade: websocket\r\n";
  if (status == 503) extra = "Retry-After: 1\r\n";
  answer.octets = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: wsspec\r\nConnection: {}close\r\n{}"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n{}\n",
      status, reason_phrase(status), status == 426 ? "Upgrade, " : "", extra, why.size() + 1, why);
  return answer;
}

HandshakeAnswer answer_bad_head(const wire::HttpHeadReader& head) {
  // The head's problem quotes the peer; it is not sent back.
  if (head.too_large() && head.text().find('\n') == std::string::npos)
    return refusal(414, "the request target is too long");
  return head.too_large() ? refusal(431, "the request's head is too large")
                          : refusal(400, "this is no HTTP request");
}

HandshakeAnswer answer_handshake(const HttpRequest& request, const ServerPolicies& policies,
                                 std::uint64_t open) {
  if (const auto fault = wire::check_opening_request(request)) {
    auto answer = refusal(fault->status, fault->why);
    // RFC 9110 9.3.2: no body in the answer to HEAD.
    if (request.method == "HEAD") answer.octets.erase(answer.octets.find("\r\n\r\n") + 4);
    return answer;
  }
  const HeaderList& headers = request.headers;
  std::string chosen;
  if (count_of(headers, "Sec-WebSocket-Protocol") > 0) {
    const std::string list = wire::joined_header(headers, "Sec-WebSocket-Protocol");
    const auto offered = subprotocols(list);
    if (!offered) return refusal(400, "Sec-WebSocket-Protocol is malformed");
    for (const auto name : *offered) {
      const auto& known = policies.subprotocols;
      if (std::find(known.begin(), known.end(), name) == known.end()) continue;
      chosen = name;
      break;
    }
  }
  if (!host_allowed(request, policies)) return refusal(421, "this host is not served here");
  if (!origin_allowed(request, policies)) return refusal(403, "this origin is not allowed");
  const auto breach = check_token(request, policies);
  if (breach && policies.refuse) return refusal(401, breach->reason);
  if (policies.max_connections != 0 && open >= policies.max_connections)
    return refusal(503, "too many connections");

  std::string extra;
  if (!chosen.empty()) extra += fmt::format("Sec-WebSocket-Protocol: {}\r\n", chosen);
  HandshakeAnswer answer;
  answer.breach = breach;
  if (policies.deflate) {
    const auto deflate =
        wire::answer_deflate_offer(wire::joined_header(headers, "Sec-WebSocket-Extensions"));
    if (deflate) {
      answer.deflate = deflate->params;
      extra += fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate->text);
    }
  }
  answer.octets = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nServer: wsspec\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{}\r\n",
      wire::accept_for(*find_header(headers, "Sec-WebSocket-Key")), extra);
  return answer;
}

}  // namespace wsspec::server
