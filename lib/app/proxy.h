// Which proxy a target is reached through: --proxy, else the environment, as curl has it. Internal
// to lib/app; as_proxy() is in option_values.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "net/tunnel.h"
#include "wire/url.h"

namespace wsspec {

struct Proxy {
  net::ProxyRoute::Kind kind = net::ProxyRoute::Kind::http;
  std::string host;
  std::uint16_t port = 1080;  ///< curl's default, for HTTP proxies too
  std::string user, password;
  bool resolves = true;  ///< it resolves the target's name; false: we do (socks5://)
};

/// "http://[user:password@]host[:port]", "socks5://...", "socks5h://..."; without a scheme http.
tl::expected<Proxy, std::string> parse_proxy(std::string_view text);

using Environment = std::function<const char*(const char* name)>;
/// For wss https_proxy or HTTPS_PROXY, for ws http_proxy (in lower case only), else all_proxy or
/// ALL_PROXY; unless no_proxy or NO_PROXY names the host, or it is this machine. Empty: none.
std::string proxy_of_environment(const wire::Url& url, const Environment& environment);
/// "*", or a list of hosts, each with all that end in it: "a.example, .b.example, 10.0.0.1:9001".
bool is_excepted(std::string_view no_proxy, const wire::Url& url);

}  // namespace wsspec
