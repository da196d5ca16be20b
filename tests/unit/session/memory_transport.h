// A transport in memory. The session holds one end; the test holds a Link: it delivers octets in
// whatever pieces, says how the stream ends, and looks at what the session wrote.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "net/transport.h"
#include "wire/octets.h"

namespace wsspec::session::test {

/// A loop that nothing runs: for the timers of what stands on a Link.
inline net::Loop& shared_loop() {
  static const std::unique_ptr<net::Loop> loop = net::Loop::create().value();
  return *loop;
}

class Link {
 public:
  /// For SessionSetup::transport. One transport a link.
  net::TransportFactory factory() {
    return [this](net::TransportHandler& handler)
               -> tl::expected<std::unique_ptr<net::Transport>, net::ConnectProblem> {
      handler_ = &handler;
      auto end = std::make_unique<End>(*this);
      end_ = end.get();
      return end;
    };
  }

  /// The transport opens now; otherwise it is open from the beginning.
  void open_later() { open_ = false; }
  void open() {
    open_ = true;
    handler_->on_open(net::Clock::now());
  }
  void deliver(wire::Octets octets) {
    if (end_ == nullptr) return;
    if (paused_ || !inbox_.empty()) {
      inbox_ += wire::as_chars(octets);
      return;
    }
    tell(octets);
    write_on();
  }
  /// What the session left for a later step of its loop is written now.
  void write_on() {
    while (room_ > 0 && end_ != nullptr && std::exchange(wants_write_, false))
      handler_->on_writable();
  }
  void end(net::EndKind kind) {
    if (end_ == nullptr) return;
    net::EndInfo info;
    info.kind = kind;
    if (kind == net::EndKind::reset) info.error = ECONNRESET;
    handler_->on_end(info, net::Clock::now());
  }
  /// How many octets the transport takes from now on; `more()` makes room for so many again.
  void limit(std::size_t room) { room_ = room; }
  void more(std::size_t room) {
    room_ = room;
    if (std::exchange(wants_write_, false) && end_ != nullptr) handler_->on_writable();
  }
  /// Each send takes so long from now on.
  void slow_down(std::chrono::milliseconds pause) { pause_ = pause; }
  /// Every send fails from now on: the other side has reset the connection.
  void break_writing() { broken_ = true; }

  /// What the session wrote and was not taken away.
  std::string written;
  std::string take() { return std::exchange(written, {}); }
  bool write_closed() const { return write_closed_; }
  bool aborted() const { return aborted_; }
  /// The session holds its end no longer.
  bool dropped() const { return handler_ != nullptr && end_ == nullptr; }

 private:
  class End : public net::Transport {
   public:
    explicit End(Link& link) : link_(link) {}
    ~End() override { link_.end_ = nullptr; }
    bool is_open() const override { return link_.open_; }
    bool is_connected() const override { return true; }
    std::optional<net::TlsFacts> tls_facts() const override { return std::nullopt; }
    net::SendResult send(std::span<const std::uint8_t> octets) override {
      if (link_.broken_) return {0, EPIPE};
      if (link_.pause_.count() > 0) std::this_thread::sleep_for(link_.pause_);
      const std::size_t taken = std::min(octets.size(), link_.room_);
      link_.written += wire::as_chars(octets.first(taken));
      if (link_.room_ != kUnlimited) link_.room_ -= taken;
      return {taken, 0};
    }
    void want_write() override { link_.wants_write_ = true; }
    void pause_reading() override { link_.paused_ = true; }
    void resume_reading() override {
      link_.paused_ = false;
      drain(kUnlimited);
    }
    std::size_t drain(std::size_t limit) override {
      if (link_.telling_) return 0;
      const std::string now = link_.inbox_.substr(0, limit);
      link_.inbox_.erase(0, now.size());
      if (!now.empty()) link_.tell(wire::as_octets(now));
      return now.size();
    }
    void put_back(std::span<const std::uint8_t> rest) override { link_.put_back_ = rest.size(); }
    bool holds_octets() const override { return false; }  // told again at once
    void shutdown_write() override { link_.write_closed_ = true; }
    void abort() override { link_.aborted_ = true; }

   private:
    Link& link_;
  };

  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  void tell(wire::Octets octets) {
    telling_ = true;
    do {
      put_back_ = 0;
      handler_->on_data(octets, net::Clock::now());
      octets = octets.last(put_back_);
    } while (put_back_ > 0 && end_ != nullptr);
    telling_ = false;
  }

  net::TransportHandler* handler_ = nullptr;
  net::Transport* end_ = nullptr;
  std::string inbox_;
  std::size_t room_ = kUnlimited, put_back_ = 0;
  std::chrono::milliseconds pause_{0};
  bool open_ = true, paused_ = false, wants_write_ = false, telling_ = false, broken_ = false;
  bool write_closed_ = false, aborted_ = false;
};

}  // namespace wsspec::session::test
