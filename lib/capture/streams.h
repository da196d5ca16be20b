// The TCP connections of a capture, put together from its packets: in order, without what was sent
// twice, and with a word where the capture has a hole.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "capture/packets.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::capture {

/// Hears of each connection by its number, from 1.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// `whole`: its first packets are in the capture.
  virtual void on_open(std::uint64_t connection, const std::string& client,
                       const std::string& server, bool whole, std::uint64_t time_ns) = 0;
  virtual void on_octets(std::uint64_t connection, wire::Role side, wire::Octets octets,
                         std::uint64_t time_ns) = 0;
  /// So many octets are not in the capture.
  virtual void on_gap(std::uint64_t connection, wire::Role side, std::uint64_t missing,
                      std::uint64_t time_ns) = 0;
  virtual void on_end(std::uint64_t connection, wire::Role side, bool reset,
                      std::uint64_t time_ns) = 0;
};

class Streams {
 public:
  /// Octets of one direction that wait for those before them; then these are given up.
  static constexpr std::size_t kMostWaiting = 1u << 20;
  static constexpr std::size_t kMostConnections = 100000;

  explicit Streams(StreamSink& sink) : sink_(sink) {}
  void packet(const Packet& packet);
  /// The capture is over: what waits is told.
  void end();
  /// Packets of fragmented IP, which are not put together here.
  std::uint64_t fragments() const { return fragments_; }

 private:
  using Address = std::array<std::uint8_t, 18>;  ///< IPv6 or mapped, and the port
  struct Half {
    bool known = false;  ///< `next` is
    std::uint32_t next = 0;
    std::map<std::uint64_t, wire::OctetVector> waiting;  ///< by the distance from the first octet
    std::uint64_t taken = 0;                             ///< octets
    std::size_t waiting_size = 0;
    bool fin_seen = false, ended = false;
    std::uint64_t fin_at = 0;
  };
  struct Flow {
    std::uint64_t number = 0;
    Address client{};
    Half halves[2];  ///< of the client, of the server
    std::uint64_t time_ns = 0;
  };
  struct Segment {
    Address from{}, to{};
    std::uint32_t sequence = 0;
    std::uint8_t flags = 0;
    wire::Octets octets{};
  };

  void ip(wire::Octets octets, std::uint64_t time_ns);
  void tcp(Segment segment, wire::Octets octets, std::uint64_t time_ns);
  void segment(const Segment& segment, std::uint64_t time_ns);
  Flow& flow_of(const Segment& segment, std::uint64_t time_ns);
  void take(Flow& flow, wire::Role side, const Segment& segment);
  void tell_waiting(Flow& flow, wire::Role side, bool over_gaps);

  StreamSink& sink_;
  std::map<std::pair<Address, Address>, Flow> flows_;
  std::uint64_t connections_ = 0, fragments_ = 0;
};

}  // namespace wsspec::capture
