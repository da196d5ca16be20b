#include "payload/signature.h"

namespace wsspec::payload {
namespace {

using namespace std::string_view_literals;

constexpr Signature kSignatures[] = {
    {"\x89PNG\r\n\x1a\n"sv, 0, Kind::png, "a PNG image"},
    {"\xff\xd8\xff"sv, 0, Kind::jpeg, "a JPEG image"},
    {"GIF87a"sv, 0, Kind::other_format, "a GIF image"},
    {"GIF89a"sv, 0, Kind::other_format, "a GIF image"},
    {"WEBPVP8"sv, 8, Kind::other_format, "a WebP image"},
    {"WAVEfmt "sv, 8, Kind::other_format, "a WAV sound file"},
    {"%PDF-"sv, 0, Kind::pdf, "a PDF document"},
    {"PK\x03\x04"sv, 0, Kind::other_format, "a ZIP archive"},
    {"\x1f\x8b\x08"sv, 0, Kind::gzip, "a gzip stream"},
    {"\x28\xb5\x2f\xfd"sv, 0, Kind::zstd, "a Zstandard stream"},
    {"\x04\x22\x4d\x18"sv, 0, Kind::other_format, "an LZ4 stream"},
    {"\xfd"
     "7zXZ\0"sv,
     0, Kind::other_format, "an xz stream"},
    {"7z\xbc\xaf\x27\x1c"sv, 0, Kind::other_format, "a 7-Zip archive"},
    {"1AY&SY"sv, 4, Kind::other_format, "a bzip2 stream"},
    {"\x1a\x45\xdf\xa3"sv, 0, Kind::other_format, "a WebM or Matroska video"},
    {"ftyp"sv, 4, Kind::other_format, "an MP4 or QuickTime file"},
    {"OggS\0"sv, 0, Kind::other_format, "an Ogg stream"},
    {"ID3\x03"sv, 0, Kind::other_format, "an MP3 file"},
    {"ID3\x04"sv, 0, Kind::other_format, "an MP3 file"},
    {"fLaC\0"sv, 0, Kind::other_format, "a FLAC file"},
    {"\0asm\x01\0\0\0"sv, 0, Kind::other_format, "a WebAssembly module"},
    {"wOF2"sv, 0, Kind::other_format, "a WOFF2 font"},
    {"\x7f"
     "ELF"sv,
     0, Kind::other_format, "an ELF program"},
    {"SQLite format 3\0"sv, 0, Kind::other_format, "an SQLite database"},
    {"\xd9\xd9\xf7"sv, 0, Kind::cbor, "CBOR (self-described)"},
    {"\xff\xfe\x00\x00"sv, 0, Kind::utf32le, "text in UTF-32LE (byte order mark)"},
    {"\x00\x00\xfe\xff"sv, 0, Kind::utf32be, "text in UTF-32BE (byte order mark)"},
    {"\xff\xfe"sv, 0, Kind::utf16le, "text in UTF-16LE (byte order mark)"},
    {"\xfe\xff"sv, 0, Kind::utf16be, "text in UTF-16BE (byte order mark)"},
};

constexpr Signature kZlib{{}, 0, Kind::zlib, "a zlib stream"};

/// RFC 1950: deflate, a window of at most 32 KiB, no dictionary, and a header divisible by 31.
bool zlib(wire::Octets head) {
  return head.size() >= 6 && (head[0] & 0x0f) == 8 && (head[0] >> 4) == 7 &&
         (head[1] & 0x20) == 0 && (head[0] * 256 + head[1]) % 31 == 0;
}

}  // namespace

const Signature* signature_of(wire::Octets head) {
  const std::string_view text = wire::as_chars(head);
  for (const Signature& known : kSignatures) {
    // A byte order mark alone is too short to mean anything.
    if (text.size() >= known.offset + known.octets.size() + 2 &&
        text.substr(known.offset).starts_with(known.octets))
      return &known;
  }
  return zlib(head) ? &kZlib : nullptr;
}

}  // namespace wsspec::payload
