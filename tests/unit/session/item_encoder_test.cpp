// What a `send` item looks like on the wire: taken apart again by the frame decoder.
#include "session/item_encoder.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>

#include "wire/frame.h"

using namespace wsspec;
using scenario::Item;
using scenario::Payload;
using session::ItemEncoder;

namespace {

/// "1:2 0!:3" = opcode 1, 2 octets; opcode 0, FIN, 3 octets.
std::string frames_of(const wire::OctetVector& octets, std::string* text = nullptr) {
  std::string out;
  wire::FrameDecoder decoder;
  wire::Octets input(octets);
  for (;;) {
    const auto piece = decoder.next(input);
    if (piece.kind == wire::FramePiece::Kind::need_more) break;
    if (piece.kind == wire::FramePiece::Kind::header)
      out += fmt::format("{}{:x}{}:{}", out.empty() ? "" : " ", decoder.header().opcode,
                         decoder.header().fin ? "!" : "", decoder.header().length);
    if (piece.kind == wire::FramePiece::Kind::payload && text != nullptr) {
      auto part = wire::to_vector(piece.payload);
      if (decoder.header().masked)
        wire::apply_mask(part, decoder.header().key, piece.payload_offset);
      *text += wire::as_chars(part);
    }
  }
  return out;
}

wire::OctetVector all_of(ItemEncoder& encoder, std::size_t limit) {
  wire::OctetVector out;
  while (encoder.fill(out, limit) == ItemEncoder::State::more) {
  }
  return out;
}

Item text_item(std::string_view text) {
  Item item;
  item.payload = Payload::text(text);
  return item;
}

wire::OctetVector whole(const Item& item, const scenario::Carrier& carrier = {},
                        std::size_t limit = 65536) {
  session::Random random(1);
  ItemEncoder encoder(item, carrier, {}, random, {});
  return all_of(encoder, limit);
}

}  // namespace

TEST_CASE("a text is one masked frame, whatever the piece size it is asked for in") {
  const auto reference = whole(text_item("hello, wire"));
  std::string text;
  CHECK(frames_of(reference, &text) == "1!:11");
  CHECK(text == "hello, wire");
  for (std::size_t limit = 1; limit < 20; ++limit)
    CHECK(whole(text_item("hello, wire"), {}, limit) == reference);
}

TEST_CASE("no piece is longer than was asked for, but for a frame header") {
  Item item;
  item.payload = Payload::random(1 << 20, 1);
  session::Random random(1);
  for (const std::size_t limit : {1, 5, 100, 4096}) {
    ItemEncoder encoder(item, {}, {}, random, {});
    wire::OctetVector out;
    for (int n = 0; n < 50; ++n) {
      out.clear();
      encoder.fill(out, limit);
      CHECK(out.size() <= limit + wire::kMaxFrameHeader);
    }
  }
}

TEST_CASE("fragment sizes: the rest is one last frame, sizes that use up the payload end it") {
  Item item = text_item("abcdef");
  item.fragments.sizes = {1, 0, 2};
  CHECK(frames_of(whole(item)) == "1:1 0:0 0:2 0!:3");
  item.fragments.sizes = {2, 4};
  CHECK(frames_of(whole(item)) == "1:2 0!:4");
  item.fragments = {};
  item.fragments.each = 4;
  CHECK(frames_of(whole(item)) == "1:4 0!:2");
  item.fragments.each = 3;
  item.fragments.last_empty = true;
  CHECK(frames_of(whole(item)) == "1:3 0:3 0!:0");
}

TEST_CASE("a carrier's prefix rides on the first frame, its suffix on the last, uncounted") {
  Item item = text_item("abcd");
  item.fragments.sizes = {1};
  const scenario::Carrier carrier{Payload::text("<<<"), Payload::text(">>")};
  std::string text;
  CHECK(frames_of(whole(item, carrier), &text) == "1:4 0!:5");
  CHECK(text == "<<<abcd>>");
  item.carrier = false;
  CHECK(frames_of(whole(item, carrier)) == "1:1 0!:3");
}

TEST_CASE("a frame gets the end of the carrier that it is; a bent one and a ping get none") {
  const scenario::Carrier carrier{Payload::text("<<<"), Payload::text(">>")};
  Item item = text_item("ab");
  item.kind = Item::Kind::frame;
  CHECK(frames_of(whole(item, carrier)) == "1!:7");
  item.frame.fin = false;
  CHECK(frames_of(whole(item, carrier)) == "1:5");
  item.frame.opcode = 0;
  CHECK(frames_of(whole(item, carrier)) == "0:2");
  item.frame.fin = true;
  CHECK(frames_of(whole(item, carrier)) == "0!:4");
  item.frame.rsv = 4;
  CHECK(whole(item, carrier).size() == 6 + 2);
  item.frame.rsv = 0;
  item.frame.opcode = 9;
  CHECK(whole(item, carrier).size() == 6 + 2);
  item.frame.opcode = 1;
  item.frame.declared_length = 100;
  CHECK(whole(item, carrier).size() == 6 + 2);
  item.frame.declared_length.reset();
  item.carrier = false;
  CHECK(frames_of(whole(item, carrier)) == "1!:2");
}

