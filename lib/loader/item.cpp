// What a `send` sends: one item, its kind and its modifiers.
#include <algorithm>

#include "loader/parse.h"

namespace wsspec::loader {
namespace {

// A fixed key is four octets of hex; true a random one; false sends the frame unmasked.
void parse_mask(Reader& reader, const Node& node, FrameShape& frame) {
  if (node.wild()) return;
  if (node->is_boolean()) {
    frame.mask = node->get<bool>() ? FrameShape::Mask::random : FrameShape::Mask::none;
    return;
  }
  if (!node->is_string()) {
    reader.wrong_type(node, "true, false or four octets of hex");
    return;
  }
  const std::size_t before = reader.problems().size();
  const auto key = parse_hex(reader, node);
  if (key.size() != frame.key.size()) {
    if (reader.problems().size() == before) {
      reader.fail(node, "a masking key has four octets, this has " + std::to_string(key.size()),
                  "such as \"00 00 00 00\"");
    }
    return;
  }
  frame.mask = FrameShape::Mask::fixed;
  std::copy(key.begin(), key.end(), frame.key.begin());
}

void parse_frame(Reader& reader, const Node& node, Item& item) {
  FrameShape& frame = item.frame;
  Members members(reader, node, "the 'frame' item");
  if (const auto value = members.take("fin")) frame.fin = reader.boolean(*value);
  if (const auto value = members.take("rsv")) {
    frame.rsv = static_cast<std::uint8_t>(reader.natural(*value, 7));
  }
  if (const auto value = members.take("opcode")) {
    frame.opcode = static_cast<std::uint8_t>(reader.natural(*value, 15));
  }
  if (const auto value = members.take("mask")) parse_mask(reader, *value, frame);
  if (const auto value = members.take("length")) {
    // 64 bits: a negative number is counted down from 2^64, where expressions do not reach.
    const bool negative = (*value)->is_number_integer() && !(*value)->is_number_unsigned() &&
                          (*value)->get<std::int64_t>() < 0;
    frame.declared_length = negative ? static_cast<std::uint64_t>((*value)->get<std::int64_t>())
                                     : reader.natural(*value);
  }
  if (const auto value = members.take("length_encoding")) {
    switch (value->json->is_number_integer() ? reader.natural(*value) : 0) {
      case 7:
        frame.form = wire::LengthForm::bits7;
        break;
      case 16:
        frame.form = wire::LengthForm::bits16;
        break;
      case 64:
        frame.form = wire::LengthForm::bits64;
        break;
      default:
        if (!value->wild()) reader.fail(*value, "'length_encoding' must be 7, 16 or 64");
    }
  }
  if (const auto value = members.take("payload")) item.payload = parse_payload(reader, *value);
  members.finish();
}

// {code, reason}, a bare code, or the raw payload of a Close frame.
Payload parse_close(Reader& reader, const Node& node) {
  const bool shaped =
      node->is_object() && (node->empty() || node->contains("code") || node->contains("reason"));
  const bool code_only = node->is_number_integer();
  if (!shaped && !code_only) return parse_payload(reader, node);
  std::vector<Payload> parts;
  const auto add_code = [&](const Node& value) {
    const std::uint64_t code = reader.natural(value, 65535);
    parts.push_back(Payload::octets(
        {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code & 0xff)}));
  };
  if (code_only) {
    add_code(node);
    return parts[0];
  }
  Members members(reader, node, "the 'close' item");
  const auto code = members.take("code");
  if (code) add_code(*code);
  if (const auto reason = members.take("reason")) {
    parts.push_back(parse_payload(reader, *reason));
    if (!code) {
      reader.fail(*reason, "a reason needs a code before it",
                  "any octets at all: \"close\": {\"hex\": \"03\"}");
    }
  }
  members.finish();
  return Payload::concat(std::move(parts));
}

void parse_handshake(Reader& reader, const Node& node, HandshakeShape& shape) {
  if (node->is_boolean() && node->get<bool>()) return;
  Members members(reader, node, "the 'handshake' item");
  if (const auto value = members.take("raw")) {
    shape.raw = parse_payload(reader, *value);
    if (shape.raw->length() > HandshakeShape::kMaxRaw)
      reader.fail(*value, "a handshake has at most 4 MiB");
  }
  if (const auto value = members.take("method")) shape.method = reader.string(*value);
  if (const auto value = members.take("path")) shape.path = reader.string(*value);
  if (const auto value = members.take("version")) shape.version = reader.string(*value);
  if (const auto value = members.take("headers")) shape.headers = parse_headers(reader, *value);
  members.finish();
  if (shape.raw && (shape.method || shape.path || shape.version)) {
    reader.fail(node,
                "'raw' is the whole handshake: only 'headers', for ${headers}, stand beside it");
  }
}

Fragments parse_fragments(Reader& reader, const Node& node) {
  Fragments out;
  if (node.wild()) return out;
  if (node->is_array()) {
    for (std::size_t i = 0; i < node->size(); ++i) {
      out.sizes.push_back(reader.natural(node.entry(i)));
    }
    return out;
  }
  if (!node->is_object()) {
    reader.wrong_type(node, "a list of sizes or {\"size\": n}");
    return out;
  }
  Members members(reader, node, "'fragments'");
  if (const auto value = members.need("size")) out.each = reader.natural(*value, UINT64_MAX, 1);
  if (const auto value = members.take("last_empty")) out.last_empty = reader.boolean(*value);
  members.finish();
  return out;
}

Chop parse_chop(Reader& reader, const Node& node) {
  Chop out;
  if (!node->is_object()) {
    out.size = reader.natural(node, UINT64_MAX, 1);
    return out;
  }
  Members members(reader, node, "'chop'");
  if (const auto value = members.need("size")) out.size = reader.natural(*value, UINT64_MAX, 1);
  if (const auto value = members.take("pause_ms")) out.pause_ms = reader.milliseconds(*value);
  members.finish();
  return out;
}

Hold parse_hold(Reader& reader, const Node& node) {
  Hold out;
  Members members(reader, node, "'hold'");
  if (const auto value = members.need("at")) out.at = reader.natural(*value);
  if (const auto value = members.take("release_ms")) out.release_ms = reader.milliseconds(*value);
  members.finish();
  return out;
}

ItemDeflate parse_deflate(Reader& reader, const Node& node) {
  ItemDeflate out;
  if (node.wild()) return out;
  if (!node->is_object()) {
    if (node->is_boolean()) {
      out.on = node->get<bool>();
    } else if (node->is_string()) {
      out.where_agreed = reader.string(node) == "agreed";
      if (!out.where_agreed) reader.fail(node, "as a word 'deflate' takes only \"agreed\"");
    } else {
      reader.wrong_type(node, "true, false, \"agreed\" or an object");
    }
    return out;
  }
  Members members(reader, node, "'deflate'");
  if (const auto value = members.take("level")) {
    out.how.level = static_cast<int>(reader.natural(*value, 9));
  }
  if (const auto value = members.take("keep_tail")) out.how.keep_tail = reader.boolean(*value);
  if (const auto value = members.take("bfinal")) out.how.bfinal = reader.boolean(*value);
  if (const auto value = members.take("takeover")) out.how.takeover = reader.boolean(*value);
  members.finish();
  return out;
}

}  // namespace

