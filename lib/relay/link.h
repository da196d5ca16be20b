// One relayed connection: what a client sends goes to the target and the other way round, as it is
// and as fast as the receiving side takes it.
//
//   connecting -> open -> over
//        \-> refusing (the target cannot be reached: HTTP 502) -> over
//
// A FIN is passed on after the octets before it, and a reset as a reset.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/socket.h"
#include "relay/host.h"
#include "relay/watcher.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::relay {

/// What all links of a relay share; outlives them.
struct Surroundings {
  net::Loop& loop;
  net::SocketSet& sockets;
  std::vector<net::Address> targets;  ///< of one host, tried in turn; not empty
  std::shared_ptr<const net::TlsContext> target_tls, client_tls;  ///< null: plain
  std::string host;                                               ///< see HostRewriter
};

class Link {
 public:
  /// A side that does not read keeps the other one from being read above the upper mark, until the
  /// lower one.
  static constexpr std::size_t kHighWater = 256 * 1024;
  static constexpr std::size_t kLowWater = 64 * 1024;

  /// `on_over`: it may be destroyed later, not in this call.
  Link(const Surroundings& surroundings, std::function<void(Link&)> on_over);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Takes over the descriptor of an accepted client. False: it cannot be served.
  bool start(int fd,
             const std::function<std::unique_ptr<Watcher>(const std::string& client)>& watch);

 private:
  struct Side : net::SocketHandler {
    Side(Link& of, wire::Role as) : link(of), role(as) {}
    void on_open(net::TimePoint at) override { link.on_open(*this, at); }
    void on_data(std::span<const std::uint8_t> octets, net::TimePoint at) override {
      link.on_data(*this, octets, at);
    }
    void on_fin(net::TimePoint at) override { link.on_fin(*this, at); }
    void on_writable() override { link.pump(*this); }
    void on_end(const net::EndInfo& end, net::TimePoint at) override {
      link.on_end(*this, end, at);
    }
    bool takes() const { return socket && socket->is_open() && !deaf; }

    Link& link;
    wire::Role role;
    std::unique_ptr<net::Socket> socket;
    wire::OctetVector queue;   ///< to be sent to this side
    std::size_t queue_at = 0;  ///< so many of them are sent
    bool fin_came = false, fin_sent = false;
    bool deaf = false;    ///< it takes no more
    bool ended = false;   ///< by an error
    bool paused = false;  ///< is not read
  };

  Side& other(const Side& side) { return &side == &client_ ? target_ : client_; }
  bool connect_next();
  void on_open(Side& side, net::TimePoint at);
  void on_data(Side& from, wire::Octets octets, net::TimePoint at);
  void on_fin(Side& from, net::TimePoint at);
  void on_end(Side& side, const net::EndInfo& end, net::TimePoint at);
  void target_failed(const net::EndInfo& end, net::TimePoint at);
  void broke(Side& side, net::TimePoint at);
  void pass(Side& to, wire::Octets octets);
  void pump(Side& to);
  void balance(Side& to);
  void caught_up();
  void reset(Side& side);
  void on_timer();
  void over();

  const Surroundings& surroundings_;
  std::function<void(Link&)> on_over_;
  std::unique_ptr<Watcher> watcher_;
  Side client_{*this, wire::Role::client}, target_{*this, wire::Role::server};
  HostRewriter host_;
  net::Timer timer_;
  std::size_t next_target_ = 0;
  std::unique_ptr<net::Socket> retired_;  ///< of the address before: it may be calling
  enum class Phase : std::uint8_t { connecting, open, refusing, over } phase_ = Phase::connecting;
  Side* resetting_ = nullptr;  ///< the side that is reset once it has what was sent before
  net::TimePoint give_up_{};
};

}  // namespace wsspec::relay
