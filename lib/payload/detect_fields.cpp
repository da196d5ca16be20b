// Protocol Buffers and BSON: a row of fields that must end with the payload's last octet.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "payload/detectors.h"
#include "wire/utf8.h"

namespace wsspec::payload {
namespace {

/// At most ten octets, seven bits each, the lowest first.
std::optional<std::uint64_t> varint(wire::Octets data, std::size_t& at) {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 70 && at < data.size(); shift += 7) {
    const std::uint8_t octet = data[at++];
    if (shift < 64) out |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
    if (octet < 0x80) return out;
  }
  return std::nullopt;
}

struct Fields {
  bool good = false;
  std::size_t count = 0, texts = 0, nested = 0;
  std::uint64_t highest = 0;
  bool ascending = true;
};

/// Every field of a message. `depth`: how far strings of octets are looked into.
Fields read_protobuf(wire::Octets data, bool whole, int depth) {
  Fields out;
  std::size_t at = 0;
  std::uint64_t before = 0;
  while (at < data.size()) {
    const auto tag = varint(data, at);
    std::uint64_t skip = 0;
    if (!tag) {
      out.good = !whole && data.size() - at < 10;
      return out;
    }
    const std::uint64_t number = *tag >> 3;
    if (number == 0 || number > 536870911) return out;
    switch (*tag & 7) {
      case 0:
        if (!varint(data, at)) {
          out.good = !whole && at == data.size();
          return out;
        }
        break;
      case 1:
        skip = 8;
        break;
      case 2: {
        const auto length = varint(data, at);
        if (!length) return out;
        skip = *length;
        if (skip <= data.size() - at && skip > 0) {
          const wire::Octets inner = data.subspan(at, static_cast<std::size_t>(skip));
          if (skip >= 2 && reads_as_text(inner) && !wire::check_utf8(inner))
            ++out.texts;
          else if (depth > 0 && read_protobuf(inner, true, depth - 1).good)
            ++out.nested;
        }
        break;
      }
      case 5:
        skip = 4;
        break;
      default:
        return out;  // groups are gone since proto3
    }
    if (skip > data.size() - at) {
      out.good = !whole;
      return out;
    }
    at += static_cast<std::size_t>(skip);
    ++out.count;
    out.highest = std::max(out.highest, number);
    if (number < before) out.ascending = false;
    before = number;
  }
  out.good = true;
  return out;
}

std::uint32_t little_endian(wire::Octets octets) {
  return static_cast<std::uint32_t>(octets[0]) | static_cast<std::uint32_t>(octets[1]) << 8 |
         static_cast<std::uint32_t>(octets[2]) << 16 | static_cast<std::uint32_t>(octets[3]) << 24;
}

/// Octets of a BSON value of a type; nullopt for what there is none of, or where the data ends.
std::optional<std::uint64_t> bson_size(std::uint8_t type, wire::Octets rest) {
  const auto prefixed = [&](std::uint64_t more) -> std::optional<std::uint64_t> {
    if (rest.size() < 4) return std::nullopt;
    return little_endian(rest) + more;
  };
  switch (type) {
    case 0x01:  // double
    case 0x09:  // date
    case 0x11:  // timestamp
    case 0x12:  // int64
      return 8;
    case 0x02:  // string
    case 0x0d:  // code
    case 0x0e:  // symbol
      return prefixed(4);
    case 0x03:  // document
    case 0x04:  // array
    case 0x0f:  // code with scope
      return prefixed(0);
    case 0x05:  // binary
      return prefixed(5);
    case 0x06:
    case 0x0a:
    case 0x7f:
    case 0xff:
      return 0;
    case 0x07:  // object id
      return 12;
    case 0x08:  // boolean
      return 1;
    case 0x0b: {  // regular expression: two strings
      std::uint64_t at = 0;
      for (int i = 0; i < 2; ++i) {
        while (at < rest.size() && rest[static_cast<std::size_t>(at)] != 0) ++at;
        ++at;
      }
      return at;
    }
    case 0x10:  // int32
      return 4;
    case 0x13:  // decimal128
      return 16;
    default:
      return std::nullopt;
  }
}

}  // namespace

void detect_protobuf(const Scan& scan, Looks& looks) {
  if (scan.valid() && reads_as_text(scan.head)) return;
  if (scan.size < 2) return;
  const Fields fields = read_protobuf(scan.head, scan.whole(), 3);
  if (!fields.good || fields.count == 0) return;
  int confidence = fields.count == 1 ? 40 : fields.count < 4 ? 60 : 72;
  if (fields.highest <= 64) confidence += 12;
  if (fields.texts + fields.nested > 0) confidence += 8;
  if (fields.ascending && fields.count > 1) confidence += 5;
  if (fields.highest > 2000) confidence -= 45;
  add(looks, Kind::protobuf, std::min(confidence, 96),
      fmt::format("{}, the highest number {}, {}", counted(fields.count, "field"), fields.highest,
                  scan.whole() ? "end with the last octet" : "as far as was looked"));
}

void detect_bson(const Scan& scan, Looks& looks) {
  const wire::Octets head = scan.head;
  if (head.size() < 5 || little_endian(head) != scan.size || scan.trailing_zeros == 0) return;
  std::size_t at = 4, elements = 0;
  const std::size_t end = scan.whole() ? head.size() - 1 : head.size();
  while (at < end) {
    const std::uint8_t type = head[at++];
    while (at < end && head[at] != 0) ++at;
    ++at;
    const auto size = bson_size(type, head.subspan(std::min(at, head.size())));
    if (!size || (*size > end - std::min(at, end) && scan.whole())) return;
    at += static_cast<std::size_t>(std::min<std::uint64_t>(*size, scan.size));
    ++elements;
  }
  if (scan.whole() && at != end) return;
  add(looks, Kind::bson, elements > 0 ? 99 : 85,
      fmt::format("the first four octets are its length, {} follow", counted(elements, "element")));
}

}  // namespace wsspec::payload
