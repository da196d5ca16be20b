// What a target's profile wraps around the messages.
#include <algorithm>

#include "scenario/model.h"

namespace wsspec::scenario {

bool is_message(const Item& item) {
  return item.kind == Item::Kind::text || item.kind == Item::Kind::binary;
}

namespace {

Carrier fitted_to(const Carrier& carrier, std::uint64_t n, std::uint64_t octets) {
  Carrier out = carrier.of_message ? carrier.of_message(n, octets) : carrier;
  out.of_message = nullptr;
  if (!out.length) return out;
  const wire::OctetVector prefix = out.prefix.head(static_cast<std::size_t>(out.prefix.length()));
  const auto at = prefix.begin() + static_cast<std::ptrdiff_t>(
                                       std::min<std::uint64_t>(out.length->at, prefix.size()));
  wire::OctetVector whole(prefix.begin(), at);
  const auto rest = static_cast<std::uint64_t>(prefix.end() - at);
  // One that the field cannot hold: cannot_wrap() has said so before.
  const auto field = encode_length(*out.length, rest + octets + out.suffix.length());
  if (field) whole.insert(whole.end(), field->begin(), field->end());
  whole.insert(whole.end(), at, prefix.end());
  out.prefix = Payload::octets(std::move(whole));
  out.length.reset();
  return out;
}

}  // namespace

std::optional<wire::OctetVector> encode_length(const LengthField& field, std::uint64_t length) {
  wire::OctetVector out;
  if (field.order == LengthField::Order::varint) {
    do {
      const auto low = static_cast<std::uint8_t>(length & 0x7f);
      length >>= 7;
      out.push_back(static_cast<std::uint8_t>(low | (length > 0 ? 0x80 : 0)));
    } while (length > 0);
    if (out.size() > field.octets) return std::nullopt;
    return out;
  }
  if (field.octets < 8 && length >> (8 * field.octets) != 0) return std::nullopt;
  for (std::uint64_t i = 0; i < field.octets; ++i) {
    const std::uint64_t place = field.order == LengthField::Order::big ? field.octets - 1 - i : i;
    out.push_back(static_cast<std::uint8_t>(length >> (8 * place)));
  }
  return out;
}

// A frame is a part of a message: its first one begins with the prefix, its last one ends with the
// suffix. A frame whose header is bent (length, RSV, opcode) is sent as it stands.
CarrierPart carrier_part(const Item& item) {
  if (!item.carrier) return {};
  if (is_message(item)) return {true, true};
  const FrameShape& frame = item.frame;
  const bool bent = frame.declared_length || frame.rsv != 0 || frame.opcode > 2;
  if (item.kind != Item::Kind::frame || bent) return {};
  return {frame.opcode != 0, frame.fin};
}

Payload carried_body(const Item& item, const Carrier& carrier) {
  const bool data = is_message(item) || (item.kind == Item::Kind::frame && item.frame.opcode <= 2 &&
                                         item.frame.rsv == 0);
  return carrier.json && item.carrier && data ? Payload::json_escaped(item.payload) : item.payload;
}

Carrier fitted(const Carrier& carrier, const Item& item, std::uint64_t n) {
  if (!carrier.length && !carrier.of_message) return carrier;
  return fitted_to(carrier, n, carried_body(item, carrier).length());
}

bool begins_message(const Item& item) {
  if (item.kind == Item::Kind::frame) return item.frame.opcode == 1 || item.frame.opcode == 2;
  return is_message(item);
}

bool cannot_wrap(const Carrier& carrier, const Item& item) {
  if (!carrier.counts_octets() || !item.carrier) return false;
  const CarrierPart part = carrier_part(item);
  const FrameShape& frame = item.frame;
  if (item.kind == Item::Kind::frame && frame.opcode <= 2 && frame.rsv == 0 &&
      !frame.declared_length && !(part.prefix && part.suffix))
    return true;
  if (!part.prefix || !carrier.length) return false;
  const std::uint64_t octets = carried_body(item, carrier).length() + carrier.prefix.length() +
                               carrier.suffix.length() - carrier.length->at;
  return !encode_length(*carrier.length, octets);
}

std::uint64_t added_octets(const Carrier& carrier, std::uint64_t octets) {
  const Carrier one = fitted_to(carrier, 0, octets);
  return one.prefix.length() + one.suffix.length();
}

Payload carried(const Item& item, const Carrier& general) {
  const Carrier carrier = fitted(general, item);
  const CarrierPart part = carrier_part(item);
  std::vector<Payload> parts;
  if (part.prefix) parts.push_back(carrier.prefix);
  parts.push_back(carried_body(item, carrier));
  if (part.suffix) parts.push_back(carrier.suffix);
  return Payload::concat(std::move(parts));
}

}  // namespace wsspec::scenario
