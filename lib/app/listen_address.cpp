#include "app/listen_address.h"

namespace wsspec {
namespace {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

tl::expected<Endpoint, std::string> parse_listen(const std::string& text) {
  const auto wrong = [&] {
    return tl::unexpected("'" + text + "' is not HOST:PORT, such as 127.0.0.1:9001 or [::1]:9001");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong();
  Endpoint endpoint;
  endpoint.host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos)
    return wrong();
  const int number = std::stoi(port);  // at most 5 digits
  if (number > 65535) return wrong();
  endpoint.port = static_cast<std::uint16_t>(number);
  const bool bracketed = endpoint.host.front() == '[' && endpoint.host.back() == ']';
  if (bracketed) endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  // Without brackets a second colon leaves open what is the port.
  if (endpoint.host.empty() || (!bracketed && endpoint.host.find(':') != std::string::npos))
    return wrong();
  return endpoint;
}

}  // namespace

tl::expected<net::Address, std::string> listen_address(const std::string& text) {
  const auto endpoint = parse_listen(text);
  if (!endpoint) return tl::unexpected(endpoint.error());
  const auto addresses = net::resolve(endpoint->host, endpoint->port);
  if (!addresses) return tl::unexpected(addresses.error());
  if (addresses->empty()) return tl::unexpected("'" + endpoint->host + "' has no address");
  return addresses->front();
}

std::string with_port(const net::Address& address, std::uint16_t port) {
  return address.text.substr(0, address.text.rfind(':') + 1) + std::to_string(port);
}

}  // namespace wsspec
