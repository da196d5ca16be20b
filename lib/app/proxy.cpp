#include "app/proxy.h"

#include <algorithm>
#include <cctype>

#include "app/option_values.h"

namespace wsspec {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") ||
         host == "::1";
}

/// host[:port] of a text without its scheme: whether the port is there.
bool names_port(std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  const auto colon = rest.rfind(':');
  const auto bracket = rest.rfind(']');
  return colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
}

std::string first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = environment(name); value != nullptr && *value != '\0') return value;
  return {};
}

}  // namespace

tl::expected<Proxy, std::string> parse_proxy(std::string_view text) {
  Proxy out;
  std::string scheme = "http";
  if (const auto end = text.find("://"); end != std::string_view::npos) {
    scheme = lower(text.substr(0, end));
    text.remove_prefix(end + 3);
  }
  if (scheme == "socks5" || scheme == "socks5h")
    out.kind = net::ProxyRoute::Kind::socks5;
  else if (scheme != "http")
    return tl::unexpected(
        std::string("a proxy is http://, socks5:// or socks5h://[user:password@]host[:port]"));
  out.resolves = scheme != "socks5";
  const auto url = wire::parse_url("http://" + std::string(text));
  if (!url) return tl::unexpected("a proxy's address: " + url.error());
  out.host = url->host;
  if (names_port(text)) out.port = url->port;
  const auto colon = std::min(url->userinfo.find(':'), url->userinfo.size());
  out.user = url->userinfo.substr(0, colon);
  out.password = url->userinfo.substr(std::min(colon + 1, url->userinfo.size()));
  return out;
}

std::string as_proxy(const std::string& text) {
  const auto proxy = parse_proxy(text);
  return proxy ? std::string() : proxy.error();
}

bool is_excepted(std::string_view no_proxy, const wire::Url& url) {
  const std::string host = lower(url.host);
  const std::string port = ":" + std::to_string(url.port);
  while (!no_proxy.empty()) {
    const std::size_t end = std::min(no_proxy.find_first_of(", "), no_proxy.size());
    std::string entry = lower(no_proxy.substr(0, end));
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
    if (entry == "*") return true;
    if (entry.ends_with(port)) entry.resize(entry.size() - port.size());
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry.size() > 1 && entry.front() == '[' && entry.back() == ']')
      entry = entry.substr(1, entry.size() - 2);
    if (!entry.empty() && (host == entry || host.ends_with("." + entry))) return true;
  }
  return false;
}

// HTTP_PROXY in capitals is what a CGI program has of a request's header "Proxy".
std::string proxy_of_environment(const wire::Url& url, const Environment& environment) {
  if (is_this_machine(lower(url.host))) return {};
  if (is_excepted(first_of(environment, {"no_proxy", "NO_PROXY"}), url)) return {};
  const std::string own = url.tls ? first_of(environment, {"https_proxy", "HTTPS_PROXY"})
                                  : first_of(environment, {"http_proxy"});
  return own.empty() ? first_of(environment, {"all_proxy", "ALL_PROXY"}) : own;
}

}  // namespace wsspec
