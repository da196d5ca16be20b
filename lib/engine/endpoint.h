// Where connections to a target go, and what is the same of each: a scenario's, a health check's,
// and those that `send` and `probe` make without a scenario.
#pragma once

#include <memory>
#include <string>

#include "net/connection.h"
#include "net/loop.h"
#include "net/tls.h"
#include "session/setup.h"

namespace wsspec::engine {

struct Endpoint {
  net::Loop& loop;
  net::Address address;
  std::string host;                                ///< Host header
  std::string path;                                ///< request target of the URL
  std::shared_ptr<const net::TlsContext> tls{};    ///< null: ws://
  std::shared_ptr<const net::ProxyRoute> proxy{};  ///< then the address is the proxy's
  int connect_timeout_ms = 5000;
};

/// A client's connection to it, without headers of its own. `transport`: what the connection does
/// otherwise below; its `tls` is the endpoint's unless `plain`.
session::SessionSetup setup_to(const Endpoint& endpoint, net::ConnectOptions transport = {},
                               bool plain = false);

}  // namespace wsspec::engine
