#include "capture/pcapng_writer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace wsspec::capture {
namespace {

// draft-ietf-opsawg-pcapng, in the byte order of the magic number: little endian here.
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a, kInterface = 1, kPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
constexpr std::uint16_t kRawIp = 101;  ///< LINKTYPE_RAW
constexpr std::uint16_t kOptApplication = 4, kOptResolution = 9;
constexpr std::size_t kMostSegment = 16384;
constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;
constexpr std::uint8_t kTcp = 6;

void le16(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 16; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}
void le32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}
void be16(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}
void be32(std::string& out, std::uint32_t value) {
  be16(out, value >> 16);
  be16(out, value & 0xffff);
}

void pad(std::string& out) {
  while (out.size() % 4 != 0) out += '\0';
}

/// RFC 1071.
std::uint32_t add_words(std::uint32_t sum, std::string_view octets) {
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    const auto high = static_cast<std::uint8_t>(octets[i]);
    const auto low = i + 1 < octets.size() ? static_cast<std::uint8_t>(octets[i + 1]) : 0;
    sum += static_cast<std::uint32_t>(high << 8 | low);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}

void put16(std::string& out, std::size_t at, std::uint32_t value) {
  out[at] = static_cast<char>(value >> 8 & 0xff);
  out[at + 1] = static_cast<char>(value & 0xff);
}

std::string_view address_of(const Endpoint& end, bool v4) {
  const auto* octets = reinterpret_cast<const char*>(end.address.data());
  return v4 ? std::string_view(octets + 12, 4) : std::string_view(octets, 16);
}

std::string ip_header(const Endpoint& from, const Endpoint& to, std::size_t payload) {
  const bool v4 = from.v4 && to.v4;
  std::string out;
  if (v4) {
    out = std::string("\x45\x00", 2);
    be16(out, static_cast<std::uint32_t>(20 + payload));
    be32(out, 0x00004000);  // no fragments
    out += '\x40';
    out += static_cast<char>(kTcp);
    be16(out, 0);
    out += address_of(from, true);
    out += address_of(to, true);
    put16(out, 10, ~add_words(0, out) & 0xffff);
  } else {
    be32(out, 0x60000000);
    be16(out, static_cast<std::uint32_t>(payload));
    out += static_cast<char>(kTcp);
    out += '\x40';
    out += address_of(from, false);
    out += address_of(to, false);
  }
  return out;
}

}  // namespace

Endpoint parse_endpoint(const std::string& text) {
  Endpoint end;
  end.address[10] = end.address[11] = 0xff;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return end;
  std::string host = text.substr(0, colon);
  end.port = static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10));
  if (host.size() > 2 && host.front() == '[') {
    std::array<std::uint8_t, 16> v6{};
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), v6.data()) == 1) {
      end.address = v6;
      end.v4 = false;
    }
  } else {
    std::array<std::uint8_t, 4> v4{};
    if (inet_pton(AF_INET, host.c_str(), v4.data()) == 1)
      std::copy(v4.begin(), v4.end(), end.address.begin() + 12);
  }
  return end;
}

PcapngWriter::PcapngWriter(std::string_view application, Write write) : write_(std::move(write)) {
  std::string options;
  le16(options, kOptApplication);
  le16(options, static_cast<std::uint32_t>(application.size()));
  options += application;
  pad(options);
  le32(options, 0);  // the end of options
  std::string section;
  const auto length = static_cast<std::uint32_t>(28 + options.size());
  le32(section, kSectionHeader);
  le32(section, length);
  le32(section, kByteOrder);
  le16(section, 1);
  le16(section, 0);
  le32(section, 0xffffffff);  // the section's length is not known
  le32(section, 0xffffffff);
  section += options;
  le32(section, length);

  constexpr std::uint32_t kLength = 32;
  le32(section, kInterface);
  le32(section, kLength);
  le16(section, kRawIp);
  le16(section, 0);
  le32(section, 0);
  le16(section, kOptResolution);
  le16(section, 1);
  le32(section, 9);  // nanoseconds, padded
  le32(section, 0);
  le32(section, kLength);
  write_(section);
}

void PcapngWriter::open(Flow& flow, std::uint64_t time_ns) {
  using wire::Role;
  segment(flow, Role::client, kSyn, {}, time_ns);
  ++flow.sent[0];
  segment(flow, Role::server, kSyn | kAck, {}, time_ns);
  ++flow.sent[1];
  segment(flow, Role::client, kAck, {}, time_ns);
}

void PcapngWriter::octets(Flow& flow, wire::Role side, wire::Octets octets, std::uint64_t time_ns) {
  while (!octets.empty()) {
    const wire::Octets part = octets.first(std::min(octets.size(), kMostSegment));
    octets = octets.subspan(part.size());
    segment(flow, side, kPsh | kAck, part, time_ns);
    flow.sent[side == wire::Role::client ? 0 : 1] += static_cast<std::uint32_t>(part.size());
  }
}

void PcapngWriter::end(Flow& flow, wire::Role side, bool reset, std::uint64_t time_ns) {
  segment(flow, side, static_cast<std::uint8_t>((reset ? kRst : kFin) | kAck), {}, time_ns);
  ++flow.sent[side == wire::Role::client ? 0 : 1];
}

void PcapngWriter::segment(Flow& flow, wire::Role side, std::uint8_t flags, wire::Octets octets,
                           std::uint64_t time_ns) {
  const bool client = side == wire::Role::client;
  const Endpoint& from = client ? flow.client : flow.server;
  const Endpoint& to = client ? flow.server : flow.client;
  std::string tcp;
  be16(tcp, from.port);
  be16(tcp, to.port);
  be32(tcp, flow.sent[client ? 0 : 1]);
  be32(tcp, (flags & kAck) != 0 ? flow.sent[client ? 1 : 0] : 0);
  tcp += '\x50';
  tcp += static_cast<char>(flags);
  be16(tcp, 0xffff);
  be32(tcp, 0);  // checksum, no urgent data
  tcp += wire::as_chars(octets);
  const bool v4 = from.v4 && to.v4;
  std::uint32_t sum = add_words(0, address_of(from, v4));
  sum = add_words(sum, address_of(to, v4));
  sum = add_words(sum + kTcp + static_cast<std::uint32_t>(tcp.size()), tcp);
  put16(tcp, 16, ~sum & 0xffff);
  const std::string packet = ip_header(from, to, tcp.size()) + tcp;

  block_.clear();
  const std::size_t padded = (packet.size() + 3) / 4 * 4;
  const auto length = static_cast<std::uint32_t>(32 + padded);
  le32(block_, kPacket);
  le32(block_, length);
  le32(block_, 0);
  le32(block_, static_cast<std::uint32_t>(time_ns >> 32));
  le32(block_, static_cast<std::uint32_t>(time_ns & 0xffffffff));
  le32(block_, static_cast<std::uint32_t>(packet.size()));
  le32(block_, static_cast<std::uint32_t>(packet.size()));
  block_ += packet;
  pad(block_);
  le32(block_, length);
  write_(block_);
}

}  // namespace wsspec::capture
