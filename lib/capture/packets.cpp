#include "capture/packets.h"

#include <algorithm>

namespace wsspec::capture {
namespace {

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kSection = 0x0a0d0d0a, kByteOrder = 0x1a2b3c4d;
constexpr std::uint32_t kInterface = 1, kSimple = 3, kEnhanced = 6, kSecrets = 10;
constexpr std::uint32_t kTlsKeyLog = 0x544c534b;
constexpr std::size_t kPcapHead = 24, kRecordHead = 16, kLeastBlock = 12;
constexpr std::size_t kMostInterfaces = 1024;
constexpr std::uint64_t kNs = 1000000000;

std::uint32_t swapped(std::uint32_t value) {
  return value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24;
}

/// Ticks as nanoseconds, without overflow for any time of this millennium.
std::uint64_t to_ns(std::uint64_t ticks, std::uint64_t per_second) {
  return ticks / per_second * kNs + ticks % per_second * kNs / per_second;
}

/// pcapng's if_tsresol: a negative power of ten, or of two with the top bit set.
std::uint64_t ticks_of(std::uint8_t resolution) {
  const int exponent = resolution & 0x7f;
  if ((resolution & 0x80) != 0) return std::uint64_t{1} << std::min(exponent, 33);
  std::uint64_t ticks = 1;
  for (int i = 0; i < std::min(exponent, 9); ++i) ticks *= 10;
  return ticks;
}

}  // namespace

bool PacketReader::recognises(wire::Octets head) {
  if (head.size() < 4) return false;
  const std::uint32_t magic = std::uint32_t{head[0]} << 24 | std::uint32_t{head[1]} << 16 |
                              std::uint32_t{head[2]} << 8 | head[3];
  for (const std::uint32_t known : {kMicroseconds, kNanoseconds, kSection})
    if (magic == known || magic == swapped(known)) return true;
  return false;
}

std::uint16_t PacketReader::u16(std::size_t at) const {
  const auto* p = held_.data() + at_ + at;
  return static_cast<std::uint16_t>(big_endian_ ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

std::uint32_t PacketReader::u32(std::size_t at) const {
  const auto* p = held_.data() + at_ + at;
  const std::uint32_t big =
      std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
  return big_endian_ ? big : swapped(big);
}

bool PacketReader::fail(std::string problem) {
  problem_ = std::move(problem);
  held_.clear();
  at_ = 0;
  return false;
}

bool PacketReader::feed(wire::Octets octets) {
  if (!problem_.empty()) return false;
  held_.insert(held_.end(), octets.begin(), octets.end());
  while (problem_.empty() && take()) {
  }
  if (at_ == held_.size()) {
    held_.clear();
    at_ = 0;
  } else if (at_ > kMostRecord) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  return problem_.empty();
}

std::string PacketReader::problem() const {
  if (!problem_.empty()) return problem_;
  if (format_ == Format::unknown) return "it is too short for a capture";
  return left() > 0 ? "it ends inside a packet" : "";
}

/// False: more octets are needed.
bool PacketReader::take() {
  switch (format_) {
    case Format::unknown:
      return take_head();
    case Format::pcap:
      return take_record();
    case Format::pcapng:
      return take_block();
  }
  return false;
}

bool PacketReader::take_head() {
  if (left() < 4) return false;
  big_endian_ = true;
  const std::uint32_t magic = u32(0);
  if (magic == kSection) {
    format_ = Format::pcapng;
    return true;
  }
  big_endian_ = magic == kMicroseconds || magic == kNanoseconds;
  const std::uint32_t read = u32(0);
  if (read != kMicroseconds && read != kNanoseconds)
    return fail("it does not begin like a capture");
  if (left() < kPcapHead) return false;
  format_ = Format::pcap;
  ticks_ = read == kMicroseconds ? 1000000 : kNs;
  link_type_ = u32(20) & 0x0fffffff;
  drop(kPcapHead);
  return true;
}

bool PacketReader::take_record() {
  if (left() < kRecordHead) return false;
  const std::uint32_t size = u32(8);
  if (size > kMostRecord) return fail("a packet claims to be longer than 4 MiB");
  if (left() < kRecordHead + size) return false;
  on_packet_({std::uint64_t{u32(0)} * kNs + to_ns(u32(4), ticks_), link_type_,
              wire::Octets(held_).subspan(at_ + kRecordHead, size)});
  drop(kRecordHead + size);
  return true;
}

// draft-ietf-opsawg-pcapng 3.1: type, length, body, length. A section says the byte order of what
// follows.
bool PacketReader::take_block() {
  if (left() < kLeastBlock) return false;
  if (u32(0) == kSection && !on_section()) return false;
  const std::uint32_t size = u32(4);
  if (size < kLeastBlock || size % 4 != 0 || size > kMostRecord)
    return fail("a block of " + std::to_string(size) + " octets");
  if (left() < size) return false;
  switch (u32(0)) {
    case kInterface:
      on_interface(size);
      break;
    case kEnhanced:
      on_enhanced(size);
      break;
    case kSimple:
      if (size >= 16 && !interfaces_.empty())
        on_packet_({0, interfaces_[0].link_type,
                    wire::Octets(held_).subspan(at_ + 12, std::min(u32(8), size - 16))});
      break;
    case kSecrets:
      if (size >= 20 && u32(8) == kTlsKeyLog && on_secrets_)
        on_secrets_(
            wire::Octets(held_).subspan(at_ + 16, std::min<std::size_t>(u32(12), size - 20)));
      break;
    default:
      break;
  }
  drop(size);
  return true;
}

bool PacketReader::on_section() {
  for (const bool big : {true, false}) {
    big_endian_ = big;
    if (u32(8) != kByteOrder) continue;
    interfaces_.clear();
    return true;
  }
  return fail("a section of unknown byte order");
}

void PacketReader::on_interface(std::size_t size) {
  Interface made;
  if (size < 20 || interfaces_.size() >= kMostInterfaces) return;
  made.link_type = u16(8);
  for (std::size_t at = 16; at + 4 <= size - 4;) {
    const std::uint16_t code = u16(at), length = u16(at + 2);
    if (code == 0 || at + 4 + length > size - 4) break;
    if (code == 9 && length >= 1) made.ticks = ticks_of(held_[at_ + at + 4]);
    if (code == 14 && length >= 8) made.offset_s = u32(at + (big_endian_ ? 8 : 4));
    at += 4 + (length + 3u) / 4 * 4;
  }
  interfaces_.push_back(made);
}

void PacketReader::on_enhanced(std::size_t size) {
  if (size < 32) return;
  const std::uint32_t number = u32(8), captured = u32(20);
  if (number >= interfaces_.size() || captured > size - 32) return;
  const Interface& from = interfaces_[number];
  const std::uint64_t ticks = std::uint64_t{u32(12)} << 32 | u32(16);
  on_packet_({from.offset_s * kNs + to_ns(ticks, from.ticks), from.link_type,
              wire::Octets(held_).subspan(at_ + 28, captured)});
}

}  // namespace wsspec::capture
