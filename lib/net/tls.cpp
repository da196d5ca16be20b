#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "net/tls_text.h"

namespace wsspec::net {
namespace {

constexpr std::size_t kHead = 80;  ///< first octets kept to name what is not TLS
/// Of the server's side; certificates take a few kilobytes.
constexpr std::size_t kLongestOpening = 1u << 20;
constexpr std::size_t kKeepCapacity = 80000;  ///< of the output buffer, once it is empty
constexpr int kAlertReasons = 1000;           ///< OpenSSL's reason for a received alert, less it

TlsStream& stream_of(SSL* ssl) {
  return *static_cast<TlsStream*>(SSL_get_app_data(ssl));
}

int on_bio_read(BIO* bio, char* into, int size) {
  return static_cast<TlsStream*>(BIO_get_data(bio))->bio_read(bio, into, size);
}

int on_bio_write(BIO* bio, const char* octets, int size) {
  BIO_clear_retry_flags(bio);
  return static_cast<TlsStream*>(BIO_get_data(bio))->bio_write(octets, size);
}

long on_bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wsspec");
    if (made != nullptr) {
      BIO_meth_set_read(made, on_bio_read);
      BIO_meth_set_write(made, on_bio_write);
      BIO_meth_set_ctrl(made, on_bio_control);
    }
    return made;
  }();
  return method;
}

int on_verify(int good, X509_STORE_CTX* store) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsStream& stream = stream_of(ssl);
  if (stream.wants_chain()) stream.chain_came(read_chain(store));
  if (good == 1) return 1;
  const int error = X509_STORE_CTX_get_error(store);
  stream.certificate_refused(
      {certificate_failure(error),
       certificate_text(error, X509_STORE_CTX_get_error_depth(store),
                        X509_STORE_CTX_get_current_cert(store), stream.host())});
  return 0;
}

int on_certificate_wanted(SSL* ssl, void* /*user*/) {
  stream_of(ssl).want_certificate();
  return 1;  // go on, with the one that we have or with none
}

/// Refuses to ask for a passphrase: OpenSSL would read it from the terminal.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

/// RFC 7301 3.1: each name after its length.
std::string alpn_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += static_cast<char>(std::min<std::size_t>(name.size(), 255));
    out += name.substr(0, 255);
  }
  return out;
}

/// A WebSocket's opening handshake is HTTP/1.1 (RFC 6455 4.1), whatever else a client offers.
int choose_http11(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                  const unsigned char* offered, unsigned offered_size, void* /*user*/) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  const int result = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kOurs,
                                           sizeof kOurs - 1, offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

bool is_address(const std::string& host) {
  std::array<std::uint8_t, 16> octets{};
  return inet_pton(AF_INET, host.c_str(), octets.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), octets.data()) == 1;
}

}  // namespace

tl::expected<std::shared_ptr<const TlsContext>, std::string> TlsContext::create(
    TlsSettings settings) {
  if (settings.host.size() > 1 && settings.host.back() == '.') settings.host.pop_back();
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(settings)));
  const TlsSettings& wanted = context->settings_;
  ERR_clear_error();
  SSL_CTX* ctx = SSL_CTX_new(TLS_client_method());
  context->context_ = ctx;
  if (ctx == nullptr) return tl::unexpected("OpenSSL cannot be used: " + openssl_reason());
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
  SSL_CTX_set_cert_cb(ctx, on_certificate_wanted, nullptr);
  SSL_CTX_set_verify(ctx, wanted.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, on_verify);
  constexpr unsigned char kAlpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn - 1);

  if (!wanted.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(ctx, wanted.ca_file.c_str()) != 1)
      return tl::unexpected("no CA certificates can be read from '" + wanted.ca_file +
                            "': " + openssl_reason());
  } else if (!wanted.insecure) {
    SSL_CTX_set_default_verify_paths(ctx);
    ERR_clear_error();  // without CAs nothing is trusted: the handshake will say so
  }
  if (wanted.certificate.empty()) {
    if (!wanted.key.empty())
      return tl::unexpected("the client key '" + wanted.key + "' needs its certificate");
    return context;
  }
  if (SSL_CTX_use_certificate_chain_file(ctx, wanted.certificate.c_str()) != 1)
    return tl::unexpected("no client certificate can be read from '" + wanted.certificate +
                          "': " + openssl_reason());
  const std::string& key = wanted.key.empty() ? wanted.certificate : wanted.key;
  if (SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return tl::unexpected("no client key can be used from '" + key + "': " + openssl_reason());
  return context;
}

