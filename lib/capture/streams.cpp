#include "capture/streams.h"

#include <arpa/inet.h>

#include <algorithm>

namespace wsspec::capture {
namespace {

// https://www.tcpdump.org/linktypes.html
constexpr std::uint32_t kNull = 0, kEthernet = 1, kRaw12 = 12, kRaw14 = 14, kRaw = 101, kLoop = 108,
                        kLinuxSll = 113, kIpv4 = 228, kIpv6 = 229, kLinuxSll2 = 276;
constexpr std::uint16_t kEtherIpv4 = 0x0800, kEtherIpv6 = 0x86dd, kVlan = 0x8100, kQinq = 0x88a8;
constexpr std::uint8_t kTcp = 6, kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;
constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

std::uint16_t be16(wire::Octets octets, std::size_t at) {
  return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
}
std::uint32_t be32(wire::Octets octets, std::size_t at) {
  return std::uint32_t{be16(octets, at)} << 16 | be16(octets, at + 2);
}

/// The IP packet in a frame of this link type; empty where it holds none.
wire::Octets ip_of(wire::Octets frame, std::uint32_t link_type) {
  const auto after = [&](std::size_t size) {
    return frame.size() > size ? frame.subspan(size) : wire::Octets{};
  };
  switch (link_type) {
    case kRaw:
    case kRaw12:
    case kRaw14:
    case kIpv4:
    case kIpv6:
      return frame;
    case kNull:
    case kLoop:
      return after(4);
    case kLinuxSll:
      return after(16);
    case kLinuxSll2:
      return after(20);
    case kEthernet: {
      std::size_t at = 12;
      while (at + 4 <= frame.size() && (be16(frame, at) == kVlan || be16(frame, at) == kQinq))
        at += 4;
      if (at + 2 > frame.size()) return {};
      const std::uint16_t type = be16(frame, at);
      return type == kEtherIpv4 || type == kEtherIpv6 ? after(at + 2) : wire::Octets{};
    }
    default:
      return {};
  }
}

std::string text_of(const std::array<std::uint8_t, 18>& address) {
  const bool v4 = std::all_of(address.begin(), address.begin() + 10,
                              [](std::uint8_t octet) { return octet == 0; }) &&
                  address[10] == 0xff && address[11] == 0xff;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? 12 : 0), text.data(), text.size());
  const std::string port = std::to_string(address[16] << 8 | address[17]);
  return v4 ? std::string(text.data()) + ":" + port : "[" + std::string(text.data()) + "]:" + port;
}

}  // namespace

void Streams::packet(const Packet& packet) {
  ip(ip_of(packet.octets, packet.link_type), packet.time_ns);
}

// Ethernet pads short frames: the packet ends where its header says. A length of 0 is that of a
// packet which the network card was to cut (TSO).
void Streams::ip(wire::Octets octets, std::uint64_t time_ns) {
  if (octets.size() < 20) return;
  Segment made;
  const std::uint8_t version = octets[0] >> 4;
  if (version == 4) {
    const std::size_t head = static_cast<std::size_t>(octets[0] & 0xf) * 4;
    const std::size_t total = be16(octets, 2) == 0 ? octets.size() : be16(octets, 2);
    if (head < 20 || total < head || octets.size() < head || octets[9] != kTcp) return;
    if ((be16(octets, 6) & 0x3fff) != 0) {
      ++fragments_;
      return;
    }
    made.from[10] = made.from[11] = made.to[10] = made.to[11] = 0xff;
    std::copy_n(octets.begin() + 12, 4, made.from.begin() + 12);
    std::copy_n(octets.begin() + 16, 4, made.to.begin() + 12);
    tcp(made, octets.first(std::min(total, octets.size())).subspan(head), time_ns);
  } else if (version == 6 && octets.size() >= 40) {
    const std::size_t total = be16(octets, 4) == 0 ? octets.size() : 40u + be16(octets, 4);
    std::copy_n(octets.begin() + 8, 16, made.from.begin());
    std::copy_n(octets.begin() + 24, 16, made.to.begin());
    octets = octets.first(std::min(total, octets.size()));
    std::uint8_t next = octets[6];
    std::size_t at = 40;
    while (at + 8 <= octets.size() &&
           (next == kHopByHop || next == kRouting || next == kDestination)) {
      next = octets[at];
      at += 8u + octets[at + 1] * 8u;
    }
    if (next == kFragment) ++fragments_;
    if (next == kTcp && at <= octets.size()) tcp(made, octets.subspan(at), time_ns);
  }
}

void Streams::tcp(Segment segment, wire::Octets octets, std::uint64_t time_ns) {
  if (octets.size() < 20) return;
  const std::size_t head = static_cast<std::size_t>(octets[12] >> 4) * 4;
  if (head < 20 || head > octets.size()) return;
  segment.from[16] = octets[0];
  segment.from[17] = octets[1];
  segment.to[16] = octets[2];
  segment.to[17] = octets[3];
  segment.sequence = be32(octets, 4);
  segment.flags = octets[13];
  segment.octets = octets.subspan(head);
  this->segment(segment, time_ns);
}