TEST_CASE("a JSON carrier escapes what a JSON string may not hold; sizes count what is sent") {
  const scenario::Carrier carrier{Payload::text("{\""), Payload::text("\"}"), true};
  Item item = text_item("a\"\xff\n");
  item.fragments.sizes = {3};
  std::string text;
  CHECK(frames_of(whole(item, carrier), &text) == "1:5 0!:9");
  CHECK(text == "{\"a\\\"\xff\\u000a\"}");
  item.carrier = false;
  text.clear();
  CHECK(frames_of(whole(item, carrier), &text) == "1:3 0!:1");
  CHECK(text == "a\"\xff\n");
  item.kind = Item::Kind::ping;
  item.carrier = true;
  CHECK(whole(item, carrier).size() == 6 + 4);
}

TEST_CASE("a hold stops at the payload octet; at a fragment border the next header is held too") {
  struct Case {
    std::uint64_t at;
    std::vector<std::uint64_t> sizes;
    std::size_t octets_before;  // header 6 + payload
  };
  for (const Case& one : {Case{0, {}, 6}, Case{2, {}, 8}, Case{2, {2}, 8}, Case{3, {2}, 15}}) {
    CAPTURE(one.at);
    Item item = text_item("abcdef");
    item.fragments.sizes = one.sizes;
    item.hold = scenario::Hold{one.at, 1};
    session::Random random(1);
    ItemEncoder encoder(item, {}, {}, random, {});
    wire::OctetVector out;
    CHECK(encoder.fill(out, 65536) == ItemEncoder::State::held);
    CHECK(out.size() == one.octets_before);
    CHECK(encoder.fill(out, 65536) == ItemEncoder::State::held);
    CHECK(out.size() == one.octets_before);
    encoder.release();
    CHECK(encoder.fill(out, 65536) == ItemEncoder::State::done);
    item.hold.reset();
    CHECK(out == whole(item));
  }
}

TEST_CASE("a compressed message is the same whether its octets were kept or are made once more") {
  for (const std::uint64_t length : {0ULL, 1ULL, 65536ULL, 65537ULL, 9ULL << 20}) {
    CAPTURE(length);
    Item item;
    item.kind = Item::Kind::binary;
    item.payload = Payload::random(length, 3);
    session::Random random(1);
    wire::Deflater deflater(15, true), other(15, true);
    for (int message = 0; message < 2; ++message) {  // the second refers to the first
      ItemEncoder encoder(item, {}, {}, random, {.deflater = &deflater, .all = true});
      std::string text;
      frames_of(all_of(encoder, 65536), &text);
      wire::OctetVector whole;
      other.begin({});
      const auto octets = item.payload.head(length);
      for (wire::Octets rest = octets; !rest.empty();) {
        const auto piece = rest.first(std::min<std::size_t>(rest.size(), 16384));
        other.add(piece, whole);
        rest = rest.subspan(piece.size());
      }
      other.finish(whole);
      CHECK(text == wire::as_chars(whole));
      const auto known = encoder.take_known();
      REQUIRE(known.has_value());
      CHECK(known->window.size() == std::min<std::size_t>(length, wire::Inflater::kWindow));
      CHECK_FALSE(encoder.take_known().has_value());
    }
  }
}

TEST_CASE("no call compresses much, and a small message takes one") {
  Item item;
  item.kind = Item::Kind::binary;
  item.payload = Payload::cycle(Payload::text("x"), 1ULL << 40);
  session::Random random(1);
  wire::Deflater deflater(15, true);
  ItemEncoder encoder(item, {}, {}, random, {.deflater = &deflater, .all = true});
  wire::OctetVector out;
  for (int n = 0; n < 100; ++n) CHECK(encoder.fill(out, 65536) == ItemEncoder::State::more);
  CHECK(out.empty());
  item.payload = Payload::random(65536, 1);
  ItemEncoder small(item, {}, {}, random, {.deflater = &deflater, .all = true});
  CHECK(small.fill(out, 1 << 20) == ItemEncoder::State::done);
}

TEST_CASE("a bent frame is sent as it is bent") {
  Item item;
  item.kind = Item::Kind::frame;
  item.payload = Payload::text("hi");
  item.frame.opcode = 11;
  item.frame.rsv = 5;
  item.frame.fin = false;
  item.frame.mask = scenario::FrameShape::Mask::none;
  item.frame.declared_length = 200;
  item.frame.form = wire::LengthForm::bits64;
  const auto octets = whole(item);
  CHECK(octets == wire::OctetVector{0x5b, 127, 0, 0, 0, 0, 0, 0, 0, 200, 'h', 'i'});
  Item raw;
  raw.kind = Item::Kind::bytes;
  raw.payload = Payload::octets({1, 2, 3});
  CHECK(whole(raw) == wire::OctetVector{1, 2, 3});
}
