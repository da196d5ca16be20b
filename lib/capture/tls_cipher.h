// The protection of TLS records, to be taken off with the keys of a key log: TLS 1.3 (RFC 8446 5.2)
// and the AEAD suites of TLS 1.2 (RFC 5246 6.2.3.3, RFC 5288, RFC 7905).
#pragma once

#include <cstdint>
#include <optional>

#include "wire/octets.h"

namespace wsspec::capture {

/// A cipher suite that is read here; null of the others (CBC).
struct TlsSuite {
  std::uint16_t id;
  bool tls13;
  bool chacha;           ///< ChaCha20-Poly1305; else AES in GCM
  bool sha384;           ///< else SHA-256
  std::size_t key_size;  ///< octets
};
const TlsSuite* tls_suite(std::uint16_t id);

/// One direction under one key.
class TlsCipher {
 public:
  /// Of a traffic secret (RFC 8446 7.3).
  static TlsCipher of_traffic_secret(const TlsSuite& suite, wire::OctetVector secret);
  /// Of TLS 1.2's master secret (RFC 5246 6.3).
  static TlsCipher of_master_secret(const TlsSuite& suite, wire::Octets master,
                                    wire::Octets client_random, wire::Octets server_random,
                                    bool client);

  /// The content of the next record, whose five octets of head are `head`; with TLS 1.3 its type
  /// and padding still stand at the end. nullopt: it does not decrypt.
  std::optional<wire::OctetVector> open(wire::Octets head, wire::Octets body);
  /// What a KeyUpdate leads to (RFC 8446 7.2).
  TlsCipher updated() const;

 private:
  const TlsSuite* suite_ = nullptr;
  wire::OctetVector secret_, key_, iv_;
  std::uint64_t sequence_ = 0;
};

}  // namespace wsspec::capture
