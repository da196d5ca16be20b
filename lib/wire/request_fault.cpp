#include "wire/request_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "wire/extension.h"
#include "wire/handshake.h"
#include "wire/header_text.h"
#include "wire/url.h"

namespace wsspec::wire {
namespace {

constexpr std::size_t kKeyOctets = 16;

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

RequestFault of_request_line(std::string_view line) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return RequestFault::malformed_line;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  const bool has_form = version.size() == 8 && version.starts_with("HTTP/") &&
                        is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!is_token(method) || !has_form ||
      std::any_of(line.begin(), line.end(), [](char c) { return is_control(c) || c == '\t'; }))
    return RequestFault::malformed_line;
  if (method != "GET") return RequestFault::method;
  if (version[5] != '1' || version[7] == '0') return RequestFault::http_version;
  const bool path = target.starts_with('/') || parse_url(target).has_value();
  if (!path || target.find_first_of("# ") != std::string_view::npos)
    return RequestFault::bad_target;
  return RequestFault::none;
}

/// nullopt: a line that is no header (RFC 9112 5, RFC 9110 5.5).
std::optional<HeaderList> read_headers(std::string_view text) {
  HeaderList headers;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
        std::any_of(line.begin(), line.end(), is_control))
      return std::nullopt;
    headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return headers;
}

std::size_t count_of(const HeaderList& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const auto& header) { return same_name(header.first, name); }));
}

RequestFault of_host(const HeaderList& headers) {
  const std::size_t count = count_of(headers, "Host");
  if (count == 0) return RequestFault::no_host;
  if (count > 1) return RequestFault::several_hosts;
  const std::string_view host = *find_header(headers, "Host");
  const bool good = host.find_first_of(" \t,@/?#\\\"<>") == std::string_view::npos &&
                    parse_url(fmt::format("ws://{}/", host)).has_value();
  return good ? RequestFault::none : RequestFault::bad_host;
}

RequestFault of_body(const HeaderList& headers) {
  const bool announced = std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return same_name(header.first, "Content-Length") && header.second != "0";
  });
  return announced || count_of(headers, "Transfer-Encoding") > 0 ? RequestFault::body
                                                                 : RequestFault::none;
}

RequestFault of_upgrade(const HeaderList& headers) {
  if (!header_has_token(headers, "Upgrade", "websocket")) return RequestFault::no_upgrade;
  if (!header_has_token(headers, "Connection", "Upgrade")) return RequestFault::no_connection;
  return RequestFault::none;
}

RequestFault of_key(const HeaderList& headers) {
  const std::size_t count = count_of(headers, "Sec-WebSocket-Key");
  if (count == 0) return RequestFault::no_key;
  if (count > 1) return RequestFault::several_keys;
  const auto key = base64_decode(*find_header(headers, "Sec-WebSocket-Key"));
  return key && key->size() == kKeyOctets ? RequestFault::none : RequestFault::bad_key;
}

RequestFault of_version(const HeaderList& headers) {
  const std::size_t count = count_of(headers, "Sec-WebSocket-Version");
  if (count == 0) return RequestFault::no_version;
  if (count > 1) return RequestFault::several_versions;
  return find_header(headers, "Sec-WebSocket-Version") == "13" ? RequestFault::none
                                                               : RequestFault::bad_version;
}

RequestFault of_extensions(const HeaderList& headers) {
  if (count_of(headers, "Sec-WebSocket-Extensions") == 0) return RequestFault::none;
  const auto list = parse_extensions(joined_header(headers, "Sec-WebSocket-Extensions"));
  return list && !list->empty() ? RequestFault::none : RequestFault::bad_extensions;
}

/// RFC 6455 4.1 item 10: tokens, each once.
RequestFault of_subprotocols(const HeaderList& headers) {
  if (count_of(headers, "Sec-WebSocket-Protocol") == 0) return RequestFault::none;
  const std::string joined = joined_header(headers, "Sec-WebSocket-Protocol");
  std::set<std::string_view> names;
  for (std::string_view rest = joined; !rest.empty();) {
    const std::string_view name = take_item(rest, ',');
    if (name.empty()) continue;  // RFC 9110 5.6.1
    if (!is_token(name) || !names.insert(name).second) return RequestFault::bad_subprotocol;
  }
  return names.empty() ? RequestFault::bad_subprotocol : RequestFault::none;
}

}  // namespace

RequestFault request_fault(std::string_view head) {
  if (const auto found = of_request_line(take_line(head)); found != RequestFault::none)
    return found;
  const auto headers = read_headers(head);
  if (!headers) return RequestFault::malformed_header;
  for (const auto rule :
       {of_host, of_body, of_upgrade, of_key, of_version, of_extensions, of_subprotocols})
    if (const auto found = rule(*headers); found != RequestFault::none) return found;
  return RequestFault::none;
}

}  // namespace wsspec::wire