tl::expected<std::shared_ptr<const TlsContext>, std::string> TlsContext::create_server(
    const std::string& certificate, const std::string& key) {
  std::shared_ptr<TlsContext> context(new TlsContext({}));
  ERR_clear_error();
  SSL_CTX* ctx = SSL_CTX_new(TLS_server_method());
  context->context_ = ctx;
  if (ctx == nullptr) return tl::unexpected("OpenSSL cannot be used: " + openssl_reason());
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
  SSL_CTX_set_alpn_select_cb(ctx, choose_http11, nullptr);
  if (SSL_CTX_use_certificate_chain_file(ctx, certificate.c_str()) != 1)
    return tl::unexpected("no certificate can be read from '" + certificate +
                          "': " + openssl_reason());
  const std::string& own = key.empty() ? certificate : key;
  if (SSL_CTX_use_PrivateKey_file(ctx, own.c_str(), SSL_FILETYPE_PEM) != 1)
    return tl::unexpected("no key of that certificate can be read from '" + own +
                          "': " + openssl_reason());
  return context;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::unique_ptr<TlsStream> TlsStream::make(std::shared_ptr<const TlsContext> context) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(context)));
  SSL* ssl = SSL_new(stream->context_->get());
  stream->ssl_ = ssl;
  BIO* bio = ssl == nullptr || bio_method() == nullptr ? nullptr : BIO_new(bio_method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, stream.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, stream.get());
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::server(std::shared_ptr<const TlsContext> context) {
  auto stream = make(std::move(context));
  if (stream == nullptr) return nullptr;
  stream->server_ = true;
  SSL_set_accept_state(stream->ssl_);
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::client(std::shared_ptr<const TlsContext> context,
                                             const TlsShape& shape) {
  auto stream = make(std::move(context));
  if (stream == nullptr) return nullptr;
  SSL* ssl = stream->ssl_;
  SSL_set_connect_state(ssl);
  const std::string& host = stream->host();
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size());
  }
  if (shape.server_name) SSL_set_tlsext_host_name(ssl, shape.server_name->c_str());
  if (shape.version != 0) {
    SSL_set_min_proto_version(ssl, shape.version);
    SSL_set_max_proto_version(ssl, shape.version);
  }
  if (!shape.alpn.empty()) {
    const std::string list = alpn_list(shape.alpn);
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  }
  return stream;
}

TlsStream::~TlsStream() {
  SSL_free(ssl_);
}

int TlsStream::bio_read(bio_st* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const std::size_t count = std::min(input_.size(), static_cast<std::size_t>(std::max(size, 0)));
  if (count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(into, input_.data(), count);
  input_ = input_.subspan(count);
  return static_cast<int>(count);
}

int TlsStream::bio_write(const char* octets, int size) {
  output_.insert(output_.end(), octets, octets + size);
  return size;
}

void TlsStream::certificate_refused(TlsProblem problem) {
  certificate_ = std::move(problem);
}

void TlsStream::input(std::span<const std::uint8_t> octets) {
  if (!good()) return;
  if (!open_) opening_octets_ += octets.size();
  if (!open_ && head_.size() < kHead)
    head_.append(reinterpret_cast<const char*>(octets.data()),
                 std::min(octets.size(), kHead - head_.size()));
  if (input_.empty()) {
    kept_.clear();
    input_ = octets;
    return;
  }
  // Not copied anew for each of many parts.
  const bool kept = input_.data() + input_.size() == kept_.data() + kept_.size();
  if (!kept || input_.size() < kept_.size() / 2) keep_input();
  const std::size_t used = kept_.size() - input_.size();
  kept_.insert(kept_.end(), octets.begin(), octets.end());
  input_ = std::span<const std::uint8_t>(kept_).subspan(used);
}

void TlsStream::keep_input() {
  if (!input_.empty() && input_.size() == kept_.size() && input_.data() == kept_.data()) return;
  kept_ = std::vector<std::uint8_t>(input_.begin(), input_.end());
  input_ = kept_;
}

TlsStream::State TlsStream::handshake() {
  if (open_) return State::done;
  if (problem_.failure != TlsFailure::none) return State::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    open_ = true;
    return State::done;
  }
  if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) {
    if (opening_octets_ < kLongestOpening) return State::wants_input;
    problem_ = {TlsFailure::protocol, std::string("the ") + (server_ ? "client" : "server") +
                                          "'s TLS handshake is longer than 1 MiB"};
    input_ = {};
    return State::failed;
  }
  fail(result);
  return State::failed;
}