wire::HeaderList parse_headers(Reader& reader, const Node& node) {
  wire::HeaderList out;
  if (!reader.list(node, "a list of [name, value] pairs")) return out;
  for (std::size_t i = 0; i < node->size(); ++i) {
    const Node pair = node.entry(i);
    if (pair.wild()) continue;
    if (!pair->is_array() || pair->size() != 2) {
      reader.fail(pair, "a header is a pair [name, value]",
                  pair->is_object() ? "[\"X-Name\", \"value\"]: order and repeats count" : "");
      continue;
    }
    out.emplace_back(reader.string(pair.entry(0)), reader.string(pair.entry(1)));
  }
  return out;
}

Item parse_item(Reader& reader, const Node& node) {
  using Kind = Item::Kind;
  static const std::vector<std::string> kinds = {"text",  "binary", "ping",  "pong",
                                                 "close", "frame",  "bytes", "handshake"};
  static const std::vector<std::string> modifiers = {"fragments", "chop",    "hold",
                                                     "fault",     "carrier", "deflate"};
  Item out;
  const auto kind = one_kind(reader, node, kinds, modifiers, "an item");
  if (!kind) return out;
  out.kind = static_cast<Kind>(std::find(kinds.begin(), kinds.end(), *kind) - kinds.begin());
  Members members(reader, node, "an item");
  const Node value = *members.take(*kind);
  switch (out.kind) {
    case Kind::close:
      if (!value.wild()) out.payload = parse_close(reader, value);
      break;
    case Kind::frame:
      parse_frame(reader, value, out);
      break;
    case Kind::handshake:
      parse_handshake(reader, value, out.handshake);
      break;
    default:
      out.payload = parse_payload(reader, value);
  }
  const bool data = out.kind == Kind::text || out.kind == Kind::binary;
  if (const auto fragments = members.take("fragments")) {
    if (!data)
      reader.fail_key(node, "fragments", "only 'text' and 'binary' have fragments",
                      "a fragmented control frame is made with 'frame'");
    out.fragments = parse_fragments(reader, *fragments);
  }
  if (const auto chop = members.take("chop")) out.chop = parse_chop(reader, *chop);
  if (const auto hold = members.take("hold")) out.hold = parse_hold(reader, *hold);
  if (const auto fault = members.take("fault")) out.fault = reader.boolean(*fault);
  if (const auto carrier = members.take("carrier")) {
    if (!data && out.kind != Kind::frame)
      reader.fail_key(node, "carrier", "only 'text', 'binary' and 'frame' travel in a carrier");
    out.carrier = carrier->wild() || reader.boolean(*carrier);
  }
  if (const auto deflate = members.take("deflate")) {
    if (!data) {
      reader.fail_key(node, "deflate", "only 'text' and 'binary' are compressed",
                      "for octets of your own choice: \"frame\": {\"rsv\": 4, ...}");
    }
    out.deflate = parse_deflate(reader, *deflate);
  }
  members.finish();
  return out;
}

std::vector<Item> parse_items(Reader& reader, const Node& node) {
  std::vector<Item> out;
  if (!node->is_array()) {
    out.push_back(parse_item(reader, node));
    return out;
  }
  for (std::size_t i = 0; i < node->size(); ++i) out.push_back(parse_item(reader, node.entry(i)));
  if (out.empty()) reader.fail(node, "an empty list of items");
  return out;
}

}  // namespace wsspec::loader
