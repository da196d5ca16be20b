// What the owner of a relay sees of one connection.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "net/loop.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::relay {

enum class EndKind : std::uint8_t { fin, reset };

class Watcher {
 public:
  virtual ~Watcher() = default;
  /// The target has accepted the connection.
  virtual void on_connected(net::TimePoint at) = 0;
  /// Octets as this side sent them, after as many of them as it takes now went to the other side.
  virtual void on_octets(wire::Role side, wire::Octets octets, net::TimePoint at) = 0;
  /// It has not worked through what it was told: neither side is read meanwhile. When it has, it
  /// calls caught_up().
  virtual bool behind() const = 0;
  virtual void on_end(wire::Role side, EndKind kind, net::TimePoint at) = 0;
  /// The side was never there: the target cannot be reached, or the client's TLS fails.
  virtual void on_failed(wire::Role side, const std::string& why, net::TimePoint at) = 0;

  void when_caught_up(std::function<void()> call) { caught_up_ = std::move(call); }

 protected:
  void caught_up() { caught_up_(); }

 private:
  std::function<void()> caught_up_;
};

}  // namespace wsspec::relay
