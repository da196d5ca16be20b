// How fast we read: at once, not at all, or so many octets a second (what a slow consumer looks
// like to the other side).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "net/loop.h"
#include "net/transport.h"

namespace wsspec::session {

class ReadPace {
 public:
  /// `on_read`: called after each read at a rate.
  ReadPace(net::Loop& loop, std::function<void()> on_read)
      : loop_(loop), on_read_(std::move(on_read)), timer_(loop, [this] { read(); }) {}

  /// nullptr: the transport is gone.
  void attach(net::Transport* transport) {
    transport_ = transport;
    if (transport_ == nullptr) timer_.cancel();
  }
  void pause();
  void resume();
  void rate(std::uint64_t octets_per_second);
  /// Reads what is there, at most `limit` octets and as much as one step of the loop may take in,
  /// unless reading is paused. False: there may be more.
  bool drain(std::size_t limit);
  /// More has come than one step took in, and a later round of the loop goes on with it.
  bool holds_octets() const {
    return transport_ != nullptr && !paused_ && transport_->holds_octets();
  }

 private:
  void read();

  net::Loop& loop_;
  std::function<void()> on_read_;
  net::Timer timer_;
  net::Transport* transport_ = nullptr;
  bool paused_ = false;
  std::uint64_t per_second_ = 0;  ///< 0: no rate
  std::uint64_t octets_ = 0;      ///< read since `since_`
  net::TimePoint since_{};
};

}  // namespace wsspec::session
