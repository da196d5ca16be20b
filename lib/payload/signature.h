// Formats that begin with a magic number.
#pragma once

#include <cstddef>
#include <string_view>

#include "payload/kind.h"
#include "wire/octets.h"

namespace wsspec::payload {

struct Signature {
  std::string_view octets;
  std::size_t offset = 0;  ///< where they stand
  Kind kind = Kind::other_format;
  const char* name = "";  ///< "a PNG image"
};

/// The signature that the octets begin with, with at least two octets after it; nullptr if none.
/// zlib's is its two-octet header with the values that are used, and a check sum in them.
const Signature* signature_of(wire::Octets head);

}  // namespace wsspec::payload
