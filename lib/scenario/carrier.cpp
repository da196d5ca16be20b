// What a target's profile wraps around the messages.
#include "scenario/model.h"

namespace wsspec::scenario {

// A frame is a part of a message: its first one begins with the prefix, its last one ends with the
// suffix. A frame whose header is bent (length, RSV, opcode) is sent as it stands.
CarrierPart carrier_part(const Item& item) {
  if (!item.carrier) return {};
  if (item.kind == Item::Kind::text || item.kind == Item::Kind::binary) return {true, true};
  const FrameShape& frame = item.frame;
  const bool bent = frame.declared_length || frame.rsv != 0 || frame.opcode > 2;
  if (item.kind != Item::Kind::frame || bent) return {};
  return {frame.opcode != 0, frame.fin};
}

Payload carried_body(const Item& item, const Carrier& carrier) {
  const bool data =
      item.kind == Item::Kind::text || item.kind == Item::Kind::binary ||
      (item.kind == Item::Kind::frame && item.frame.opcode <= 2 && item.frame.rsv == 0);
  return carrier.json && item.carrier && data ? Payload::json_escaped(item.payload) : item.payload;
}

Payload carried(const Item& item, const Carrier& carrier) {
  const CarrierPart part = carrier_part(item);
  std::vector<Payload> parts;
  if (part.prefix) parts.push_back(carrier.prefix);
  parts.push_back(carried_body(item, carrier));
  if (part.suffix) parts.push_back(carrier.suffix);
  return Payload::concat(std::move(parts));
}

}  // namespace wsspec::scenario
