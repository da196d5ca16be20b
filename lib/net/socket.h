// TCP connections whose two halves end apart, for a relay: a FIN that comes in is told, and sending
// goes on. (Connection is for an endpoint: there the other side's FIN is the end.) They stand in an
// epoll set of their own, of which the loop watches one descriptor.
//
//   connecting --TCP--> handshaking --TLS--> open --error--> ended
//                                             |  FIN in: on_fin; FIN out: shutdown_write
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "net/connection.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/transport.h"

namespace wsspec::net {

class Socket;

/// No socket may be destroyed inside these calls.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  virtual void on_open(TimePoint at) = 0;
  virtual void on_data(std::span<const std::uint8_t> octets, TimePoint at) = 0;
  /// The other side sends no more.
  virtual void on_fin(TimePoint at) = 0;
  /// Octets are taken again after a send that was short.
  virtual void on_writable() = 0;
  /// The last call: an error. A connection that ends by FINs alone makes none.
  virtual void on_end(const EndInfo& end, TimePoint at) = 0;
};

class SocketSet : private Readable {
 public:
  static tl::expected<std::unique_ptr<SocketSet>, std::string> create(Loop& loop);
  ~SocketSet() override;
  SocketSet(const SocketSet&) = delete;
  SocketSet& operator=(const SocketSet&) = delete;

 private:
  friend class Socket;
  explicit SocketSet(Loop& loop) : loop_(loop) {}
  int service(int reason) override;
  void watch(Socket& socket, std::uint32_t events);

  Loop& loop_;
  lws* wsi_ = nullptr;
  int epoll_ = -1;
};

class Socket {
 public:
  using Made = tl::expected<std::unique_ptr<Socket>, ConnectProblem>;
  /// `tls` null: plain.
  static Made connect(SocketSet& set, const Address& address, std::shared_ptr<const TlsContext> tls,
                      SocketHandler& handler);
  /// Takes over an accepted descriptor; `tls` = a server's context, or null. Without TLS it is open
  /// from the beginning.
  static Made accepted(SocketSet& set, int fd, std::shared_ptr<const TlsContext> tls,
                       SocketHandler& handler);
  /// Closes (FIN; RST if something unread is left).
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool is_open() const { return fd_ >= 0 && !connecting_ && (!tls_ || tls_->open()); }
  /// Takes what the system takes now; on_writable follows where that is not all. Calls no handler.
  SendResult send(std::span<const std::uint8_t> octets);
  /// The other side has all that was sent.
  bool flushed() const;
  void pause_reading();
  void resume_reading();
  /// FIN once all is out; with TLS a close_notify before it.
  void shutdown_write();
  /// RST now; the handler hears nothing more.
  void abort();
  /// "127.0.0.1:51234"
  std::string peer() const;

 private:
  friend class SocketSet;
  Socket(SocketSet& set, int fd, SocketHandler& handler) : set_(set), handler_(handler), fd_(fd) {}
  void service(std::uint32_t events);
  bool connected();
  void read();
  void take_tls(TimePoint at);
  void take_fin(TimePoint at);
  void write();
  /// Sends TLS's records. False: nothing can be sent any more.
  bool flush();
  void watch();
  void fail(EndKind kind, int error);

  SocketSet& set_;
  SocketHandler& handler_;
  int fd_;
  std::unique_ptr<TlsStream> tls_;
  std::uint32_t watched_ = 0;  ///< epoll's events
  bool connecting_ = false;
  bool paused_ = false;
  bool fin_came_ = false, fin_due_ = false, fin_sent_ = false;
  bool short_ = false;   ///< a send was short: on_writable is due
  int write_error_ = 0;  ///< errno
};

}  // namespace wsspec::net
