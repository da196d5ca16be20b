// A stream of frames: the reader tells the same however the stream was cut, and tells what an
// independent reading of RFC 6455 tells; headers survive decoding and encoding.
//
// Off the end: the reader's options, then three sizes of pieces.
#include <array>

#include "../unit/wire/event_log.h"
#include "frame_model.h"
#include "fuzz.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;
using wire::Octets;

namespace {

struct Reading {
  wire::test::EventLog log;
  wire::MessageReader reader;
  std::size_t read = 0;

  explicit Reading(wire::MessageReaderOptions options) : reader(options, log) {}
  void feed(Octets octets) {
    read += reader.feed(octets);
    expect(read == reader.position(), "a reader stands where it has read to");
    expect(!reader.stopped() || reader.feed(octets) == 0, "a stopped reader reads nothing");
  }
  std::string text() const {
    std::string out = fmt::format("{}", fmt::join(log.lines, "\n"));
    out += fmt::format("\n{} frames, {} {}", log.frames, reader.stopped(), reader.in_message());
    for (const wire::Violation& v : log.violations)
      out +=
          fmt::format("\n{} {} {} {} {}", v.code, v.what, v.section, v.at_in_message, v.truncated);
    if (!reader.stopped()) out += fmt::format(" {} {}", read, reader.at_frame_boundary());
    return out + " [" + log.data + "]";
  }
};

struct Decoded {
  std::vector<wire::FrameHeader> headers;
  std::string text;
  wire::OctetVector encoded;  ///< the stream again, as far as its headers are complete

  void feed(wire::FrameDecoder& decoder, Octets octets) {
    using Kind = wire::FramePiece::Kind;
    while (true) {
      const Octets before = octets;
      const wire::FramePiece piece = decoder.next(octets);
      expect(octets.size() <= before.size(), "a decoder takes octets off the front");
      if (piece.kind == Kind::need_more) {
        expect(octets.empty(), "a decoder that needs more has used up what it had");
        return;
      }
      if (piece.kind == Kind::header) {
        headers.push_back(decoder.header());
        std::array<std::uint8_t, wire::kMaxFrameHeader> raw;
        const std::size_t size = wire::encode_header(decoder.header(), raw);
        expect(size == decoder.header_size(), "a header is encoded in the size it had");
        encoded.insert(encoded.end(), raw.begin(), raw.begin() + static_cast<int>(size));
      } else if (piece.kind == Kind::payload) {
        expect(!piece.payload.empty() && piece.payload.data() == before.data(),
               "payload is a part of the input, never a copy");
        expect(piece.payload_offset + piece.payload.size() <= decoder.header().length,
               "payload is within its frame");
        encoded.insert(encoded.end(), piece.payload.begin(), piece.payload.end());
      }
      if (piece.kind != Kind::payload)
        text += fmt::format("{} {}\n", static_cast<int>(piece.kind), decoder.position());
    }
  }
};

void check_decoder(Octets stream, const fuzz::Cuts& cuts) {
  wire::FrameDecoder whole, cut;
  Decoded one, other;
  one.feed(whole, stream);
  cuts.cut(stream, [&](Octets piece) { other.feed(cut, piece); });
  expect_same(one.text, other.text, "a decoder yields the same frames however they were cut");
  expect(one.encoded == other.encoded, "a decoder yields the same octets however they were cut");
  expect(whole.position() == stream.size(), "a decoder reads all");
  expect(one.encoded.size() <= stream.size() &&
             std::equal(one.encoded.begin(), one.encoded.end(), stream.begin()),
         "a decoded stream is encoded as it was");
}

void check_mask(Octets stream, const fuzz::Cuts& cuts) {
  const wire::MaskingKey key{0x37, 0xfa, 0x21, 0x3d};
  wire::OctetVector slow = wire::to_vector(stream), pieces;
  for (std::size_t i = 0; i < slow.size(); ++i) slow[i] ^= key[i % 4];
  cuts.cut(stream, [&](Octets piece) {
    wire::OctetVector part = wire::to_vector(piece);
    wire::apply_mask(part, key, pieces.size());
    pieces.insert(pieces.end(), part.begin(), part.end());
  });
  expect(slow == pieces, "a mask is applied octet by octet, whatever the pieces");
}

void check_against_model(Octets stream, wire::MessageReaderOptions options, const Reading& got) {
  fuzz::FrameModel model;
  model.read(stream, options.sender, options.allowed_rsv);
  expect_same(fmt::format("{}", fmt::join(model.lines, "\n")),
              fmt::format("{}", fmt::join(got.log.lines, "\n")),
              "RFC 6455 tells what the reader tells");
  if (model.in_message) expect_same(model.open_data, got.log.data, "and has read as much of it");
  expect(model.violated || model.in_message == got.reader.in_message(), "and stands where it does");
}

}  // namespace

FUZZ_TARGET(frames) {
  const std::uint8_t bits = input.octet();
  wire::MessageReaderOptions options;
  options.sender = (bits & 1) != 0 ? wire::Role::client : wire::Role::server;
  options.allowed_rsv = bits >> 1 & 7;
  const fuzz::Cuts cuts(input);
  const Octets stream = input.rest();

  check_decoder(stream, cuts);
  check_mask(stream, cuts);
  for (const bool keep_going : {false, true}) {
    options.keep_going = keep_going;
    Reading whole(options), cut(options);
    whole.feed(stream);
    cuts.cut(stream, [&](Octets piece) { cut.feed(piece); });
    expect_same(whole.text(), cut.text(), "a reader tells the same however the stream was cut");
    if (keep_going) {
      expect(!whole.reader.stopped() && whole.read == stream.size(), "an audit reads all");
    } else {
      check_against_model(stream, options, whole);
    }
  }
}
