#include "engine/endpoint.h"

#include <utility>

namespace wsspec::engine {

session::SessionSetup setup_to(const Endpoint& endpoint, net::ConnectOptions transport,
                               bool plain) {
  session::SessionSetup setup;
  if (!plain) transport.tls = endpoint.tls;
  setup.secure = transport.tls != nullptr;
  transport.proxy = endpoint.proxy;
  setup.transport = net::tcp_client(endpoint.loop, endpoint.address, std::move(transport));
  setup.peer = endpoint.address.text;
  if (endpoint.proxy) {
    setup.proxy = "the proxy " + endpoint.address.text;
    setup.peer = endpoint.host + " through " + setup.proxy;
  }
  setup.host = endpoint.host;
  setup.path = endpoint.path;
  setup.connect_timeout_ms = endpoint.connect_timeout_ms;
  return setup;
}

}  // namespace wsspec::engine
