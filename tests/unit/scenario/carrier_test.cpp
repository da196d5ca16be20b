// What a carrier makes of an item: lengths on the wire, and what it cannot wrap.
#include <doctest/doctest.h>

#include "scenario/model.h"

using namespace wsspec::scenario;
using wsspec::wire::OctetVector;
using Order = LengthField::Order;

namespace {

Item text(const std::string& payload) {
  Item out;
  out.payload = Payload::text(payload);
  return out;
}

OctetVector octets(const Item& item, const Carrier& carrier) {
  return carried(item, carrier).head(1000);
}

}  // namespace

TEST_CASE("a length as a number of 1, 2 or 4 octets, and as a varint") {
  CHECK(encode_length({Order::big, 2}, 0x1234) == OctetVector{0x12, 0x34});
  CHECK(encode_length({Order::little, 4}, 0x1234) == OctetVector{0x34, 0x12, 0, 0});
  CHECK(encode_length({Order::big, 1}, 255) == OctetVector{0xff});
  CHECK_FALSE(encode_length({Order::big, 1}, 256));
  CHECK(encode_length({Order::varint, 4}, 0) == OctetVector{0});
  CHECK(encode_length({Order::varint, 4}, 127) == OctetVector{0x7f});
  CHECK(encode_length({Order::varint, 4}, 128) == OctetVector{0x80, 1});
  CHECK(encode_length({Order::varint, 4}, 268435455) == OctetVector{0xff, 0xff, 0xff, 0x7f});
  CHECK_FALSE(encode_length({Order::varint, 4}, 268435456));
}

TEST_CASE("a carrier's length stands inside its prefix and counts all that follows it") {
  Carrier carrier;
  carrier.prefix = Payload::text("0t:");
  carrier.suffix = Payload::text("!");
  carrier.length = LengthField{Order::varint, 4, 1};
  CHECK(octets(text("abc"), carrier) == OctetVector{'0', 6, 't', ':', 'a', 'b', 'c', '!'});
  CHECK(added_octets(carrier, 3) == 5);
  CHECK(added_octets(carrier, 200) == 6);
  CHECK_FALSE(cannot_wrap(carrier, text("abc")));
  carrier.length->octets = 1;
  CHECK(cannot_wrap(carrier, text(std::string(200, 'a'))));
  Item frame = text("abc");
  frame.kind = Item::Kind::frame;
  CHECK_FALSE(cannot_wrap(carrier, frame));
  frame.frame.fin = false;
  CHECK(cannot_wrap(carrier, frame));
  frame.frame.rsv = 1;  // sent as it stands
  CHECK_FALSE(cannot_wrap(carrier, frame));
}

TEST_CASE("a carrier that depends on the message's number and length") {
  Carrier carrier;
  carrier.json = true;
  carrier.numbered = carrier.sized = true;
  carrier.of_message = [](std::uint64_t n, std::uint64_t length) {
    Carrier out;
    out.prefix = Payload::text(std::to_string(n) + ":" + std::to_string(length) + " ");
    return out;
  };
  const Carrier made = fitted(carrier, text("a\"b"), 7);
  CHECK(made.prefix.head(100) == OctetVector{'7', ':', '4', ' '});
  CHECK_FALSE(made.of_message);
}
