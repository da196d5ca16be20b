// Formats with a magic number that need no further look.
#include <fmt/format.h>

#include "payload/detectors.h"
#include "payload/signature.h"

namespace wsspec::payload {

void detect_signature(const Scan& scan, Looks& looks) {
  const Signature* known = signature_of(scan.head);
  if (known == nullptr) return;
  const std::string_view head = wire::as_chars(scan.head);
  switch (known->kind) {
    case Kind::gzip:
    case Kind::zlib:
    case Kind::utf16le:
    case Kind::utf16be:
    case Kind::utf32le:
    case Kind::utf32be:
      return;  // detectors of their own look further than at the signature
    case Kind::png:
      add(looks, Kind::png, head.substr(0, 16).ends_with("IHDR") ? 99 : 90,
          "the eight octets of PNG's signature");
      break;
    case Kind::zstd:
      // RFC 8878 3.1.1.1.1: bit 3 of the descriptor is reserved.
      if ((scan.head[4] & 0x08) == 0)
        add(looks, Kind::zstd, 97, "Zstandard's magic number 28 b5 2f fd and a frame header");
      break;
    default:
      add(looks, known->kind, known->octets.size() >= 4 ? 97 : 95,
          fmt::format("its magic number at octet {}", known->offset));
  }
  if (!looks.empty()) looks.back().name = known->name;
}

}  // namespace wsspec::payload
