#include "engine/outgoing.h"

#include <algorithm>

#include "wire/frame.h"

namespace wsspec::engine {
namespace {

using scenario::Carrier;
using scenario::Item;

/// Octets of the script's own that are read for frames.
constexpr std::uint64_t kReadBytes = 1u << 20;

/// Of a compressed message the octets on the wire are not known yet; those before compression are
/// taken in their place, as DEFLATE adds next to nothing.
Outgoing part_of(const Item& item, int opcode, const Carrier& carrier) {
  Outgoing out{.opcode = opcode};
  out.octets = scenario::carried(item, carrier).length();
  out.longest = out.octets;
  if (!scenario::is_message(item)) {
    out.ends = item.frame.fin;
    return out;
  }
  const std::uint64_t body = scenario::carried_body(item, carrier).length();
  const std::uint64_t added = out.octets - body;
  const scenario::Fragments& shape = item.fragments;
  if (shape.each) {
    const std::uint64_t size = std::max<std::uint64_t>(1, *shape.each);
    out.frames = std::max<std::uint64_t>(1, (body + size - 1) / size);
    out.longest = std::min(size, body) + added;
  } else if (!shape.sizes.empty()) {
    std::uint64_t left = body, longest = 0;
    for (const std::uint64_t size : shape.sizes) {
      const std::uint64_t take = std::min(left, size);
      left -= take;
      longest = std::max(longest, take);
    }
    out.frames = shape.sizes.size() + (left > 0 ? 1 : 0);
    out.longest = std::max(longest, left) + added;
  }
  if (shape.last_empty) ++out.frames;
  return out;
}

/// Frames in octets; what no reader would take for data is left out.
void read_frames(wire::Octets octets, std::vector<Outgoing>& out) {
  wire::FrameDecoder decoder;
  while (!octets.empty()) {
    const wire::FramePiece piece = decoder.next(octets);
    const wire::FrameHeader& header = decoder.header();
    const bool data = header.opcode <= 2;
    if (piece.kind == wire::FramePiece::Kind::header && data)
      out.push_back({.opcode = header.opcode, .ends = header.fin, .bytes = true});
    if (piece.kind == wire::FramePiece::Kind::payload && data && !out.empty()) {
      out.back().octets += piece.payload.size();
      out.back().longest = out.back().octets;
    }
    if (piece.kind == wire::FramePiece::Kind::need_more) break;
  }
}

}  // namespace

std::optional<int> data_opcode(const Item& item) {
  if (item.kind == Item::Kind::text) return 1;
  if (item.kind == Item::Kind::binary) return 2;
  if (item.kind == Item::Kind::frame && item.frame.opcode <= 2) return item.frame.opcode;
  return std::nullopt;
}

std::optional<Sending> sending_of(const scenario::Step& step) {
  if (const auto* send = std::get_if<scenario::SendStep>(&step.what)) return Sending{send->items};
  if (const auto* burst = std::get_if<scenario::BurstStep>(&step.what))
    return Sending{burst->items, burst->count, burst->per_second};
  return std::nullopt;
}

std::vector<Outgoing> outgoing(const Sending& sending, const Carrier& carrier, bool at_boundary) {
  std::vector<Outgoing> out;
  wire::OctetVector octets;
  const auto flush = [&] {
    if (at_boundary) read_frames(octets, out);
    octets.clear();
  };
  for (const Item& item : sending.items) {
    if (item.kind == Item::Kind::bytes) {
      const auto more = item.payload.head(
          static_cast<std::size_t>(std::min<std::uint64_t>(item.payload.length(), kReadBytes)));
      octets.insert(octets.end(), more.begin(), more.end());
      continue;
    }
    flush();
    if (const auto opcode = data_opcode(item)) out.push_back(part_of(item, *opcode, carrier));
  }
  flush();
  return out;
}

}  // namespace wsspec::engine