/// The connection of a segment. Without its SYN the side that is heard first counts as the client,
/// if it sends anything.
Streams::Flow& Streams::flow_of(const Segment& segment, std::uint64_t time_ns) {
  auto key = std::minmax(segment.from, segment.to);
  const std::pair<Address, Address> ends(key.first, key.second);
  const bool syn = (segment.flags & kSyn) != 0, ack = (segment.flags & kAck) != 0;
  auto found = flows_.find(ends);
  if (found != flows_.end() && syn && !ack) {
    Flow& old = found->second;
    const bool again = old.client == segment.from && old.halves[0].taken == 0 &&
                       old.halves[0].known && old.halves[0].next == segment.sequence + 1;
    if (!again) {  // the ports are used for another connection
      for (const auto side : {wire::Role::client, wire::Role::server})
        tell_waiting(old, side, true);
      flows_.erase(found);
      found = flows_.end();
    }
  }
  if (found != flows_.end()) return found->second;
  if (flows_.size() >= kMostConnections) flows_.erase(flows_.begin());
  Flow& made = flows_[ends];
  made.number = ++connections_;
  made.client = syn && ack ? segment.to : segment.from;
  const Address& server = syn && ack ? segment.from : segment.to;
  sink_.on_open(made.number, text_of(made.client), text_of(server), syn, time_ns);
  return made;
}

void Streams::segment(const Segment& segment, std::uint64_t time_ns) {
  Flow& flow = flow_of(segment, time_ns);
  flow.time_ns = std::max(flow.time_ns, time_ns);
  const auto side = segment.from == flow.client ? wire::Role::client : wire::Role::server;
  Half& half = flow.halves[side == wire::Role::client ? 0 : 1];
  if (half.ended) return;
  if ((segment.flags & kSyn) != 0) {
    half.known = true;
    half.next = segment.sequence + 1;
  }
  if (!half.known) {
    half.known = true;
    half.next = segment.sequence;
  }
  if ((segment.flags & kRst) != 0) {
    tell_waiting(flow, side, true);
    half.ended = true;
    sink_.on_end(flow.number, side, true, flow.time_ns);
    return;
  }
  if (segment.octets.empty() && (segment.flags & kFin) == 0) return;
  take(flow, side, segment);
}

void Streams::take(Flow& flow, wire::Role side, const Segment& segment) {
  Half& half = flow.halves[side == wire::Role::client ? 0 : 1];
  std::uint32_t sequence = segment.sequence + ((segment.flags & kSyn) != 0 ? 1 : 0);
  wire::Octets octets = segment.octets;
  // Serial numbers (RFC 9293 3.4): half of them lie behind.
  const auto ahead = static_cast<std::int32_t>(sequence - half.next);
  if (ahead < 0) {
    const auto known = static_cast<std::uint32_t>(-static_cast<std::int64_t>(ahead));
    octets = octets.subspan(std::min<std::size_t>(known, octets.size()));
    if (octets.empty() && (segment.flags & kFin) == 0) return;
    sequence = half.next;
  }
  const std::uint64_t at = half.taken + (ahead > 0 ? static_cast<std::uint32_t>(ahead) : 0);
  if ((segment.flags & kFin) != 0 && !half.fin_seen) {
    half.fin_seen = true;
    half.fin_at = at + octets.size();
  }
  if (!octets.empty()) {
    wire::OctetVector& place = half.waiting[at];
    if (place.size() < octets.size()) {
      half.waiting_size += octets.size() - place.size();
      place = wire::to_vector(octets);
    }
  }
  tell_waiting(flow, side, half.waiting_size > kMostWaiting);
}

void Streams::tell_waiting(Flow& flow, wire::Role side, bool over_gaps) {
  Half& half = flow.halves[side == wire::Role::client ? 0 : 1];
  while (!half.waiting.empty()) {
    auto first = half.waiting.begin();
    if (first->first > half.taken) {
      if (!over_gaps) break;
      const std::uint64_t missing = first->first - half.taken;
      sink_.on_gap(flow.number, side, missing, flow.time_ns);
      half.taken += missing;
      half.next += static_cast<std::uint32_t>(missing);
    }
    const wire::Octets octets = first->second;
    const auto known =
        static_cast<std::size_t>(std::min<std::uint64_t>(half.taken - first->first, octets.size()));
    const wire::Octets fresh = octets.subspan(known);
    if (!fresh.empty()) sink_.on_octets(flow.number, side, fresh, flow.time_ns);
    half.taken += fresh.size();
    half.next += static_cast<std::uint32_t>(fresh.size());
    half.waiting_size -= octets.size();
    half.waiting.erase(first);
  }
  if (half.fin_seen && !half.ended && half.taken >= half.fin_at) {
    half.ended = true;
    sink_.on_end(flow.number, side, false, flow.time_ns);
  }
}

void Streams::end() {
  for (auto& [ends, flow] : flows_)
    for (const auto side : {wire::Role::client, wire::Role::server}) tell_waiting(flow, side, true);
  flows_.clear();
}

}  // namespace wsspec::capture
