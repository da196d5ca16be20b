// One connection as octets in order, both ways, whatever carries them: a TCP or Unix socket with or
// without TLS (connection.h), memory in tests; an HTTP/2 stream is another. It knows nothing of
// WebSocket.
//
//   connecting -> open -> ended
//
// A transport tells its handler on_open once (not if it is open from the beginning), then octets,
// and at last on_end. It may be destroyed inside each of these calls.
#pragma once

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

namespace wsspec::net {

enum class EndKind : std::uint8_t {
  eof,             ///< FIN
  reset,           ///< RST, or another error of an established connection
  connect_failed,  ///< never established; `error` = errno
  tls_failed,      ///< in the TLS handshake or later; `tls` says why
  proxy_failed,    ///< the proxy made no connection; `proxy` says why
};

struct EndInfo {
  EndKind kind = EndKind::eof;
  int error = 0;  ///< errno of the end, 0 for eof
  TlsProblem tls{};
  bool close_notify = false;  ///< TLS: the other side said that this is the end
  std::string proxy{};        ///< one clause, without its subject; may hold text of the proxy's
  /// TLS, with TlsSettings::keep_chain: what the server sent.
  std::vector<Certificate> chain{};
  /// TLS: "asked for a client certificate and got none" (or "ours"); empty = it did not ask.
  std::string asked_for_certificate{};
};

class TransportHandler {
 public:
  virtual ~TransportHandler() = default;
  /// Octets go both ways from now on; with TLS, its handshake is done.
  virtual void on_open(TimePoint at) = 0;
  /// Octets; `at` is the read's own stamp.
  virtual void on_data(std::span<const std::uint8_t> octets, TimePoint at) = 0;
  /// The transport takes octets again (after `want_write`).
  virtual void on_writable() = 0;
  /// The last call.
  virtual void on_end(const EndInfo& end, TimePoint at) = 0;
};

/// What a TLS handshake has agreed on.
struct TlsFacts {
  std::string version;  ///< "TLSv1.3"
  std::string cipher;
  std::string alpn;                  ///< the protocol that was chosen; empty = none
  std::vector<Certificate> chain{};  ///< with TlsSettings::keep_chain
};

struct SendResult {
  std::size_t sent = 0;
  /// errno. EAGAIN is none: `sent` is short then, and on_writable follows want_write.
  int error = 0;
};

class Transport {
 public:
  /// Ends it (a socket: FIN; RST if something unread is left) without telling the handler.
  virtual ~Transport() = default;

  /// Octets can be sent.
  virtual bool is_open() const = 0;
  /// What is below is connected; a TLS handshake may still be going on.
  virtual bool is_connected() const = 0;
  /// A proxy was asked for a connection, and has made none so far.
  virtual bool waits_for_proxy() const { return false; }
  /// When that was, where it is known: before TLS.
  virtual TimePoint connected_at() const { return {}; }
  /// nullopt without TLS, or before its handshake is done.
  virtual std::optional<TlsFacts> tls_facts() const = 0;

  virtual SendResult send(std::span<const std::uint8_t> octets) = 0;
  virtual void want_write() = 0;

  /// Stops and restarts reading (the receive window then fills up).
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  /// Reads what is there now, at most `limit` octets, without waiting; tells on_data.
  /// Returns the number of octets. Inside on_data it reads nothing: they would come too early.
  virtual std::size_t drain(std::size_t limit) = 0;
  /// Inside on_data: the last octets of those that are being told are too much for one step of the
  /// loop. They are told again in a later round, before anything else and with the same stamp.
  virtual void put_back(std::span<const std::uint8_t> rest) = 0;
  /// There are such octets.
  virtual bool holds_octets() const = 0;

  /// Half-close: FIN; with TLS a close_notify before it.
  virtual void shutdown_write() = 0;
  /// RST now; the handler hears nothing more.
  virtual void abort() = 0;
};

/// Why no transport could be begun.
struct ConnectProblem {
  std::string text;
  int error = 0;  ///< errno; 0 = none of the system's
};

/// Begins to open a transport, whose outcome comes as on_open or on_end. What fails immediately (no
/// descriptors left, bad source address) is returned instead.
using TransportFactory =
    std::function<tl::expected<std::unique_ptr<Transport>, ConnectProblem>(TransportHandler&)>;

}  // namespace wsspec::net
