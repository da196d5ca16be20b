// Signatures first: a magic number is close to proof. Then shapes, each with a test strict enough
// that the hand-made faults of the built-in suites ("Hello" and two bad octets) match none by
// accident: a wrong guess misleads more than none.
#include "diagnose/origin.h"

#include <algorithm>
#include <string_view>

#include "wire/utf8.h"

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

bool printing(std::uint8_t octet) {
  return (octet >= 0x20 && octet < 0x7f) || octet == '\t' || octet == '\r' || octet == '\n';
}
bool letter(std::uint8_t octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

/// RFC 1950: deflate, a window of at most 32 KiB, no dictionary, and a header divisible by 31.
bool zlib(Octets head) {
  return head.size() >= 6 && (head[0] & 0x0f) == 8 && (head[0] >> 4) == 7 &&
         (head[1] & 0x20) == 0 && (head[0] * 256 + head[1]) % 31 == 0;
}

/// A whole frame from a client: small opcode, the mask bit, and exactly the octets it announces.
bool masked_frame(Octets head) {
  if (head.size() < 6 || (head[0] & 0x70) != 0 || (head[1] & 0x80) == 0) return false;
  const unsigned opcode = head[0] & 0x0f;
  const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
  const unsigned length = head[1] & 0x7f;
  return known && (head[0] & 0x80) != 0 && length < 126 && head.size() == length + 6;
}

/// At least two printing octets, all of them there.
bool key_at(Octets head, std::size_t at, std::size_t length) {
  return length >= 2 && at < head.size() && length <= head.size() - at &&
         std::all_of(head.begin() + static_cast<std::ptrdiff_t>(at),
                     head.begin() + static_cast<std::ptrdiff_t>(at + length), printing);
}

/// A map whose first key is a short string, or a string whose length fits exactly.
const char* msgpack(Octets head) {
  if (head.size() < 4) return nullptr;
  std::size_t at = 0;
  const char* name = "MessagePack (a map)";
  if (head[0] >= 0x81 && head[0] <= 0x8f) {
    at = 1;
  } else if (head[0] == 0xde && head[1] == 0) {
    at = 3;
  } else if (head[0] == 0xd9 && head.size() == static_cast<std::size_t>(head[1]) + 2 &&
             head[1] >= 32) {
    return "MessagePack (a string)";
  } else if (head[0] >= 0xa2 && head[0] <= 0xbf &&
             head.size() == static_cast<std::size_t>(head[0] & 0x1f) + 1 &&
             std::all_of(head.begin() + 1, head.end(), printing)) {
    return "MessagePack (a string)";
  } else {
    return nullptr;
  }
  if (at >= head.size() || head[at] < 0xa2 || head[at] > 0xbf) return nullptr;
  return key_at(head, at + 1, head[at] & 0x1f) ? name : nullptr;
}

/// A small map (or one of indefinite length) whose first key is a short text string.
bool cbor(Octets head) {
  if (head.size() < 4) return false;
  const bool map = (head[0] >= 0xa1 && head[0] <= 0xb7) || head[0] == 0xbf;
  return map && head[1] >= 0x62 && head[1] <= 0x77 && key_at(head, 2, head[1] & 0x1f);
}

std::size_t varint(Octets head, std::size_t at, std::uint64_t& value) {
  value = 0;
  for (std::size_t n = 0; n < 10 && at + n < head.size(); ++n) {
    value |= static_cast<std::uint64_t>(head[at + n] & 0x7f) << std::min<std::size_t>(7 * n, 63);
    if ((head[at + n] & 0x80) == 0) return n + 1;
  }
  return 0;
}

/// The octets are fields from end to end, at least two, of low numbers, one of them a string of
/// three printing octets or more.
bool protobuf(Octets head) {
  std::size_t fields = 0;
  bool text = false;
  for (std::size_t at = 0; at < head.size(); ++fields) {
    std::uint64_t key = 0, value = 0;
    std::size_t n = varint(head, at, key);
    if (n == 0 || key >> 3 == 0 || key >> 3 > 64) return false;
    at += n;
    switch (key & 7) {
      case 0:
        n = varint(head, at, value);
        if (n == 0) return false;
        break;
      case 1:
        n = 8;
        break;
      case 2:
        n = varint(head, at, value);
        if (n == 0 || value > head.size() - at - n) return false;
        text = text || (value >= 3 && key_at(head, at + n, static_cast<std::size_t>(value)));
        n += static_cast<std::size_t>(value);
        break;
      case 5:
        n = 4;
        break;
      default:
        return false;
    }
    if (n > head.size() - at) return false;
    at += n;
  }
  return fields >= 2 && text;
}

/// Every second octet is NUL and the others print: UTF-16 without its mark.
const char* utf16(Octets head) {
  if (head.size() < 8) return nullptr;
  std::size_t low = 0, high = 0;
  for (std::size_t i = 0; i + 1 < head.size(); i += 2) {
    low += head[i + 1] == 0 && printing(head[i]) ? 1 : 0;
    high += head[i] == 0 && printing(head[i + 1]) ? 1 : 0;
  }
  const std::size_t pairs = head.size() / 2;
  if (low * 10 >= pairs * 8) return "text in UTF-16LE";
  if (high * 10 >= pairs * 8) return "text in UTF-16BE";
  return nullptr;
}

struct Mix {
  std::size_t ascii = 0, lone = 0, in_word = 0, paired = 0, odd = 0;
};

/// How the octets above 7F stand: alone (0xE9 of "café" in Latin-1) or two by two (GBK).
Mix mix_of(Octets head) {
  Mix mix;
  for (std::size_t i = 0; i < head.size();) {
    if (head[i] < 0x80) {
      printing(head[i]) ? ++mix.ascii : ++mix.odd;
      ++i;
      continue;
    }
    std::size_t run = i;
    while (run < head.size() && head[run] >= 0x80) ++run;
    const std::size_t length = run - i;
    if (length == 1) {
      ++mix.lone;
      const bool before = i > 0 && letter(head[i - 1]);
      const bool after = run < head.size() && letter(head[run]);
      const bool accent = head[i] >= 0xc0 && head[i] != 0xd7 && head[i] != 0xf7;
      if (accent && (before || after)) ++mix.in_word;
    } else if (length % 2 == 0 &&
               std::all_of(head.begin() + static_cast<std::ptrdiff_t>(i),
                           head.begin() + static_cast<std::ptrdiff_t>(run),
                           [](std::uint8_t o) { return o > 0xa0 && o < 0xff; })) {
      // GB 2312 in GBK: first octets B0-F7 are the common characters.
      const bool common = head[i] >= 0xb0 && head[i] <= 0xf7;
      common ? mix.paired += length / 2 : ++mix.odd;
    } else {
      ++mix.odd;
    }
    i = run;
  }
  return mix;
}

const char* eight_bit_text(Octets head) {
  const Mix mix = mix_of(head);
  if (mix.odd > 0) return nullptr;
  if (mix.lone > 0 && mix.paired == 0 && mix.lone == mix.in_word && mix.ascii >= 3 * mix.lone)
    return "text in Latin-1 or Windows-1252";
  if (mix.paired >= 2 && mix.lone == 0) return "text in GBK or another two-octet encoding";
  return nullptr;
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

std::string guess_origin(Octets head) {
  std::string known = known_signature(head);
  if (!known.empty()) return known;
  if (const char* name = utf16(head)) return name;
  const auto fault = wire::check_utf8(head);
  if (!fault) return {};
  if (masked_frame(head)) return "a WebSocket frame inside the message";
  if (const char* name = msgpack(head)) return name;
  if (cbor(head)) return "CBOR (a map)";
  if (protobuf(head)) return "Protocol Buffers, perhaps";
  // A cut character at the end of good text is a buffer's border, not an encoding.
  if (fault->truncated) return {};
  const char* name = eight_bit_text(head);
  return name == nullptr ? std::string() : name;
}

}  // namespace wsspec::diagnose
