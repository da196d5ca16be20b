// One raw byte stream (TCP or Unix), ours from connect() or accept() on. It is adopted into the
// loop, but octets go out by send(2) at once and come in until the very end of the stream: a reset
// does not purge what had already arrived, so the receive queue is drained before the end is told.
// With TLS (connection_tls.cpp) all octets here are plaintext.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/loop.h"
#include "net/tls.h"

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

enum class EndKind : std::uint8_t {
  eof,             ///< FIN
  reset,           ///< RST, or another error of an established connection
  connect_failed,  ///< never established; `error` = errno
  tls_failed,      ///< in the TLS handshake or later; `tls` says why
};

struct EndInfo {
  EndKind kind = EndKind::eof;
  int error = 0;  ///< errno of the end, 0 for eof
  TlsProblem tls{};
  bool close_notify = false;  ///< TLS: the server said that this is the end
  /// TLS: "asked for a client certificate and got none" (or "ours"); empty = it did not ask.
  std::string asked_for_certificate{};
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  /// Connected; with TLS, its handshake is done.
  virtual void on_open(TimePoint at) = 0;
  /// Octets; `at` is the read's own stamp.
  virtual void on_data(std::span<const std::uint8_t> octets, TimePoint at) = 0;
  /// The socket takes octets again (after `want_write`).
  virtual void on_writable() = 0;
  /// The last call. The connection may be destroyed in it, as in every other one.
  virtual void on_end(const EndInfo& end, TimePoint at) = 0;
};

/// Why no connection could be begun.
struct ConnectProblem {
  std::string text;
  int error = 0;  ///< errno; 0 = none of the system's
};

struct ConnectOptions {
  std::string from;  ///< source address to bind to, or empty
  std::optional<int> receive_buffer;
  std::shared_ptr<const TlsContext> tls{};  ///< null: plain
  TlsShape tls_shape{};
};

class Connection {
 public:
  /// Starts a non-blocking connect; the outcome comes as on_open or on_end. An immediate failure
  /// (no descriptors left, bad source address) is returned instead.
  static tl::expected<std::unique_ptr<Connection>, ConnectProblem> connect(
      Loop& loop, const Address& address, const ConnectOptions& options,
      ConnectionHandler& handler);
  /// Takes over an accepted descriptor.
  static tl::expected<std::unique_ptr<Connection>, std::string> adopt(Loop& loop, int fd,
                                                                      ConnectionHandler& handler);
  /// Closes (FIN; RST if something unread is left) without telling the handler.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  struct SendResult {
    std::size_t sent = 0;
    int error =
        0;  ///< errno; EAGAIN is not an error: sent is short, on_writable follows want_write
  };
  SendResult send(std::span<const std::uint8_t> octets);
  void want_write();

  /// Stops and restarts reading (the receive window then fills up).
  void pause_reading();
  void resume_reading();
  /// Reads what is there now, at most `limit` octets, without waiting; tells on_data.
  /// Returns the number of octets. Inside on_data it reads nothing: they would come too early.
  std::size_t drain(std::size_t limit);

  /// FIN; with TLS a close_notify before it.
  void shutdown_write();
  /// RST now; the handler hears nothing more.
  void abort();

  bool ended() const { return ended_; }
  int fd() const;
  /// The socket is connected (with TLS, the handshake may still be going on).
  bool connected() const { return !connecting_; }
  /// nullptr without TLS.
  const TlsStream* tls() const { return tls_.get(); }

  /// For the loop's callback only.
  int service(int reason, void* in, std::size_t len);

 private:
  Connection(Loop& loop, ConnectionHandler& handler) : loop_(loop), handler_(&handler) {}
  void finish();
  bool closed_without_fin() const;
  bool tell(std::span<const std::uint8_t> octets);
  enum class TlsRead : std::uint8_t { used_up, limit, gone, failed };
  TlsRead read_tls(std::size_t limit, std::size_t& told);
  int service_tls(int reason, std::span<const std::uint8_t> received);
  bool last_words_tls(std::span<const std::uint8_t> received);
  bool finish_tls(EndInfo& end);
  std::size_t drain_tls(std::size_t limit);
  SendResult send_tls(std::span<const std::uint8_t> octets);
  void flush_tls();
  void answer_close_notify();

  Loop& loop_;
  ConnectionHandler* handler_;
  lws* wsi_ = nullptr;
  bool connecting_ = false;
  bool ended_ = false;
  bool paused_ = false;
  bool shut_ = false;
  bool telling_ = false;      ///< on_data is on the stack
  bool closing_ = false;      ///< the library must not be asked for more callbacks
  bool wants_write_ = false;  ///< the handler's, not that of records that wait
  bool unread_ = false;       ///< TLS holds octets that a paused reader did not want
  int write_error_ = 0;
  std::unique_ptr<TlsStream> tls_;
  std::unique_ptr<Timer> goodbye_;  ///< answers the server's close_notify
  /// Becomes true in the destructor. Whoever calls the handler keeps a copy: it may outlive `this`.
  std::shared_ptr<bool> destroyed_ = std::make_shared<bool>(false);
};

/// A listening socket: tells the handler's function each accepted descriptor.
class Listener {
 public:
  static tl::expected<std::unique_ptr<Listener>, std::string> listen(
      Loop& loop, const Address& address, std::function<void(int fd)> on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  std::uint16_t port() const { return port_; }
  int service(int reason);

 private:
  explicit Listener(Loop& loop) : loop_(loop) {}
  Loop& loop_;
  std::function<void(int)> on_accept_;
  lws* wsi_ = nullptr;
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace wsspec::net
