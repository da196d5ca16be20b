#include "app/destination.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "app/option_values.h"
#include "app/proxy.h"
#include "diagnose/diagnosis.h"
#include "session/record.h"
#include "wire/handshake.h"

namespace wsspec {
namespace {

/// The command line wins. A key belongs to its certificate.
net::TlsSettings tls_settings(const TlsOptions& given, const scenario::ProfileTls& profile,
                              const std::string& host) {
  net::TlsSettings out;
  out.host = host;
  out.insecure = given.insecure || profile.insecure;
  out.ca_file = given.cacert.empty() ? profile.cacert : given.cacert;
  out.certificate = given.cert.empty() ? profile.cert : given.cert;
  out.key = given.key.empty() && given.cert.empty() ? profile.key : given.key;
  return out;
}

/// nullopt: none.
std::optional<Proxy> proxy_of(const Target& target) {
  if (target.proxy.empty() || !target.unix_socket.empty()) return std::nullopt;
  auto proxy = parse_proxy(target.proxy);
  return proxy ? std::optional(std::move(*proxy)) : std::nullopt;
}

/// Where the proxy does not resolve names, the first address of ours is asked for; a name that has
/// none is left to the proxy.
std::shared_ptr<const net::ProxyRoute> route_of(const Target& target, const wire::Url& url) {
  const auto proxy = proxy_of(target);
  if (!proxy) return nullptr;
  auto route = std::make_shared<net::ProxyRoute>();
  *route = {proxy->kind, proxy->user, proxy->password, url.host, url.port};
  if (proxy->resolves) return route;
  const auto addresses = net::resolve(url.host, url.port);
  if (!addresses) return route;
  std::string host = addresses->front().text;
  host.resize(host.rfind(':'));
  const bool bracketed = host.starts_with('[');
  route->host = bracketed ? host.substr(1, host.size() - 2) : host;
  return route;
}

}  // namespace

Target with_proxy(Target target, const std::string& url) {
  if (!target.proxy.empty() || !target.unix_socket.empty()) return target;
  if (const auto parsed = wire::parse_url(url))
    target.proxy =
        proxy_of_environment(*parsed, [](const char* name) { return std::getenv(name); });
  return target;
}

scenario::Profile profile_of(const Target& target, const scenario::Profile& declared,
                             const wire::Url& url) {
  scenario::Profile profile = declared;
  for (const auto& [name, value] : target.headers) profile.headers.emplace_back(name, value);
  if (!target.subprotocols.empty()) profile.subprotocols = target.subprotocols;
  if (!url.userinfo.empty())
    profile.headers.emplace_back("Authorization",
                                 "Basic " + wire::base64(wire::as_octets(url.userinfo)));
  return profile;
}

tl::expected<std::shared_ptr<const net::TlsContext>, Refusal> tls_of(
    const Target& target, const scenario::Profile& profile, const wire::Url& url, bool keep_chain) {
  if (!url.tls) return nullptr;
  net::TlsSettings settings = tls_settings(target.tls, profile.tls, url.host);
  settings.keep_chain = keep_chain;
  auto created = net::TlsContext::create(std::move(settings));
  if (!created) return tl::unexpected(Refusal{kExitUsage, created.error()});
  return std::move(*created);
}

tl::expected<std::vector<net::Address>, Refusal> addresses_of(const Target& target,
                                                              const wire::Url& url) {
  if (!target.unix_socket.empty()) {
    auto address = net::unix_address(target.unix_socket);
    if (!address) return tl::unexpected(Refusal{kExitUsage, address.error()});
    return std::vector{std::move(*address)};
  }
  if (const auto wrong = target.proxy.empty() ? std::string() : as_proxy(target.proxy);
      !wrong.empty())
    return tl::unexpected(Refusal{kExitUsage, "the proxy: " + wrong});
  const auto proxy = proxy_of(target);
  auto resolved = proxy ? net::resolve(proxy->host, proxy->port) : net::resolve(url.host, url.port);
  if (!resolved)
    return tl::unexpected(Refusal{kExitNotJudged, (proxy ? "the proxy: " : "") + resolved.error()});
  return std::move(*resolved);
}

engine::Endpoint endpoint_of(net::Loop& loop, const net::Address& address, const wire::Url& url,
                             const Target& target) {
  engine::Endpoint endpoint{loop, address, url.authority(), url.target};
  endpoint.connect_timeout_ms = target.connect_timeout_ms;
  endpoint.proxy = route_of(target, url);
  return endpoint;
}

std::string tls_hint(net::TlsFailure failure) {
  switch (failure) {
    case net::TlsFailure::certificate_expired:
    case net::TlsFailure::certificate_wrong_name:
    case net::TlsFailure::certificate_self_signed:
    case net::TlsFailure::certificate_untrusted:
    case net::TlsFailure::certificate_other:
      return "--cacert FILE names the CA to trust, -k takes any certificate";
    case net::TlsFailure::client_certificate:
      return "--cert FILE and --key FILE are our side's certificate";
    case net::TlsFailure::not_tls:
      return "use ws:// if the server does not speak TLS on this port";
    default:
      return {};
  }
}

tl::expected<Destination, Refusal> destination_of(const Target& target, bool keep_chain) {
  const auto url = wire::parse_url(target.url);
  if (!url) return tl::unexpected(Refusal{kExitUsage, "bad URL: " + url.error()});
  Destination out{*url, profile_of(target, {}, *url), nullptr};
  auto tls = tls_of(target, out.profile, out.url, keep_chain);
  if (!tls) return tl::unexpected(tls.error());
  out.tls = std::move(*tls);
  return out;
}

session::SessionSetup setup_of(net::Loop& loop, const Destination& destination,
                               const net::Address& address, const Target& target) {
  engine::Endpoint endpoint = endpoint_of(loop, address, destination.url, target);
  endpoint.tls = destination.tls;
  session::SessionSetup setup = engine::setup_to(endpoint);
  setup.headers = destination.profile.headers;
  setup.subprotocols = destination.profile.subprotocols;
  return setup;
}

tl::expected<std::unique_ptr<net::Loop>, Refusal> small_loop() {
  net::global_init();
  auto loop = net::Loop::create();
  if (!loop) return tl::unexpected(Refusal{kExitNotJudged, loop.error()});
  (*loop)->keep_time();
  return std::move(*loop);
}

std::string failure_text(const session::ExchangeRecord& record) {
  result::ScenarioResult result;
  result.verdict = result::Verdict::error;
  result.fact = record.failure_fact;
  if (record.phase == session::Phase::refused)
    result.fact = {.cause = result::Cause::handshake_refused, .status = record.response->status};
  return diagnose::diagnose(result);
}

}  // namespace wsspec
