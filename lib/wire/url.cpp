#include "wire/url.h"

#include <algorithm>
#include <cctype>

#include "wire/header_text.h"

namespace wsspec::wire {
namespace {

constexpr const char* kBrackets = "an IPv6 address stands in brackets: ws://[::1]:9001/";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The octet that stands as %XX at `at`, or -1.
int escape_at(std::string_view text, std::size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// By its characters (RFC 3986 3.2.2), and a zone after '%' as getaddrinfo takes it.
bool looks_like_ipv6(std::string_view text) {
  const std::string_view zone = text.substr(std::min(text.find('%'), text.size()));
  text.remove_suffix(zone.size());
  return text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos &&
         zone.find_first_of("[:@") == std::string_view::npos;
}

}  // namespace

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = v6 ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

tl::expected<Url, std::string> parse_url(std::string_view text) {
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos)
    return tl::unexpected(std::string("a target is a URL such as ws://127.0.0.1:9001/path"));
  const std::string scheme = lower(text.substr(0, colon));
  if (scheme == "wss" || scheme == "https")
    url.tls = true;
  else if (scheme != "ws" && scheme != "http")
    return tl::unexpected(std::string("the scheme must be ws or wss"));
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  for (const char c : rest)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) == 0x7f)
      return tl::unexpected(std::string("a URL has no spaces or control characters"));
  const auto slash = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, slash);
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.target.front() == '?') url.target.insert(0, 1, '/');
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = percent_decoded(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const auto end = authority.find(']');
    url.host = std::string(authority.substr(1, end == std::string_view::npos ? end : end - 1));
    if (end == std::string_view::npos || !looks_like_ipv6(url.host))
      return tl::unexpected(std::string(kBrackets));
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':')
      return tl::unexpected(std::string("after ']' comes ':' and a port"));
  } else {
    const auto at = authority.find(':');
    url.host = std::string(authority.substr(0, at));
    if (at != std::string_view::npos) port = authority.substr(at);
    if (url.host.find_first_of("[]") != std::string::npos)
      return tl::unexpected(std::string(kBrackets));
  }
  if (url.host.empty()) return tl::unexpected(std::string("the URL names no host"));
  url.port = url.tls ? 443 : 80;
  if (!port.empty()) {
    port.remove_prefix(1);
    unsigned value = 0;
    for (const char c : port) {
      if (c < '0' || c > '9' || port.size() > 5)
        return tl::unexpected(std::string("a port is a number from 1 to 65535"));
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (port.empty() || value == 0 || value > 65535)
      return tl::unexpected(std::string("a port is a number from 1 to 65535"));
    url.port = static_cast<std::uint16_t>(value);
  }
  return url;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int octet = escape_at(text, i);
    out += octet < 0 ? text[i] : static_cast<char>(octet);
    if (octet >= 0) i += 2;
  }
  return out;
}

std::optional<std::string> strict_percent_decoded(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '%' && escape_at(text, i) < 0) return std::nullopt;
  return percent_decoded(text);
}

}  // namespace wsspec::wire
