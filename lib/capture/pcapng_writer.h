// Connections as a pcapng file that Wireshark and tshark read: the octets are those that passed,
// the IP and TCP headers around them are made up (there are no retransmissions, and no
// acknowledgements but those of the handshake).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::capture {

/// One end of a connection. IPv4 as ::ffff:a.b.c.d.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  bool v4 = true;
};

/// "127.0.0.1:9001", "[::1]:80"; what is neither is 0.0.0.0:0.
Endpoint parse_endpoint(const std::string& text);

class PcapngWriter {
 public:
  using Write = std::function<void(std::string_view octets)>;

  /// One connection.
  struct Flow {
    Endpoint client, server;
    std::uint32_t sent[2] = {};  ///< the next sequence numbers
  };

  /// Writes the file's head.
  PcapngWriter(std::string_view application, Write write);

  /// Times are nanoseconds since 1970.
  void open(Flow& flow, std::uint64_t time_ns);
  void octets(Flow& flow, wire::Role side, wire::Octets octets, std::uint64_t time_ns);
  void end(Flow& flow, wire::Role side, bool reset, std::uint64_t time_ns);

 private:
  void segment(Flow& flow, wire::Role side, std::uint8_t flags, wire::Octets octets,
               std::uint64_t time_ns);
  Write write_;
  std::string block_;
};

}  // namespace wsspec::capture
