// A TLS connection of a capture, read with the secrets of a key log: records in, what they carry
// out. TLS 1.3, and TLS 1.2 with AEAD suites; neither early data nor renegotiation.
//
//   each side:  plain records --ServerHello / change_cipher_spec--> protected ones
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "capture/key_log.h"
#include "capture/tls_cipher.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::capture {

/// A client's first octets, three at least, are those of a handshake record.
bool begins_like_tls(wire::Octets octets);

class TlsStream {
 public:
  using OnOctets = std::function<void(wire::Role side, wire::Octets octets)>;

  /// `keys` outlives it.
  TlsStream(const KeyLog& keys, OnOctets on_octets)
      : keys_(keys), on_octets_(std::move(on_octets)) {}

  /// The next octets of a side. False: it cannot be read any further, `problem()` says why.
  bool feed(wire::Role side, wire::Octets octets);
  /// One clause: "its secrets are not in the key log".
  const std::string& problem() const { return problem_; }

 private:
  struct Side {
    wire::OctetVector held;       ///< of a record that is not complete
    wire::OctetVector handshake;  ///< of a handshake message likewise
    std::optional<TlsCipher> cipher;
    bool changed = false;  ///< TLS 1.2: what comes now is protected
  };

  Side& at(wire::Role side) { return side == wire::Role::client ? client_ : server_; }
  bool record(wire::Role side, wire::Octets head, wire::Octets body);
  bool content(wire::Role side, std::uint8_t type, wire::Octets content);
  bool handshake(wire::Role side, wire::Octets octets);
  bool message(wire::Role side, std::uint8_t type, wire::Octets body);
  bool on_client_hello(wire::Octets body);
  bool on_server_hello(wire::Octets body);
  bool use(wire::Role side, KeyLog::Label label);
  bool use_master(wire::Role side);
  bool fail(std::string problem);

  const KeyLog& keys_;
  OnOctets on_octets_;
  Side client_, server_;
  KeyLog::Random random_{}, server_random_{};  ///< of the two hellos
  const TlsSuite* suite_ = nullptr;
  std::string problem_;
};

}  // namespace wsspec::capture
