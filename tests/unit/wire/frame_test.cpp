// Frames against the literal octets of RFC 6455 5.7, at every border of the length forms, and cut
// at every point.
#include "wire/frame.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "hex.h"

namespace wsspec::wire {
namespace {

using test::hex;
using test::operator+;

constexpr MaskingKey kKey{0x37, 0xfa, 0x21, 0x3d};

/// What a decoder says of a stream, with the payload's pieces joined.
struct Decoded {
  struct Frame {
    FrameHeader header;
    std::size_t header_size = 0;
    OctetVector payload;
    bool ended = false;
    std::uint64_t end = 0;
  };
  std::vector<Frame> frames;
  bool at_boundary = true;
  std::uint64_t position = 0;
};

void pull(FrameDecoder& decoder, Octets input, Decoded& out) {
  while (true) {
    const FramePiece piece = decoder.next(input);
    if (piece.kind == FramePiece::Kind::need_more) break;
    if (piece.kind == FramePiece::Kind::header) {
      out.frames.push_back({decoder.header(), decoder.header_size(), {}, false, 0});
      continue;
    }
    REQUIRE_FALSE(out.frames.empty());
    Decoded::Frame& frame = out.frames.back();
    REQUIRE_FALSE(frame.ended);
    if (piece.kind == FramePiece::Kind::payload) {
      REQUIRE_FALSE(piece.payload.empty());
      REQUIRE(piece.payload_offset == frame.payload.size());
      frame.payload.insert(frame.payload.end(), piece.payload.begin(), piece.payload.end());
    } else {
      frame.ended = true;
      frame.end = decoder.position();
    }
  }
  CHECK(input.empty());
  out.at_boundary = decoder.at_boundary();
  out.position = decoder.position();
}

Decoded decode(Octets stream, const std::vector<std::size_t>& cuts = {}) {
  FrameDecoder decoder;
  Decoded out;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    pull(decoder, stream.subspan(begin, cut - begin), out);
    begin = cut;
  }
  pull(decoder, stream.subspan(begin), out);
  return out;
}

bool same(const FrameHeader& a, const FrameHeader& b) {
  return a.fin == b.fin && a.rsv == b.rsv && a.opcode == b.opcode && a.masked == b.masked &&
         (!a.masked || a.key == b.key) && a.length == b.length && a.form == b.form;
}

bool same(const Decoded& a, const Decoded& b) {
  return a.at_boundary == b.at_boundary && a.position == b.position &&
         std::equal(a.frames.begin(), a.frames.end(), b.frames.begin(), b.frames.end(),
                    [](const Decoded::Frame& x, const Decoded::Frame& y) {
                      return same(x.header, y.header) && x.header_size == y.header_size &&
                             x.payload == y.payload && x.ended == y.ended && x.end == y.end;
                    });
}

FrameHeader frame(Opcode opcode, bool fin = true) {
  FrameHeader header;
  header.opcode = static_cast<std::uint8_t>(opcode);
  header.fin = fin;
  return header;
}

FrameHeader masked(FrameHeader header) {
  header.masked = true;
  header.key = kKey;
  return header;
}

OctetVector encoded_header(const FrameHeader& header) {
  std::array<std::uint8_t, kMaxFrameHeader> out{};
  const std::size_t size = encode_header(header, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST_CASE("the examples of RFC 6455 5.7 are encoded octet for octet") {
  CHECK(encode_frame(frame(Opcode::text), as_octets("Hello")) == hex("81 05 48 65 6c 6c 6f"));
  CHECK(encode_frame(masked(frame(Opcode::text)), as_octets("Hello")) ==
        hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
  CHECK(encode_frame(frame(Opcode::text, false), as_octets("Hel")) == hex("01 03 48 65 6c"));
  CHECK(encode_frame(frame(Opcode::continuation), as_octets("lo")) == hex("80 02 6c 6f"));
  CHECK(encode_frame(frame(Opcode::ping), as_octets("Hello")) == hex("89 05 48 65 6c 6c 6f"));
  CHECK(encode_frame(masked(frame(Opcode::pong)), as_octets("Hello")) ==
        hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"));
  FrameHeader binary = frame(Opcode::binary);
  binary.length = 256;
  CHECK(encoded_header(binary) == hex("82 7e 01 00"));
  binary.length = 65536;
  CHECK(encoded_header(binary) == hex("82 7f 00 00 00 00 00 01 00 00"));
}

TEST_CASE("the examples of RFC 6455 5.7 are decoded") {
  const Decoded one = decode(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
  REQUIRE(one.frames.size() == 1);
  const Decoded::Frame& text = one.frames[0];
  CHECK(text.header.fin);
  CHECK(text.header.opcode == 1);
  CHECK(text.header.masked);
  CHECK(text.header.key == kKey);
  CHECK(text.header.length == 5);
  CHECK(text.header_size == 6);
  CHECK(text.ended);
  CHECK(one.at_boundary);
  OctetVector payload = text.payload;
  apply_mask(payload, kKey, 0);
  CHECK(as_chars(payload) == "Hello");

  const Decoded two = decode(hex("01 03 48 65 6c 80 02 6c 6f"));
  REQUIRE(two.frames.size() == 2);
  CHECK_FALSE(two.frames[0].header.fin);
  CHECK(two.frames[1].header.opcode == 0);
  CHECK(two.frames[1].header.fin);
  CHECK(two.frames[0].end == 5);
  CHECK(two.frames[1].end == 9);
}

TEST_CASE("each length takes the shortest form, and its borders stand where the RFC puts them") {
  struct Row {
    std::uint64_t length;
    LengthForm form;
    std::size_t header_size;
  };
  for (const Row& row :
       {Row{0, LengthForm::bits7, 2}, Row{1, LengthForm::bits7, 2}, Row{125, LengthForm::bits7, 2},
        Row{126, LengthForm::bits16, 4}, Row{127, LengthForm::bits16, 4},
        Row{65535, LengthForm::bits16, 4}, Row{65536, LengthForm::bits64, 10},
        Row{0x7fffffffffffffff, LengthForm::bits64, 10},
        Row{0xffffffffffffffff, LengthForm::bits64, 10}}) {
    CAPTURE(row.length);
    for (const bool with_mask : {false, true}) {
      FrameHeader header = frame(Opcode::binary);
      if (with_mask) header = masked(header);
      header.length = row.length;
      const OctetVector octets = encoded_header(header);
      CHECK(octets.size() == row.header_size + (with_mask ? 4 : 0));
      const Decoded decoded = decode(octets);
      REQUIRE(decoded.frames.size() == 1);
      header.form = row.form;
      CHECK(same(decoded.frames[0].header, header));
      CHECK(is_shortest(decoded.frames[0].header));
      CHECK(decoded.frames[0].ended == (row.length == 0));
    }
  }
}

TEST_CASE("a length form that is too long is written, read back, and known as not shortest") {
  FrameHeader header = frame(Opcode::text);
  header.length = 5;
  header.form = LengthForm::bits16;
  CHECK(encoded_header(header) == hex("81 7e 00 05"));
  header.form = LengthForm::bits64;
  CHECK(encoded_header(header) == hex("81 7f 00 00 00 00 00 00 00 05"));
  const auto form_is_shortest = [](std::uint64_t length, LengthForm form) {
    FrameHeader written = frame(Opcode::text);
    written.length = length;
    written.form = form;
    const Decoded decoded = decode(encoded_header(written));
    return decoded.frames.size() == 1 && decoded.frames[0].header.form == form &&
           is_shortest(decoded.frames[0].header);
  };
  CHECK_FALSE(form_is_shortest(125, LengthForm::bits16));
  CHECK(form_is_shortest(126, LengthForm::bits16));
  CHECK_FALSE(form_is_shortest(126, LengthForm::bits64));
  CHECK_FALSE(form_is_shortest(65535, LengthForm::bits64));
  CHECK(form_is_shortest(65536, LengthForm::bits64));
}

TEST_CASE("a length form that is too short cuts the length") {
  FrameHeader header = frame(Opcode::text);
  header.length = 0x1234;
  header.form = LengthForm::bits7;
  CHECK(encoded_header(header) == hex("81 34"));
  header.length = 0x123456;
  header.form = LengthForm::bits16;
  CHECK(encoded_header(header) == hex("81 7e 34 56"));
}

TEST_CASE("every FIN, RSV, opcode and mask bit is written and read") {
  for (unsigned first = 0; first < 256; ++first) {
    for (const unsigned mask_bit : {0x00U, 0x80U}) {
      OctetVector octets{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(mask_bit)};
      if (mask_bit != 0) octets = octets + hex("01 02 03 04");
      const Decoded decoded = decode(octets);
      REQUIRE(decoded.frames.size() == 1);
      const FrameHeader& header = decoded.frames[0].header;
      CHECK(header.fin == (first >= 0x80));
      CHECK(header.rsv == (first >> 4 & 7));
      CHECK(header.opcode == (first & 0xf));
      CHECK(header.masked == (mask_bit != 0));
      CHECK(encoded_header(header) == octets);
    }
  }
}

TEST_CASE("opcodes have the field's names and the control bit") {
  CHECK(std::string(opcode_name(0)) == "continuation");
  CHECK(std::string(opcode_name(1)) == "text");
  CHECK(std::string(opcode_name(2)) == "binary");
  CHECK(std::string(opcode_name(3)) == "opcode 0x3");
  CHECK(std::string(opcode_name(8)) == "close");
  CHECK(std::string(opcode_name(9)) == "ping");
  CHECK(std::string(opcode_name(10)) == "pong");
  CHECK(std::string(opcode_name(15)) == "opcode 0xf");
  CHECK_FALSE(is_control(7));
  CHECK(is_control(8));
}

TEST_CASE("masking is the octet-wise xor of RFC 6455 5.3 for any size, offset and alignment") {
  std::mt19937 random(7);
  OctetVector source(100);
  for (auto& octet : source) octet = static_cast<std::uint8_t>(random());
  for (std::size_t size = 0; size <= 80; ++size) {
    for (std::size_t start = 0; start < 8; ++start) {
      for (const std::uint64_t offset :
           {0ULL, 1ULL, 2ULL, 3ULL, 4ULL, 5ULL, 7ULL, 0xfffffffffffffffdULL}) {
        OctetVector fast = source;
        apply_mask(std::span(fast).subspan(start, size), kKey, offset);
        OctetVector slow = source;
        for (std::size_t i = 0; i < size; ++i) {
          slow[start + i] = static_cast<std::uint8_t>(slow[start + i] ^ kKey[(offset + i) % 4]);
        }
        if (fast != slow) FAIL_CHECK("wrong: " << size << " at " << start << " of " << offset);
      }
    }
  }
}

TEST_CASE("masking in pieces is masking as a whole") {
  OctetVector whole(64, 0x5a);
  apply_mask(whole, kKey, 0);
  for (std::size_t cut = 0; cut <= 64; ++cut) {
    OctetVector pieces(64, 0x5a);
    apply_mask(std::span(pieces).first(cut), kKey, 0);
    apply_mask(std::span(pieces).subspan(cut), kKey, cut);
    CHECK(pieces == whole);
  }
}

TEST_CASE("a stream gives the same frames whole, octet by octet and at every pair of cuts") {
  const OctetVector stream =
      hex("81 05 48 65 6c 6c 6f  81 85 37 fa 21 3d 7f 9f 4d 51 58  89 00  8a 80 01 02 03 04"
          "82 7e 00 03 0a 0b 0c  82 ff 00 00 00 00 00 00 00 02 0a 0b 0c 0d 41 42  88 02 03 e8");
  const Decoded whole = decode(stream);
  REQUIRE(whole.frames.size() == 7);
  CHECK(whole.at_boundary);
  CHECK(whole.position == stream.size());
  std::vector<std::size_t> every;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) every.push_back(cut);
  CHECK(same(decode(stream, every), whole));
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      if (!same(decode(stream, {first, second}), whole)) {
        FAIL_CHECK("wrong with cuts at " << first << " and " << second);
      }
    }
  }
}

TEST_CASE("a decoder knows whether it stands between two frames") {
  const OctetVector stream = hex("81 7e 00 7e") + OctetVector(126, 'x') + hex("89 00");
  FrameDecoder decoder;
  CHECK(decoder.at_boundary());
  for (std::size_t i = 0; i < stream.size(); ++i) {
    Octets octet = Octets(stream).subspan(i, 1);
    while (decoder.next(octet).kind != FramePiece::Kind::need_more) {
    }
    CHECK(decoder.position() == i + 1);
    CHECK(decoder.at_boundary() == (i + 1 == 130 || i + 1 == 132));
  }
}

TEST_CASE("a payload is handed through without being copied or kept") {
  const OctetVector stream = hex("82 7f 00 00 00 00 00 10 00 00") + OctetVector(5000, 'x');
  FrameDecoder decoder;
  Octets input = stream;
  CHECK(decoder.next(input).kind == FramePiece::Kind::header);
  const FramePiece piece = decoder.next(input);
  CHECK(piece.kind == FramePiece::Kind::payload);
  CHECK(piece.payload.data() == stream.data() + 10);
  CHECK(piece.payload.size() == 5000);
  CHECK(decoder.next(input).kind == FramePiece::Kind::need_more);
  CHECK(decoder.position() == 5010);
}

TEST_CASE("random frames, cut at random, come back as they were encoded") {
  std::mt19937 random(4711);
  for (int round = 0; round < 300; ++round) {
    Decoded expected;
    OctetVector stream;
    for (std::size_t i = random() % 6; i-- > 0;) {
      FrameHeader header;
      header.fin = random() % 2 == 0;
      header.rsv = static_cast<std::uint8_t>(random() % 8);
      header.opcode = static_cast<std::uint8_t>(random() % 16);
      header.masked = random() % 2 == 0;
      for (auto& octet : header.key) octet = static_cast<std::uint8_t>(random());
      static constexpr std::array<std::size_t, 8> kSizes{0, 1, 20, 125, 126, 300, 65535, 65536};
      OctetVector payload(kSizes[random() % kSizes.size()]);
      for (auto& octet : payload) octet = static_cast<std::uint8_t>(random());
      const OctetVector octets = encode_frame(header, payload);
      stream.insert(stream.end(), octets.begin(), octets.end());
      header.length = payload.size();
      header.form = payload.size() <= 125     ? LengthForm::bits7
                    : payload.size() <= 65535 ? LengthForm::bits16
                                              : LengthForm::bits64;
      // As it travelled: masked here by the plain formula.
      for (std::size_t at = 0; header.masked && at < payload.size(); ++at) {
        payload[at] = static_cast<std::uint8_t>(payload[at] ^ header.key[at % 4]);
      }
      expected.frames.push_back(
          {header, octets.size() - payload.size(), std::move(payload), true, stream.size()});
    }
    expected.position = stream.size();
    std::vector<std::size_t> cuts(random() % 20);
    for (auto& cut : cuts) cut = random() % (stream.size() + 1);
    std::sort(cuts.begin(), cuts.end());
    if (!same(decode(stream, cuts), expected)) FAIL_CHECK("wrong in round " << round);
  }
}

}  // namespace
}  // namespace wsspec::wire
