// The transport over a socket (TCP or Unix), ours from connect() or accept() on. It is adopted into
// the loop, but octets go out by send(2) at once and come in until the very end of the stream: a
// reset does not purge what had already arrived, so the receive queue is drained before the end is
// told. With TLS (connection_tls.cpp) all octets here are plaintext.
//
//   connecting --TCP--> handshaking --TLS--> open --FIN, RST--> ended
//        |                   |  (without TLS the same moment)     ^
//        +-------------------+------------------------------------+
//
// Where there is a proxy (connection_tunnel.cpp), its handshake stands between TCP and TLS.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/loop.h"
#include "net/tls.h"
#include "net/transport.h"
#include "net/tunnel.h"

struct lws;

namespace wsspec::net {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string text;  ///< "127.0.0.1:9001", "[::1]:80", "unix:/run/x"
  bool loopback() const;
};

/// Resolves once, blocking. Errors read "cannot resolve 'host': ...".
tl::expected<std::vector<Address>, std::string> resolve(const std::string& host,
                                                        std::uint16_t port);
tl::expected<Address, std::string> unix_address(const std::string& path);

struct ConnectOptions {
  std::string from;  ///< source address to bind to, or empty
  std::optional<int> receive_buffer;
  std::shared_ptr<const ProxyRoute> proxy{};  ///< null: the address is the target's own
  std::shared_ptr<const TlsContext> tls{};    ///< null: plain
  TlsShape tls_shape{};
};

class Connection : public Transport {
 public:
  /// Starts a non-blocking connect; the outcome comes as on_open or on_end. An immediate failure
  /// (no descriptors left, bad source address) is returned instead.
  static tl::expected<std::unique_ptr<Connection>, ConnectProblem> connect(
      Loop& loop, const Address& address, const ConnectOptions& options, TransportHandler& handler);
  /// Takes over an accepted descriptor.
  static tl::expected<std::unique_ptr<Connection>, std::string> adopt(Loop& loop, int fd,
                                                                      TransportHandler& handler);
  /// Closes (FIN; RST if something unread is left) without telling the handler.
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_open() const override;
  bool is_connected() const override { return !connecting_ && tunnel_ == nullptr; }
  bool waits_for_proxy() const override { return !connecting_ && tunnel_ != nullptr; }
  TimePoint connected_at() const override { return connected_at_; }
  std::optional<TlsFacts> tls_facts() const override;
  SendResult send(std::span<const std::uint8_t> octets) override;
  void want_write() override;
  void pause_reading() override;
  void resume_reading() override;
  std::size_t drain(std::size_t limit) override;
  void put_back(std::span<const std::uint8_t> rest) override { put_back_ = rest.size(); }
  bool holds_octets() const override { return kept_at_ < kept_.size(); }
  void shutdown_write() override;
  void abort() override;

  bool ended() const { return ended_; }
  int fd() const;

  /// For the loop's callback only.
  int service(int reason, void* in, std::size_t len);

 private:
  Connection(Loop& loop, TransportHandler& handler) : loop_(loop), handler_(&handler) {}
  void finish();
  bool read_the_rest(EndInfo& end);
  void tell_end();
  bool closed_without_fin() const;
  bool never_connected() const;
  bool tell(std::span<const std::uint8_t> octets);
  bool tell_kept(std::size_t limit);
  std::size_t tell_now(std::span<const std::uint8_t> octets, TimePoint at);
  void tell_again();
  void tell_later();
  enum class TlsRead : std::uint8_t { used_up, limit, gone, failed };
  TlsRead read_tls(std::size_t limit, std::size_t& told);
  int service_tunnel(std::span<const std::uint8_t> received);
  bool flush_tunnel();
  void finish_tunnel(EndInfo& end);
  int service_tls(int reason, std::span<const std::uint8_t> received);
  bool last_words_tls(std::span<const std::uint8_t> received);
  void finish_tls(EndInfo& end);
  bool read_kept_tls();
  std::size_t drain_tls(std::size_t limit);
  SendResult send_tls(std::span<const std::uint8_t> octets);
  void flush_tls();
  void answer_close_notify();

  Loop& loop_;
  TransportHandler* handler_;
  lws* wsi_ = nullptr;
  bool connecting_ = false;
  TimePoint connected_at_{};
  bool ended_ = false;
  bool paused_ = false;
  bool shut_ = false;
  bool telling_ = false;      ///< on_data is on the stack
  bool closing_ = false;      ///< the library must not be asked for more callbacks
  bool wants_write_ = false;  ///< the handler's, not that of records that wait
  bool unread_ = false;       ///< TLS holds octets that a paused reader did not want
  int write_error_ = 0;
  // Octets that were put back: they, and what came after them, wait for a later round. Meanwhile
  // nothing more is read, but the end of the stream is: that waits here too.
  std::vector<std::uint8_t> kept_;
  std::size_t kept_at_ = 0;   ///< so many of them were told
  std::size_t put_back_ = 0;  ///< by the call of on_data that is on the stack
  TimePoint kept_since_{};
  std::optional<EndInfo> kept_end_;
  std::unique_ptr<Timer> again_;
  std::unique_ptr<Tunnel> tunnel_;  ///< until the proxy has made the connection
  std::unique_ptr<TlsStream> tls_;
  std::unique_ptr<Timer> goodbye_;  ///< answers the server's close_notify
  /// Becomes true in the destructor. Code that calls the handler keeps a copy: it may outlive
  /// `this`.
  std::shared_ptr<bool> destroyed_ = std::make_shared<bool>(false);
};

/// A connection to this address, made when the factory is called.
TransportFactory tcp_client(Loop& loop, Address address, ConnectOptions options);
/// Over a descriptor that was accepted: open from the beginning.
TransportFactory tcp_accepted(Loop& loop, int fd);

/// A listening socket: tells the handler's function each accepted descriptor.
class Listener : private Readable {
 public:
  static tl::expected<std::unique_ptr<Listener>, std::string> listen(
      Loop& loop, const Address& address, std::function<void(int fd)> on_accept);
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  explicit Listener(Loop& loop) : loop_(loop) {}
  int service(int reason) override;
  void pause(int error);
  Loop& loop_;
  std::function<void(int)> on_accept_;
  std::unique_ptr<Timer> again_;  ///< after a pause
  lws* wsi_ = nullptr;
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace wsspec::net
