// The reference server: a strict RFC 6455 echo server with declared policies, on a loop that
// its caller runs. Messages come back as they were (unfragmented), pings are ponged, a Close is
// answered with its own code; whatever breaks a rule earns the rule's code, at the octet that
// proves it for text, at the end of the header for a frame, and nothing after it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/connection.h"
#include "net/loop.h"
#include "server/connection.h"
#include "server/options.h"

namespace wsspec::server {

class Server {
 public:
  /// The error says why nothing can listen there. `on_full` hears once, and with the number, that
  /// there are as many connections as the process may open files for: further ones get HTTP 503.
  static tl::expected<std::unique_ptr<Server>, std::string> listen(
      net::Loop& loop, const net::Address& address, ServerPolicies policies,
      std::function<void(std::size_t connections)> on_full = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return listener_->port(); }
  /// Connections that are not over, those in their opening or closing handshake counted.
  std::size_t connections() const { return connections_.size(); }
  /// Takes no more connections and says Close 1001 to those there are. All are over within the
  /// close timeout (1 s) of their last progress.
  void shut_down();

 private:
  Server(net::Loop& loop, ServerPolicies policies);
  void on_accept(int fd);
  void on_over(Connection& connection);

  Connection::Totals totals_;
  Connection::Surroundings surroundings_;
  std::size_t descriptors_ = 0;  ///< connections that the process has room for
  std::function<void(std::size_t)> on_full_;
  std::unique_ptr<net::Listener> listener_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  /// A connection ends inside its own calls; it is destroyed a little later.
  std::vector<std::unique_ptr<Connection>> over_;
  net::Timer sweep_;
};

}  // namespace wsspec::server
