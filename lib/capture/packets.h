// The packets of a pcap or pcapng file, read from a stream of pieces. Sizes in the file are
// bounded; a file that is cut off or broken is read up to there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wire/octets.h"

namespace wsspec::capture {

struct Packet {
  std::uint64_t time_ns = 0;    ///< since 1970
  std::uint32_t link_type = 0;  ///< LINKTYPE_...
  wire::Octets octets{};        ///< valid during the call only
};

class PacketReader {
 public:
  static constexpr std::size_t kMostRecord = 4u << 20;  ///< octets of a packet or block

  explicit PacketReader(std::function<void(const Packet&)> on_packet)
      : on_packet_(std::move(on_packet)) {}
  /// Hears of the key logs that stand in a pcapng file.
  void on_secrets(std::function<void(wire::Octets)> hears) { on_secrets_ = std::move(hears); }

  /// These first octets (four or more) are those of a capture.
  static bool recognises(wire::Octets head);

  /// False: it is broken here, and nothing more is read.
  bool feed(wire::Octets octets);
  /// Empty, or one clause: why the rest was not read. After the last feed also where the file ends
  /// inside a packet.
  std::string problem() const;

 private:
  struct Interface {
    std::uint32_t link_type = 0;
    std::uint64_t ticks = 1000000;  ///< per second
    std::uint64_t offset_s = 0;
  };
  enum class Format : std::uint8_t { unknown, pcap, pcapng };

  std::uint16_t u16(std::size_t at) const;
  std::uint32_t u32(std::size_t at) const;
  bool take();
  bool take_head();
  bool take_record();
  bool take_block();
  bool on_section();
  void on_interface(std::size_t size);
  void on_enhanced(std::size_t size);
  bool fail(std::string problem);
  void drop(std::size_t count) { at_ += count; }
  std::size_t left() const { return held_.size() - at_; }

  std::function<void(const Packet&)> on_packet_;
  std::function<void(wire::Octets)> on_secrets_;
  wire::OctetVector held_;
  std::size_t at_ = 0;  ///< so many of them were read
  Format format_ = Format::unknown;
  bool big_endian_ = false;
  std::uint64_t ticks_ = 1000000;  ///< pcap
  std::uint32_t link_type_ = 0;
  std::vector<Interface> interfaces_;
  std::string problem_;
};

}  // namespace wsspec::capture
