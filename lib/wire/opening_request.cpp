#include "wire/opening_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/extension.h"
#include "wire/header_text.h"
#include "wire/url.h"

namespace wsspec::wire {
namespace {

std::size_t count_of(const HeaderList& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const auto& header) { return same_name(header.first, name); }));
}

/// uri-host [":" port] (RFC 9112 3.2), by what it may not hold.
bool well_formed_host(std::string_view host) {
  if (host.empty() || host.find_first_of(" \t,@/?#\\\"<>") != std::string_view::npos) return false;
  return parse_url(fmt::format("ws://{}/", host)).has_value();
}

bool well_formed_target(std::string_view target) {
  if (target.find('#') != std::string_view::npos) return false;
  if (target.starts_with('/')) return true;
  return parse_url(target).has_value();  // the absolute form, with http or ws
}

std::optional<RefusedRequest> check_http(const HttpRequest& request) {
  const HeaderList& headers = request.headers;
  if (request.method != "GET") return RefusedRequest{405, "only GET opens a WebSocket"};
  if (!request.version.starts_with("HTTP/1.")) return RefusedRequest{505, "HTTP/1.1 is needed"};
  if (request.version == "HTTP/1.0") return RefusedRequest{426, "HTTP/1.1 is needed"};
  if (!well_formed_target(request.target))
    return RefusedRequest{400, "the request target is neither a path nor a URL"};
  if (count_of(headers, "Host") != 1)
    return RefusedRequest{400, "exactly one Host header is needed"};
  if (!well_formed_host(*find_header(headers, "Host")))
    return RefusedRequest{400, "the Host header is malformed"};
  if (std::any_of(headers.begin(), headers.end(),
                  [](const auto& header) { return holds_control(header.second); }))
    return RefusedRequest{400, "a header value holds a control character"};
  // A body would be taken for frames.
  const auto lengths = count_of(headers, "Content-Length");
  if (count_of(headers, "Transfer-Encoding") > 0 || lengths > 1 ||
      (lengths == 1 && find_header(headers, "Content-Length") != "0"))
    return RefusedRequest{400, "an opening handshake has no body"};
  if (count_of(headers, "Expect") > 0) return RefusedRequest{417, "no expectation is met here"};
  return std::nullopt;
}

std::optional<RefusedRequest> check_websocket(const HttpRequest& request) {
  const HeaderList& headers = request.headers;
  if (!header_has_token(headers, "Upgrade", "websocket"))
    return RefusedRequest{426, "this is a WebSocket server: 'Upgrade: websocket' is needed"};
  if (!header_has_token(headers, "Connection", "Upgrade"))
    return RefusedRequest{400, "'Connection: Upgrade' is needed"};
  const auto versions = count_of(headers, "Sec-WebSocket-Version");
  if (versions == 0) return RefusedRequest{426, "Sec-WebSocket-Version is missing"};
  const auto version = *find_header(headers, "Sec-WebSocket-Version");
  if (versions > 1 || version.empty() ||
      version.find_first_not_of("0123456789") != std::string_view::npos)
    return RefusedRequest{400, "Sec-WebSocket-Version is not one number"};
  if (version != "13") return RefusedRequest{426, "only version 13 is spoken here"};
  if (count_of(headers, "Sec-WebSocket-Key") != 1)
    return RefusedRequest{400, "exactly one Sec-WebSocket-Key is needed"};
  const auto key = base64_decode(*find_header(headers, "Sec-WebSocket-Key"));
  if (!key || key->size() != 16)
    return RefusedRequest{400, "Sec-WebSocket-Key is not 16 octets in base64"};
  if (count_of(headers, "Sec-WebSocket-Extensions") > 0 &&
      parse_extensions(joined_header(headers, "Sec-WebSocket-Extensions"))
          .value_or(std::vector<Extension>{})
          .empty())
    return RefusedRequest{400, "Sec-WebSocket-Extensions is malformed"};
  return std::nullopt;
}

}  // namespace

std::optional<RefusedRequest> check_opening_request(const HttpRequest& request) {
  if (const auto fault = check_http(request)) return fault;
  return check_websocket(request);
}

}  // namespace wsspec::wire