TlsStream::State TlsStream::read(std::span<std::uint8_t> into, std::size_t& count) {
  count = 0;
  if (peer_closed_ || problem_.failure != TlsFailure::none) {
    input_ = {};  // what comes after the end has no meaning
    return peer_closed_ ? State::closed : State::failed;
  }
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &count);
  if (result == 1) return State::done;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return State::wants_input;
    case SSL_ERROR_ZERO_RETURN:
      peer_closed_ = true;
      return State::closed;
    default:
      fail(result);
      return State::failed;
  }
}

bool TlsStream::readable() const {
  return !input_.empty() || SSL_pending(ssl_) > 0;
}

bool TlsStream::write(std::span<const std::uint8_t> plaintext) {
  if (!open_ || shut_ || problem_.failure != TlsFailure::none) return false;
  if (plaintext.empty()) return true;
  ERR_clear_error();
  std::size_t written = 0;
  // The BIO takes whatever is made: all or nothing.
  return SSL_write_ex(ssl_, plaintext.data(), plaintext.size(), &written) == 1;
}

void TlsStream::close_notify() {
  if (open_ && !shut_ && problem_.failure == TlsFailure::none) SSL_shutdown(ssl_);
  shut_ = true;
}

std::span<const std::uint8_t> TlsStream::output() const {
  return std::span<const std::uint8_t>(output_).subspan(output_at_);
}

void TlsStream::sent(std::size_t count) {
  output_at_ += count;
  if (output_at_ < output_.size()) return;
  output_at_ = 0;
  output_.clear();
  if (output_.capacity() > kKeepCapacity) output_.shrink_to_fit();
}

void TlsStream::cut(bool reset) {
  if (open_ || problem_.failure != TlsFailure::none) return;
  problem_.failure = certificate_asked_ ? TlsFailure::client_certificate : TlsFailure::cut;
  problem_.words = reset     ? "the connection was reset in the TLS handshake"
                   : server_ ? "the client ended the connection in the TLS handshake"
                             : "the server ended the connection in the TLS handshake";
  if (certificate_asked_) problem_.words += ", after the server had " + asked_for_certificate();
}

std::string TlsStream::asked_for_certificate() const {
  if (!certificate_asked_) return {};
  const bool none = context_->settings().certificate.empty();
  return std::string("asked for a client certificate and got ") + (none ? "none" : "ours");
}

void TlsStream::fail(int result) {
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  const bool of_tls =
      SSL_get_error(ssl_, result) == SSL_ERROR_SSL && ERR_GET_LIB(code) == ERR_LIB_SSL;
  if (server_) {
    problem_ = {!open_ && is_no_record(head_) ? TlsFailure::not_tls : TlsFailure::protocol,
                !open_ && is_no_record(head_)
                    ? "the client does not speak TLS"
                    : "the client's TLS is not accepted, or it refused: " + openssl_reason()};
  } else if (!open_ && is_no_record(head_)) {
    problem_ = {TlsFailure::not_tls, not_tls_text(head_)};
  } else if (of_tls && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    problem_ = certificate_;
  } else if (of_tls && reason >= kAlertReasons && reason < kAlertReasons + 256) {
    problem_ = alert_problem(reason - kAlertReasons, asked_for_certificate(), host());
  } else if (of_tls && reason == SSL_R_UNSUPPORTED_PROTOCOL) {
    problem_ = {TlsFailure::protocol,
                "the server offers only an older version of TLS (1.2 or 1.3 is wanted)"};
  } else {
    problem_ = {TlsFailure::protocol, "the server's TLS is not accepted: " + openssl_reason()};
  }
  ERR_clear_error();
  input_ = {};
}

std::string TlsStream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return name == nullptr ? "" : std::string(reinterpret_cast<const char*>(name), size);
}

const char* TlsStream::version() const {
  return SSL_get_version(ssl_);
}

const char* TlsStream::cipher() const {
  const char* name = SSL_get_cipher_name(ssl_);
  return name != nullptr ? name : "";
}

}  // namespace wsspec::net
