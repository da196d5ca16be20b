// The kinds of data that a payload may be, and which mistake of the sender each of them shows.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace wsspec::payload {

enum class Kind {
  empty,
  json,
  text,
  // Text, but not as it should be.
  text_cut,
  zeros_after_text,
  replaced,
  double_encoded,
  cesu8,
  lone_surrogates,
  mixed,
  base64,
  latin1,
  shift_jis,
  gbk,
  other_charset,
  utf16le,
  utf16be,
  utf32le,
  utf32be,
  // Compressed data.
  gzip,
  zlib,
  deflate,
  zstd,
  brotli,
  // Other formats that are not text.
  png,
  jpeg,
  pdf,
  other_format,
  protobuf,
  msgpack,
  cbor,
  bson,
  random,
  unknown,
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::unknown) + 1;

/// What went wrong at the sender.
enum class Mistake {
  none,
  binary_as_text,
  compressed_as_text,
  wrong_charset,
  utf32_as_text,
  text_cut,
  zeros,
  replaced,
  double_encoded,
  cesu8,
  surrogates,
  base64,
  unchecked,
};
inline constexpr std::size_t kMistakes = static_cast<std::size_t>(Mistake::unchecked) + 1;

struct KindText {
  Kind kind = Kind::unknown;
  const char* id = "";    ///< in JSON
  const char* name = "";  ///< in a sentence: "This looks like ..."
  Mistake mistake = Mistake::none;
};
const KindText& kind_text(Kind kind);

/// "binary-as-text", in JSON.
const char* mistake_id(Mistake mistake);

}  // namespace wsspec::payload
