// Only signatures: a magic number is close to proof, and a wrong guess misleads more than none.
#include "diagnose/origin.h"

#include <string_view>

namespace wsspec::diagnose {
namespace {

using wire::Octets;
using namespace std::string_view_literals;

struct Signature {
  std::string_view octets;
  const char* name;
};

constexpr Signature kSignatures[] = {
    {"\x89PNG\r\n\x1a\n"sv, "a PNG image"},
    {"\xff\xd8\xff"sv, "a JPEG image"},
    {"GIF87a"sv, "a GIF image"},
    {"GIF89a"sv, "a GIF image"},
    {"%PDF-"sv, "a PDF document"},
    {"PK\x03\x04"sv, "a ZIP archive"},
    {"\x1f\x8b\x08"sv, "a gzip stream"},
    {"\x28\xb5\x2f\xfd"sv, "a Zstandard stream"},
    {"\xd9\xd9\xf7"sv, "CBOR (self-described)"},
    {"\xff\xfe\x00\x00"sv, "text in UTF-32LE (byte order mark)"},
    {"\x00\x00\xfe\xff"sv, "text in UTF-32BE (byte order mark)"},
    {"\xff\xfe"sv, "text in UTF-16LE (byte order mark)"},
    {"\xfe\xff"sv, "text in UTF-16BE (byte order mark)"},
};

/// RFC 1950: deflate, a window of at most 32 KiB, no dictionary, and a header divisible by 31.
bool zlib(Octets head) {
  return head.size() >= 6 && (head[0] & 0x0f) == 8 && (head[0] >> 4) == 7 &&
         (head[1] & 0x20) == 0 && (head[0] * 256 + head[1]) % 31 == 0;
}

}  // namespace

std::string known_signature(Octets head) {
  const std::string_view text = wire::as_chars(head);
  for (const Signature& known : kSignatures) {
    // A byte order mark alone is too short to mean anything.
    if (text.starts_with(known.octets) && text.size() >= known.octets.size() + 2) return known.name;
  }
  return zlib(head) ? "a zlib stream" : std::string();
}

}  // namespace wsspec::diagnose
