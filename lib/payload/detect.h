// What a payload looks like. Every kind has a detector of its own, which sees the first 256 KiB,
// the faults and the size, and gives a confidence in percent with the reason; the best comes first.
// Formats with a magic number or a structure that must come out to the octet are close to proof;
// character sets are judged by how often their usual characters occur.
#pragma once

#include <string>
#include <vector>

#include "payload/kind.h"
#include "payload/scan.h"

namespace wsspec::payload {

struct Look {
  Kind kind = Kind::unknown;
  int confidence = 0;        ///< 1 to 99 percent; 0 for `unknown`
  std::string name;          ///< kind_text().name, or a closer one: "a WebM or Matroska video"
  std::string reason;        ///< one clause; printable ASCII, never octets of the payload
  const char* charset = "";  ///< for the code that decodes it: "windows-1252"; else empty
};

/// At least one, the likeliest first. Below 20 percent nothing is told.
std::vector<Look> detect(const Scan& scan);

}  // namespace wsspec::payload
