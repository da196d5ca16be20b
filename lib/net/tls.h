// TLS 1.2 and 1.3 (OpenSSL) as a filter of octets: what the socket gave goes in, plaintext comes
// out, and the other way round. It touches no socket and calls no handler: Connection does both.
//
// OpenSSL never sees a full socket: records that it has made are kept here until they are out. So a
// send that is given up in the middle leaves no half written record that would have to be
// repeated octet for octet, and a failing send(2) leaves SSL_read able to go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/certificate.h"

struct bio_st;
struct ssl_ctx_st;
struct ssl_st;

namespace wsspec::net {

struct TlsSettings {
  std::string host{};         ///< of the URL: for SNI, and what the certificate must be for
  bool insecure = false;      ///< take any certificate
  std::string ca_file{};      ///< PEM; in place of the system's CAs
  std::string certificate{};  ///< PEM, ours; may hold the key too
  std::string key{};          ///< PEM; empty = in `certificate`
  bool keep_chain = false;    ///< what the server sent is told, also where it is not trusted
};

enum class TlsFailure : std::uint8_t {
  none,
  // The server's certificate is not to be trusted:
  certificate_expired,     ///< or not valid yet
  certificate_wrong_name,  ///< for another host
  certificate_self_signed,
  certificate_untrusted,  ///< no CA that we know stands above it
  certificate_other,      ///< revoked, malformed, ...
  client_certificate,     ///< the server wants one of ours, or not this one
  not_tls,                ///< the other side speaks something else
  alert,                  ///< the server refused with an alert
  protocol,               ///< what came is no TLS that we take
  cut,                    ///< the stream ended inside the TLS handshake
};

constexpr bool is_certificate(TlsFailure failure) {
  return failure >= TlsFailure::certificate_expired && failure <= TlsFailure::certificate_other;
}

struct TlsProblem {
  TlsFailure failure = TlsFailure::none;
  std::string words;  ///< one clause; may hold a little text of the server's
};

/// What all connections of a run share: settings, CAs, our certificate. No sessions are resumed.
class TlsContext {
 public:
  /// The error names the file and says what is wrong with it.
  static tl::expected<std::shared_ptr<const TlsContext>, std::string> create(TlsSettings settings);
  /// A server's: both of these PEM, `key` empty = in `certificate`.
  static tl::expected<std::shared_ptr<const TlsContext>, std::string> create_server(
      const std::string& certificate, const std::string& key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }
  const TlsSettings& settings() const { return settings_; }

 private:
  explicit TlsContext(TlsSettings settings) : settings_(std::move(settings)) {}
  TlsSettings settings_;
  ssl_ctx_st* context_ = nullptr;
};

/// What one connection does otherwise than its context.
struct TlsShape {
  int version = 0;                  ///< 0x0303 (TLS 1.2) or 0x0304 (1.3) alone; 0 = both
  std::vector<std::string> alpn{};  ///< protocols offered, 1 to 255 octets each
  std::optional<std::string>
      server_name{};  ///< for SNI; the certificate must be for the host all the same
};

/// One connection's TLS, as a client or as a server.
class TlsStream {
 public:
  enum class State : std::uint8_t {
    done,         ///< handshake: complete; read: octets
    wants_input,  ///< all input is used up
    closed,       ///< read: the server's close_notify
    failed,       ///< `problem()` says why; there may be an alert of ours to be written
  };

  /// nullptr when there is no memory.
  static std::unique_ptr<TlsStream> client(std::shared_ptr<const TlsContext> context,
                                           const TlsShape& shape = {});
  /// With a context of create_server.
  static std::unique_ptr<TlsStream> server(std::shared_ptr<const TlsContext> context);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Octets of the socket, to be read by handshake() and read(). They must stay where they are
  /// until read() wants input again or keep_input() is called.
  void input(std::span<const std::uint8_t> octets);
  /// Copies what is left of the input: its buffer is about to go.
  void keep_input();

  State handshake();
  /// At most one record's plaintext.
  State read(std::span<std::uint8_t> into, std::size_t& count);
  /// True: read() has something to give without new input.
  bool readable() const;
  /// Makes records of all of it. False: nothing may be written any more.
  bool write(std::span<const std::uint8_t> plaintext);
  void close_notify();

  /// Records to be sent; `sent` of them are out.
  std::span<const std::uint8_t> output() const;
  void sent(std::size_t count);

  bool open() const { return open_; }
  bool peer_closed() const { return peer_closed_; }
  const TlsProblem& problem() const { return problem_; }
  /// More of the other side's octets have a meaning.
  bool good() const { return !peer_closed_ && problem_.failure == TlsFailure::none; }
  /// The TCP stream ended inside the handshake.
  void cut(bool reset);
  /// The server asked for a client certificate: what it got, in words. Empty = it did not ask.
  std::string asked_for_certificate() const;
  /// The protocol that the server chose by ALPN; empty = it chose none.
  std::string alpn() const;
  /// With TlsSettings::keep_chain: the server's certificate, and those it sent with it.
  const std::vector<Certificate>& chain() const { return chain_; }
  const char* version() const;  ///< "TLSv1.3"
  const char* cipher() const;

  // For OpenSSL's callbacks only.
  int bio_read(bio_st* bio, char* into, int size);
  int bio_write(const char* octets, int size);
  void certificate_refused(TlsProblem problem);
  void chain_came(std::vector<Certificate> chain) { chain_ = std::move(chain); }
  bool wants_chain() const { return context_->settings().keep_chain && chain_.empty(); }
  void want_certificate() { certificate_asked_ = true; }
  const std::string& host() const { return context_->settings().host; }

 private:
  explicit TlsStream(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}
  static std::unique_ptr<TlsStream> make(std::shared_ptr<const TlsContext> context);
  void fail(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_ = nullptr;
  std::span<const std::uint8_t> input_;
  std::vector<std::uint8_t> kept_;
  std::vector<std::uint8_t> output_;
  std::size_t output_at_ = 0;
  std::size_t opening_octets_ = 0;  ///< that came before the handshake was done
  std::string head_;                ///< the first octets that came, to name what is not TLS
  TlsProblem problem_;
  TlsProblem certificate_;
  std::vector<Certificate> chain_;
  bool open_ = false;
  bool peer_closed_ = false;
  bool shut_ = false;
  bool certificate_asked_ = false;
  bool server_ = false;  ///< this side is
};

}  // namespace wsspec::net
