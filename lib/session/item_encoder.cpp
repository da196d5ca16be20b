#include "session/item_encoder.h"

#include <algorithm>

namespace wsspec::session {

using scenario::FrameShape;
using scenario::Item;
using scenario::Payload;

bool Encoding::compresses(const Item& item) const {
  return scenario::is_message(item) && (item.deflate ? item.deflate->on : all);
}

ItemEncoder::ItemEncoder(const Item& item, const scenario::Carrier& carrier,
                         const std::string& handshake_text, Random& random,
                         const Encoding& encoding)
    : item_(item),
      random_(random),
      role_(encoding.role),
      compressed_(encoding.deflater != nullptr && encoding.compresses(item)),
      compressing_(compressed_) {
  if (compressed_) {
    message_ = std::make_unique<CompressedMessage>(item, scenario::carried(item, carrier),
                                                   *encoding.deflater);
  } else if (item.kind == Item::Kind::handshake) {
    reader_ = Payload::text(handshake_text).open();
    body_ = handshake_text.size();
  } else {
    const scenario::CarrierPart part = scenario::carrier_part(item);
    if (part.prefix) head_extra_ = carrier.prefix.length();
    if (part.suffix) tail_extra_ = carrier.suffix.length();
    const Payload all = scenario::carried(item, carrier);
    reader_ = all.open();
    body_ = all.length() - head_extra_ - tail_extra_;
  }
  total_ = head_extra_ + body_ + tail_extra_;
  framed_ = item.kind != Item::Kind::bytes && item.kind != Item::Kind::handshake;
  if (!framed_) {
    frame_left_ = total_;
    in_frame_ = true;
    last_frame_planned_ = true;
  }
}

// The sizes are of the test payload: the carrier's prefix and suffix ride on the first and the
// last frame and are not counted. What the listed sizes leave over is one last frame; sizes that
// use up the payload put FIN on the last listed one.
ItemEncoder::NextFrame ItemEncoder::next_frame() {
  NextFrame next;
  const std::uint64_t rest = body_ - body_planned_;
  const auto& shape = item_.fragments;
  const bool data = scenario::is_message(item_);
  std::uint64_t take = rest;
  bool last = true;
  if (data && shape.each && *shape.each > 0) {
    take = std::min(rest, *shape.each);
    last = take == rest && !shape.last_empty;
    if (rest == 0) last = true;  // the empty last frame (or an empty payload)
  } else if (data && frame_index_ < shape.sizes.size()) {
    take = std::min(rest, shape.sizes[frame_index_]);
    last = frame_index_ + 1 == shape.sizes.size() && take == rest && !shape.last_empty;
  } else if (data && shape.last_empty && rest > 0) {
    last = false;
  }
  body_planned_ += take;
  next.length = take + (frame_index_ == 0 ? head_extra_ : 0) + (last ? tail_extra_ : 0);
  next.fin = last;
  return next;
}

void ItemEncoder::write_header(wire::OctetVector& out, std::uint64_t length, bool fin) {
  wire::FrameHeader header;
  header.length = length;
  header.fin = fin;
  header.masked = wire::masks(role_);
  if (header.masked) header.key = random_.octets<4>();
  if (compressed_ && frame_index_ == 0) header.rsv = 4;  // RFC 7692 6.1: the first frame only
  switch (item_.kind) {
    case Item::Kind::text:
      header.opcode = frame_index_ == 0 ? 1 : 0;
      break;
    case Item::Kind::binary:
      header.opcode = frame_index_ == 0 ? 2 : 0;
      break;
    case Item::Kind::close:
      header.opcode = 8;
      break;
    case Item::Kind::ping:
      header.opcode = 9;
      break;
    case Item::Kind::pong:
      header.opcode = 10;
      break;
    default: {
      const FrameShape& shape = item_.frame;
      header.fin = shape.fin;
      header.rsv = shape.rsv;
      header.opcode = shape.opcode;
      if (shape.mask == FrameShape::Mask::none) header.masked = false;
      if (shape.mask == FrameShape::Mask::fixed) {
        header.masked = true;
        header.key = shape.key;
      }
      if (shape.declared_length) header.length = *shape.declared_length;
      header.form = shape.form;
      break;
    }
  }
  std::array<std::uint8_t, wire::kMaxFrameHeader> raw{};
  const std::size_t size = wire::encode_header(header, raw);
  out.insert(out.end(), raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(size));
  header_ = header;
  header_written_ = true;
}

bool ItemEncoder::at_hold() const {
  if (!item_.hold || released_) return false;
  const std::uint64_t counted = sent_ < head_extra_ ? 0 : sent_ - head_extra_;
  if (counted != std::min(item_.hold->at, body_)) return false;
  // At 0 the first header goes out, the first payload octet does not.
  return item_.hold->at != 0 || header_written_ || !framed_;
}

bool ItemEncoder::compress() {
  if (!message_->go_on()) return false;
  compressing_ = false;
  body_ = total_ = message_->length();
  return true;
}

ItemEncoder::State ItemEncoder::fill(wire::OctetVector& out, std::size_t limit) {
  if (compressing_ && !compress()) return State::more;
  const std::size_t stop = out.size() + limit;
  while (out.size() < stop) {
    if (!in_frame_) {
      if (last_frame_planned_) return State::done;
      if (at_hold()) return State::held;
      const NextFrame next = next_frame();
      write_header(out, next.length, next.fin);
      last_frame_planned_ = next.fin;
      frame_left_ = next.length;
      frame_offset_ = 0;
      in_frame_ = true;
    }
    if (frame_left_ == 0) {
      in_frame_ = false;
      ++frame_index_;
      if (last_frame_planned_) return State::done;
      continue;
    }
    if (at_hold()) return State::held;
    if (out.size() >= stop) break;  // a header may have gone a few octets over the limit
    std::uint64_t take = std::min<std::uint64_t>(frame_left_, stop - out.size());
    if (item_.hold && !released_) {
      const std::uint64_t border = head_extra_ + std::min(item_.hold->at, body_);
      if (sent_ < border) take = std::min(take, border - sent_);
    }
    if (take == 0) return State::more;
    const std::size_t from = out.size();
    out.resize(from + static_cast<std::size_t>(take));
    const std::span<std::uint8_t> piece(out.data() + from, static_cast<std::size_t>(take));
    const std::size_t got = compressed_ ? message_->read(piece) : reader_->read(piece);
    if (got < take) out.resize(from + got);
    if (framed_ && header_.masked)
      wire::apply_mask({out.data() + from, got}, header_.key, frame_offset_);
    frame_offset_ += got;
    sent_ += got;
    frame_left_ -= got;
    if (got < take && compressed_) return State::more;  // the rest is compressed in a later call
    if (got == 0) frame_left_ = 0;  // the source ended early: cannot happen, length() is exact
  }
  return in_frame_ && frame_left_ == 0 && last_frame_planned_ ? State::done : State::more;
}

}  // namespace wsspec::session
