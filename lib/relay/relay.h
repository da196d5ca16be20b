// A listening socket, and a link to the target for each client that it accepts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/connection.h"
#include "relay/link.h"
#include "relay/watcher.h"

namespace wsspec::relay {

struct Options {
  net::Address listen;
  std::vector<net::Address> targets;  ///< of one host; not empty
  std::shared_ptr<const net::TlsContext> target_tls{}, client_tls{};
  std::string host{};  ///< for the Host header; empty: as the client sent it
};

class Relay {
 public:
  using Watch = std::function<std::unique_ptr<Watcher>(const std::string& client)>;
  /// `on_full` hears once that further clients are turned away, for the process may open no more
  /// files.
  static tl::expected<std::unique_ptr<Relay>, std::string> listen(
      net::Loop& loop, Options options, Watch watch,
      std::function<void(std::size_t links)> on_full);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::uint16_t port() const { return listener_->port(); }
  /// Ends all connections; destroys their watchers.
  void shut_down();

 private:
  Relay(net::Loop& loop, std::unique_ptr<net::SocketSet> sockets, Options options, Watch watch);
  void on_accept(int fd);
  void on_over(Link& link);

  std::unique_ptr<net::SocketSet> sockets_;
  Surroundings surroundings_;
  Watch watch_;
  std::function<void(std::size_t)> on_full_;
  std::size_t most_links_;
  std::unique_ptr<net::Listener> listener_;
  std::map<Link*, std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Link>> over_;  ///< a link ends inside its own calls
  net::Timer sweep_;
};

}  // namespace wsspec::relay
