// The detectors behind detect(), a file a family. Each adds what it recognises.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "payload/detect.h"

namespace wsspec::payload {

using Looks = std::vector<Look>;

inline void add(Looks& looks, Kind kind, int confidence, std::string reason,
                const char* charset = "") {
  looks.push_back({kind, confidence, kind_text(kind).name, std::move(reason), charset});
}

// detect_formats.cpp
void detect_signature(const Scan& scan, Looks& looks);
// detect_compressed.cpp
void detect_compressed(const Scan& scan, Looks& looks);
// detect_records.cpp
void detect_msgpack(const Scan& scan, Looks& looks);
void detect_cbor(const Scan& scan, Looks& looks);
// detect_fields.cpp
void detect_protobuf(const Scan& scan, Looks& looks);
void detect_bson(const Scan& scan, Looks& looks);
// detect_unicode.cpp
void detect_utf16_and_32(const Scan& scan, Looks& looks);
void detect_surrogates(const Scan& scan, Looks& looks);
void detect_double_encoded(const Scan& scan, Looks& looks);
void detect_replaced(const Scan& scan, Looks& looks);
// detect_charset.cpp
void detect_charset(const Scan& scan, Looks& looks);
/// No controls as binary data has them, and not UTF-8 with a little damage.
bool may_be_charset(const Scan& scan);
// detect_charset_other.cpp
void detect_other_charset(const Scan& scan, Looks& looks);
// detect_text.cpp
void detect_cut(const Scan& scan, Looks& looks);
void detect_zeros(const Scan& scan, Looks& looks);
void detect_base64(const Scan& scan, Looks& looks);
void detect_mixed(const Scan& scan, Looks& looks);
void detect_text(const Scan& scan, Looks& looks);
// detect_random.cpp
void detect_random(const Scan& scan, Looks& looks);

// Shared: about_text.cpp

/// What the octets of a text are made of.
struct TextCounts {
  std::size_t ascii_letters = 0, digits = 0, printable = 0, spaces = 0, zeros = 0, controls = 0;
  std::size_t high = 0;        ///< octets 80 to FF
  std::size_t characters = 0;  ///< well-formed ones of two to four octets
  std::size_t bad = 0;         ///< octets 80 to FF that are in none of them
};
TextCounts count_text(wire::Octets octets);

/// Well-formed (but for a cut last character) and, apart from line ends and tabs, without controls.
bool reads_as_text(wire::Octets octets);

/// "3 fields", "1 field".
std::string counted(std::uint64_t n, std::string_view noun);

}  // namespace wsspec::payload
