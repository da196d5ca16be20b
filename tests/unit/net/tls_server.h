// A TLS server on a thread of its own, with certificates made on the spot, for tests of the client
// side: plain blocking OpenSSL, no line of lib/net.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace wsspec::net::test {

struct Identity {
  X509* certificate = nullptr;
  EVP_PKEY* key = nullptr;
  ~Identity() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  Identity() = default;
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
};

struct Wanted {
  std::string name = "test server";
  std::string alternatives = "IP:127.0.0.1,DNS:localhost";  ///< empty: a CA
  long from = -3600, to = 3600;                             ///< seconds from now
  const Identity* issuer = nullptr;                         ///< null: self-signed
};

inline std::unique_ptr<Identity> make_identity(const Wanted& wanted) {
  static long serial = 1;
  auto made = std::make_unique<Identity>();
  made->key = EVP_EC_gen("P-256");
  X509* x = made->certificate = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), wanted.from);
  X509_gmtime_adj(X509_getm_notAfter(x), wanted.to);
  X509_set_pubkey(x, made->key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1,
                             0);
  const Identity* issuer = wanted.issuer != nullptr ? wanted.issuer : made.get();
  X509_set_issuer_name(x, X509_get_subject_name(issuer->certificate));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer->certificate, x, nullptr, nullptr, 0);
  const auto extend = [&](int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    REQUIRE(extension != nullptr);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  };
  if (wanted.alternatives.empty())
    extend(NID_basic_constraints, "critical,CA:TRUE");
  else
    extend(NID_subject_alt_name, wanted.alternatives.c_str());
  X509_sign(x, issuer->key, EVP_sha256());
  return made;
}

/// A PEM file that goes away with this.
class PemFile {
 public:
  PemFile(const Identity& identity, bool certificate, bool key) {
    path_ = "/tmp/wsspec-tls-" + std::to_string(::getpid()) + "-" + std::to_string(++count_);
    std::FILE* file = std::fopen(path_.c_str(), "w");
    REQUIRE(file != nullptr);
    if (certificate) PEM_write_X509(file, identity.certificate);
    if (key) PEM_write_PrivateKey(file, identity.key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }
  ~PemFile() { ::unlink(path_.c_str()); }
  PemFile(const PemFile&) = delete;
  PemFile& operator=(const PemFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  inline static int count_ = 0;
  std::string path_;
};

struct ServerShape {
  const Identity* identity = nullptr;
  int version = 0;                      ///< TLS1_2_VERSION: this one only
  const Identity* client_ca = nullptr;  ///< demands a client certificate
  bool wrong_alpn = false;              ///< speaks h2 only
};

/// Accepts one connection and runs the script with it after the TLS handshake (`good` = it went
/// well). The script closes nothing: the destructor does, with SSL_free and close().
class TlsServer {
 public:
  using Script = std::function<void(SSL* ssl, int fd, bool good)>;
  TlsServer(const ServerShape& shape, Script script) : script_(std::move(script)) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, shape.identity->certificate);
    SSL_CTX_use_PrivateKey(context_, shape.identity->key);
    if (shape.version != 0) {
      SSL_CTX_set_min_proto_version(context_, shape.version);
      SSL_CTX_set_max_proto_version(context_, shape.version);
    }
    if (shape.version != 0 && shape.version < TLS1_2_VERSION)
      SSL_CTX_set_cipher_list(context_, "DEFAULT@SECLEVEL=0");
    if (shape.client_ca != nullptr) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), shape.client_ca->certificate);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    SSL_CTX_set_alpn_select_cb(context_, choose, shape.wrong_alpn ? context_ : nullptr);
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  static int choose(SSL* /*ssl*/, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* wrong) {
    static const unsigned char good[] = "\x08http/1.1";
    static const unsigned char bad[] = "\x02h2";
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, size, wrong != nullptr ? bad : good,
                                             wrong != nullptr ? 3 : 9, offered, offered_size);
    *out = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const timeval limit{5, 0};  // no test hangs for ever
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int one = 1;  // with Nagle, what is written before a reset may never leave
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    const bool good = SSL_accept(ssl) == 1;
    if (script_) script_(ssl, fd, good);
    SSL_free(ssl);
    ERR_clear_error();
    ::close(fd);
  }

  Script script_;
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace wsspec::net::test
