// The secrets of TLS connections as their programs write them (SSLKEYLOGFILE, RFC 9850), so that a
// capture can be read: a line each, "LABEL client-random secret", all but the label in hex.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "wire/octets.h"

namespace wsspec::capture {

class KeyLog {
 public:
  using Random = std::array<std::uint8_t, 32>;  ///< of the ClientHello
  enum class Label : std::uint8_t {
    master,            ///< TLS 1.2: CLIENT_RANDOM
    client_handshake,  ///< TLS 1.3
    server_handshake,
    client_traffic,
    server_traffic,
  };
  static constexpr std::size_t kMostSecrets = 1'000'000;
  static constexpr std::size_t kMostLine = 512;  ///< a longer one is none

  /// The next octets of the file, in any pieces; what is no secret is passed over.
  void feed(wire::Octets octets);
  /// The last line may have no end.
  void finish();
  /// Null: it is not there.
  const wire::OctetVector* find(const Random& random, Label label) const;
  std::size_t size() const { return secrets_.size(); }

 private:
  void line(std::string_view text);

  std::string held_;  ///< the beginning of a line
  bool too_long_ = false;
  std::map<std::pair<Random, Label>, wire::OctetVector> secrets_;
};

}  // namespace wsspec::capture
