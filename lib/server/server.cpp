#include "server/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace wsspec::server {
namespace {

// Left to the rest of the process: the loop's own descriptors, files, and what else it does.
constexpr std::size_t kSpareDescriptors = 64;
// Of these: connections that are told at the same time that there is no room for them.
constexpr std::size_t kRefusedAtOnce = 32;

std::size_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace

Server::Server(net::Loop& loop, ServerPolicies policies)
    : surroundings_{loop, std::move(policies), totals_,
                    [this](Connection& ended) { on_over(ended); }},
      descriptors_(std::max(descriptor_limit(), kSpareDescriptors + 1) - kSpareDescriptors),
      sweep_(loop, [this] { over_.clear(); }) {}

tl::expected<std::unique_ptr<Server>, std::string> Server::listen(
    net::Loop& loop, const net::Address& address, ServerPolicies policies,
    std::function<void(std::size_t)> on_full) {
  std::unique_ptr<Server> server(new Server(loop, std::move(policies)));
  server->on_full_ = std::move(on_full);
  auto listener =
      net::Listener::listen(loop, address, [raw = server.get()](int fd) { raw->on_accept(fd); });
  if (!listener) return tl::unexpected(listener.error());
  server->listener_ = std::move(*listener);
  return server;
}

void Server::on_accept(int fd) {
  const std::size_t held = connections_.size() + over_.size();
  const bool full = held >= descriptors_;
  if (full && on_full_) std::exchange(on_full_, {})(descriptors_);
  // Without descriptors the kernel would offer the same connection again and again.
  if (held >= descriptors_ + kRefusedAtOnce) {
    ::close(fd);
    return;
  }
  auto connection = std::make_unique<Connection>(surroundings_, full);
  if (connection->start(net::tcp_accepted(surroundings_.loop, fd)))
    connections_.emplace(connection.get(), std::move(connection));
}

void Server::on_over(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  over_.push_back(std::move(found->second));
  connections_.erase(found);
  if (!sweep_.pending()) sweep_.start(net::Duration::zero());
}

void Server::shut_down() {
  listener_.reset();
  // go_away may end a connection, which takes it out of the map.
  std::vector<Connection*> all;
  for (const auto& entry : connections_) all.push_back(entry.first);
  for (auto* connection : all) connection->go_away();
}

}  // namespace wsspec::server
