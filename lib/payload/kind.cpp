#include "payload/kind.h"

#include <algorithm>
#include <iterator>

namespace wsspec::payload {
namespace {

constexpr KindText kKindTexts[] = {
    {Kind::empty, "empty", "an empty message", Mistake::none},
    {Kind::json, "json", "JSON", Mistake::none},
    {Kind::text, "text", "plain text", Mistake::none},
    {Kind::text_cut, "text-cut", "UTF-8 text that was cut inside a character", Mistake::text_cut},
    {Kind::zeros_after_text, "zeros-after-text", "text with the unused rest of a buffer after it",
     Mistake::zeros},
    {Kind::replaced, "replaced", "text in which a decoder has replaced bad octets",
     Mistake::replaced},
    {Kind::double_encoded, "double-encoded", "UTF-8 that was encoded as UTF-8 once more",
     Mistake::double_encoded},
    {Kind::cesu8, "cesu-8", "CESU-8, or Java's modified UTF-8", Mistake::cesu8},
    {Kind::lone_surrogates, "lone-surrogates", "text with halves of UTF-16 surrogate pairs",
     Mistake::surrogates},
    {Kind::mixed, "mixed", "UTF-8 text with octets of something else in it", Mistake::unchecked},
    {Kind::base64, "base64", "base64", Mistake::base64},
    {Kind::latin1, "latin-1", "text in Latin-1 or Windows-1252", Mistake::wrong_charset},
    {Kind::shift_jis, "shift-jis", "Japanese text in Shift_JIS", Mistake::wrong_charset},
    {Kind::gbk, "gbk", "Chinese text in GBK", Mistake::wrong_charset},
    {Kind::other_charset, "other-charset", "text in another character set", Mistake::wrong_charset},
    {Kind::utf16le, "utf-16le", "text in UTF-16LE", Mistake::wrong_charset},
    {Kind::utf16be, "utf-16be", "text in UTF-16BE", Mistake::wrong_charset},
    {Kind::utf32le, "utf-32le", "text in UTF-32LE", Mistake::utf32_as_text},
    {Kind::utf32be, "utf-32be", "text in UTF-32BE", Mistake::utf32_as_text},
    {Kind::gzip, "gzip", "a gzip stream", Mistake::compressed_as_text},
    {Kind::zlib, "zlib", "a zlib stream", Mistake::compressed_as_text},
    {Kind::deflate, "deflate", "a raw deflate stream", Mistake::compressed_as_text},
    {Kind::zstd, "zstd", "a Zstandard stream", Mistake::compressed_as_text},
    {Kind::brotli, "brotli", "a brotli stream", Mistake::compressed_as_text},
    {Kind::png, "png", "a PNG image", Mistake::binary_as_text},
    {Kind::jpeg, "jpeg", "a JPEG image", Mistake::binary_as_text},
    {Kind::pdf, "pdf", "a PDF document", Mistake::binary_as_text},
    {Kind::other_format, "other-format", "a binary format", Mistake::binary_as_text},
    {Kind::protobuf, "protobuf", "a Protocol Buffers message", Mistake::binary_as_text},
    {Kind::msgpack, "msgpack", "MessagePack", Mistake::binary_as_text},
    {Kind::cbor, "cbor", "CBOR", Mistake::binary_as_text},
    {Kind::bson, "bson", "BSON", Mistake::binary_as_text},
    {Kind::random, "random", "encrypted data, or compressed data without a header",
     Mistake::binary_as_text},
    {Kind::unknown, "unknown", "nothing that is known here", Mistake::unchecked},
};
static_assert(std::size(kKindTexts) == kKinds);

constexpr const char* kMistakeIds[] = {"none",          "binary-as-text",  "compressed-as-text",
                                       "wrong-charset", "utf-32-as-text",  "text-cut",
                                       "zeros",         "replaced",        "double-encoded",
                                       "cesu-8",        "lone-surrogates", "base64",
                                       "unchecked"};
static_assert(std::size(kMistakeIds) == kMistakes);

}  // namespace

const KindText& kind_text(Kind kind) {
  return *std::find_if(std::begin(kKindTexts), std::end(kKindTexts),
                       [kind](const KindText& text) { return text.kind == kind; });
}

const char* mistake_id(Mistake mistake) {
  return kMistakeIds[static_cast<std::size_t>(mistake)];
}

}  // namespace wsspec::payload
