// A frame's header is 2 octets, then 0, 2 or 8 of length, then 0 or 4 of masking key. The decoder
// collects just these (at most 14) and hands payload octets through untouched, so that its memory
// does not depend on what the peer declares.
#include "wire/frame.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace wsspec::wire {
namespace {

LengthForm shortest_form(std::uint64_t length) {
  if (length <= 125) return LengthForm::bits7;
  return length <= 0xffff ? LengthForm::bits16 : LengthForm::bits64;
}

std::uint64_t read_big_endian(const std::uint8_t* from, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | from[i];
  return value;
}

void write_big_endian(std::uint64_t value, std::uint8_t* to, std::size_t size) {
  for (std::size_t i = size; i-- > 0; value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

/// Octets of the extended length that the second header octet announces.
std::size_t extended_length_size(std::uint8_t second) {
  switch (second & 0x7f) {
    case 126:
      return 2;
    case 127:
      return 8;
    default:
      return 0;
  }
}

std::size_t header_size_of(std::uint8_t second) {
  return 2 + extended_length_size(second) + ((second & 0x80) != 0 ? 4 : 0);
}

}  // namespace

const char* opcode_name(std::uint8_t opcode) {
  static constexpr std::array<const char*, 16> kNames{
      "continuation", "text",       "binary",     "opcode 0x3", "opcode 0x4", "opcode 0x5",
      "opcode 0x6",   "opcode 0x7", "close",      "ping",       "pong",       "opcode 0xb",
      "opcode 0xc",   "opcode 0xd", "opcode 0xe", "opcode 0xf"};
  return kNames[opcode & 0xf];
}

std::size_t encode_header(const FrameHeader& header, std::span<std::uint8_t, kMaxFrameHeader> out) {
  const LengthForm form =
      header.form == LengthForm::shortest ? shortest_form(header.length) : header.form;
  out[0] = static_cast<std::uint8_t>((header.fin ? 0x80 : 0) | (header.rsv & 7) << 4 |
                                     (header.opcode & 0xf));
  const int mask_bit = header.masked ? 0x80 : 0;
  std::size_t size = 2;
  switch (form) {
    case LengthForm::bits16:
      out[1] = static_cast<std::uint8_t>(mask_bit | 126);
      write_big_endian(header.length, &out[2], 2);
      size += 2;
      break;
    case LengthForm::bits64:
      out[1] = static_cast<std::uint8_t>(mask_bit | 127);
      write_big_endian(header.length, &out[2], 8);
      size += 8;
      break;
    default:
      out[1] = static_cast<std::uint8_t>(mask_bit | static_cast<int>(header.length & 0x7f));
      break;
  }
  if (header.masked) {
    std::copy(header.key.begin(), header.key.end(), &out[size]);
    size += header.key.size();
  }
  return size;
}

void apply_mask(std::span<std::uint8_t> data, const MaskingKey& key, std::uint64_t offset) {
  // The key turned to where data[0] stands, twice over: xor by words then needs no index.
  std::uint32_t turned;
  std::memcpy(&turned, key.data(), sizeof turned);
  const int bits = static_cast<int>(offset & 3) * 8;
  turned = std::endian::native == std::endian::little ? std::rotr(turned, bits)
                                                      : std::rotl(turned, bits);
  const std::uint64_t wide = std::uint64_t{turned} << 32 | turned;

  std::uint8_t* at = data.data();
  std::size_t left = data.size();
  for (; left >= sizeof wide; at += sizeof wide, left -= sizeof wide) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    word ^= wide;
    std::memcpy(at, &word, sizeof word);
  }
  std::array<std::uint8_t, sizeof wide> rest;
  std::memcpy(rest.data(), &wide, sizeof wide);
  for (std::size_t i = 0; i < left; ++i) at[i] = static_cast<std::uint8_t>(at[i] ^ rest[i]);
}

OctetVector encode_frame(FrameHeader header, Octets payload) {
  header.length = payload.size();
  std::array<std::uint8_t, kMaxFrameHeader> head;
  const std::size_t head_size = encode_header(header, head);
  OctetVector frame;
  frame.reserve(head_size + payload.size());
  frame.insert(frame.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(head_size));
  frame.insert(frame.end(), payload.begin(), payload.end());
  if (header.masked) apply_mask(std::span(frame).subspan(head_size), header.key, 0);
  return frame;
}

bool is_shortest(const FrameHeader& header) {
  return header.form == LengthForm::shortest || header.form == shortest_form(header.length);
}

void FrameDecoder::take_header(const std::uint8_t* raw, std::size_t size) {
  const std::size_t extended = extended_length_size(raw[1]);
  header_.fin = (raw[0] & 0x80) != 0;
  header_.rsv = raw[0] >> 4 & 7;
  header_.opcode = raw[0] & 0xf;
  header_.masked = (raw[1] & 0x80) != 0;
  header_.length = extended == 0 ? raw[1] & 0x7fU : read_big_endian(&raw[2], extended);
  header_.form = extended == 0   ? LengthForm::bits7
                 : extended == 2 ? LengthForm::bits16
                                 : LengthForm::bits64;
  if (header_.masked)
    std::copy_n(&raw[2 + extended], header_.key.size(), header_.key.begin());
  else
    header_.key = {};
  header_size_ = size;
  have_ = 0;
  left_ = header_.length;
  state_ = left_ == 0 ? State::end : State::payload;
}

FramePiece FrameDecoder::next(Octets& input) {
  FramePiece piece;
  if (state_ == State::header) {
    const std::size_t whole = have_ == 0 && input.size() >= 2 ? header_size_of(input[1]) : 0;
    if (whole != 0 && input.size() >= whole) {
      take_header(input.data(), whole);
      input = input.subspan(whole);
      position_ += whole;
      piece.kind = FramePiece::Kind::header;
      return piece;
    }
    std::size_t wanted = 2;
    while (true) {
      if (have_ >= 2) wanted = header_size_of(raw_[1]);
      if (have_ == wanted) break;
      if (input.empty()) return piece;
      const std::size_t taken = std::min(wanted - have_, input.size());
      std::copy_n(input.begin(), taken, raw_.begin() + static_cast<std::ptrdiff_t>(have_));
      input = input.subspan(taken);
      have_ += taken;
      position_ += taken;
    }
    take_header(raw_.data(), wanted);
    piece.kind = FramePiece::Kind::header;
    return piece;
  }
  if (state_ == State::payload) {
    if (input.empty()) return piece;
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    piece.kind = FramePiece::Kind::payload;
    piece.payload = input.first(taken);
    piece.payload_offset = header_.length - left_;
    input = input.subspan(taken);
    left_ -= taken;
    position_ += taken;
    if (left_ == 0) state_ = State::end;
    return piece;
  }
  state_ = State::header;
  piece.kind = FramePiece::Kind::end;
  return piece;
}

}  // namespace wsspec::wire
