#include "relay/relay.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace wsspec::relay {
namespace {

constexpr std::uint64_t kSpareDescriptors = 64;  ///< for files, and what else the process does

}  // namespace

Relay::Relay(net::Loop& loop, std::unique_ptr<net::SocketSet> sockets, Options options, Watch watch)
    : sockets_(std::move(sockets)),
      surroundings_{loop,
                    *sockets_,
                    std::move(options.targets),
                    std::move(options.target_tls),
                    std::move(options.client_tls),
                    std::move(options.host)},
      watch_(std::move(watch)),
      most_links_((std::max(net::free_descriptors(), kSpareDescriptors + 2) - kSpareDescriptors) /
                  2),
      sweep_(loop, [this] { over_.clear(); }) {}

Relay::~Relay() {
  shut_down();
}

tl::expected<std::unique_ptr<Relay>, std::string> Relay::listen(
    net::Loop& loop, Options options, Watch watch, std::function<void(std::size_t)> on_full) {
  auto sockets = net::SocketSet::create(loop);
  if (!sockets) return tl::unexpected(sockets.error());
  const net::Address address = options.listen;
  std::unique_ptr<Relay> relay(
      new Relay(loop, std::move(*sockets), std::move(options), std::move(watch)));
  relay->on_full_ = std::move(on_full);
  auto listener =
      net::Listener::listen(loop, address, [raw = relay.get()](int fd) { raw->on_accept(fd); });
  if (!listener) return tl::unexpected(listener.error());
  relay->listener_ = std::move(*listener);
  return relay;
}

void Relay::on_accept(int fd) {
  if (links_.size() + over_.size() >= most_links_) {
    if (on_full_) std::exchange(on_full_, {})(most_links_);
    ::close(fd);
    return;
  }
  auto link = std::make_unique<Link>(surroundings_, [this](Link& ended) { on_over(ended); });
  Link& started = *link;
  links_.emplace(&started, std::move(link));
  if (!started.start(fd, watch_)) on_over(started);
}

void Relay::on_over(Link& link) {
  const auto found = links_.find(&link);
  if (found == links_.end()) return;
  over_.push_back(std::move(found->second));
  links_.erase(found);
  if (!sweep_.pending()) sweep_.start(net::Duration::zero());
}

void Relay::shut_down() {
  listener_.reset();
  over_.clear();
  links_.clear();
}

}  // namespace wsspec::relay
