// The frame codec against the obvious one: a decoder that takes one octet after the other, and an
// encoder that masks one octet after the other.
#include "wire/frame.h"

#include <cstdlib>

#include "bench.h"

namespace wsspec::bench {
namespace {

constexpr std::size_t kStream = 4 << 20;
constexpr int kTurns = 9;

wire::FrameHeader header_of(bool masked) {
  wire::FrameHeader header;
  header.opcode = 2;
  header.masked = masked;
  header.key = {0x37, 0xfa, 0x21, 0x3d};
  return header;
}

struct Stream {
  wire::OctetVector octets;
  std::uint64_t frames = 0;
};

Stream stream_of(std::size_t payload, bool masked) {
  Stream stream;
  const wire::OctetVector body(payload, 'x');
  while (stream.octets.size() + payload + wire::kMaxFrameHeader <= kStream) {
    const auto frame = wire::encode_frame(header_of(masked), body);
    stream.octets.insert(stream.octets.end(), frame.begin(), frame.end());
    ++stream.frames;
  }
  return stream;
}

/// What both decoders find out, so that neither may skip any of it.
struct Found {
  std::uint64_t frames = 0, payload = 0;
  std::uint8_t mix = 0;  ///< each payload's last octet, unmasked, one upon the other
  bool operator==(const Found&) const = default;
};

/// The payload goes to `out`, unmasked, as a server's reader has to hand it on.
Found decode(const Stream& stream, wire::OctetVector& out) {
  Found found;
  wire::FrameDecoder decoder;
  wire::Octets input = stream.octets;
  for (;;) {
    const auto piece = decoder.next(input);
    using Kind = wire::FramePiece::Kind;
    if (piece.kind == Kind::need_more) break;
    if (piece.kind == Kind::payload) {
      std::copy(piece.payload.begin(), piece.payload.end(), out.begin());
      if (decoder.header().masked)
        wire::apply_mask(std::span(out).first(piece.payload.size()), decoder.header().key,
                         piece.payload_offset);
      found.payload += piece.payload.size();
      found.mix ^= out[piece.payload.size() - 1];
    }
    if (piece.kind == Kind::end) ++found.frames;
  }
  return found;
}

Found decode_by_octet(const Stream& stream, wire::OctetVector& out) {
  Found found;
  enum { first, second, length, key, payload } state = first;
  std::uint64_t left = 0, size = 0;
  int due = 0;
  bool masked = false;
  std::uint8_t mask[4] = {};
  const auto begin_payload = [&] {
    left = size;
    state = payload;
  };
  for (const std::uint8_t octet : stream.octets) {
    switch (state) {
      case first:
        state = second;
        break;
      case second:
        masked = (octet & 0x80) != 0;
        size = octet & 0x7f;
        due = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (due > 0) {
          size = 0;
          state = length;
        } else if (masked) {
          due = 4;
          state = key;
        } else {
          begin_payload();
        }
        break;
      case length:
        size = size << 8 | octet;
        if (--due > 0) break;
        if (masked) {
          due = 4;
          state = key;
        } else {
          begin_payload();
        }
        break;
      case key:
        mask[4 - due] = octet;
        if (--due == 0) begin_payload();
        break;
      case payload: {
        const std::uint64_t at = size - left;
        out[at] = masked ? static_cast<std::uint8_t>(octet ^ mask[at & 3]) : octet;
        ++found.payload;
        if (--left == 0) {
          found.mix ^= out[at];
          ++found.frames;
          state = first;
        }
        break;
      }
    }
  }
  return found;
}

void decoding(const char* what, std::size_t payload, bool masked, double target) {
  const Stream stream = stream_of(payload, masked);
  wire::OctetVector out(payload);
  const Found wanted = decode_by_octet(stream, out);
  const auto rate = [&](auto decoder) {
    const auto start = Clock::now();
    if (decoder(stream, out) != wanted) std::abort();
    return static_cast<double>(stream.octets.size()) / seconds_since(start);
  };
  const auto rates = compare(
      kTurns, [&] { return rate(decode); }, [&] { return rate(decode_by_octet); });
  const double frames =
      static_cast<double>(stream.frames) / static_cast<double>(stream.octets.size());
  print({what,
         fmt::format("{:.2f} GB/s, {:.3g} million/s", rates.ours / 1e9, rates.ours * frames / 1e6),
         "a decoder of octets", fmt::format("{:.1f}", rates.ratio), fmt::format(">= {:g}", target),
         rates.ratio >= target});
}

void encode_by_octet(const wire::FrameHeader& header, wire::Octets payload,
                     wire::OctetVector& out) {
  out.clear();
  out.push_back(static_cast<std::uint8_t>((header.fin ? 0x80 : 0) | header.opcode));
  const std::uint8_t mask_bit = header.masked ? 0x80 : 0;
  const std::uint64_t size = payload.size();
  const int octets = size <= 125 ? 0 : size <= 0xffff ? 2 : 8;
  out.push_back(static_cast<std::uint8_t>(mask_bit | (octets == 0   ? size
                                                      : octets == 2 ? 126
                                                                    : 127)));
  for (int i = octets; i-- > 0;) out.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  if (header.masked) out.insert(out.end(), header.key.begin(), header.key.end());
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<std::uint8_t>(payload[i] ^ (header.masked ? header.key[i & 3] : 0)));
}

void encoding(const char* what, std::size_t payload, double target) {
  const wire::OctetVector body(payload, 'x');
  const auto header = header_of(true);
  const std::size_t count = kStream / payload;
  wire::OctetVector octets;
  encode_by_octet(header, body, octets);
  if (wire::encode_frame(header, body) != octets) std::abort();
  std::uint64_t sum = 0;
  const auto rate = [&](auto encoder) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) sum += encoder();
    return static_cast<double>(payload * count) / seconds_since(start);
  };
  const auto rates = compare(
      kTurns, [&] { return rate([&] { return wire::encode_frame(header, body).size(); }); },
      [&] {
        return rate([&] {
          // A buffer of its own for each frame, as encode_frame's caller gets one.
          wire::OctetVector frame;
          frame.reserve(payload + wire::kMaxFrameHeader);
          encode_by_octet(header, body, frame);
          return frame.size();
        });
      });
  if (sum == 0) std::abort();
  print({what,
         fmt::format("{:.2f} GB/s, {:.3g} million/s", rates.ours / 1e9,
                     rates.ours / static_cast<double>(payload) / 1e6),
         "an encoder of octets", fmt::format("{:.1f}", rates.ratio), fmt::format(">= {:g}", target),
         rates.ratio >= target});
}

}  // namespace

void frames() {
  decoding("decode frames of 16 octets", 16, false, 0.9);
  decoding("decode and unmask frames of 16 octets", 16, true, 0.9);
  decoding("decode frames of 64 KiB", 65536, false, 3);
  decoding("decode and unmask frames of 64 KiB", 65536, true, 3);
  encoding("encode and mask frames of 16 octets", 16, 1);
  encoding("encode and mask frames of 64 KiB", 65536, 3);
}

}  // namespace wsspec::bench
