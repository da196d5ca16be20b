// Up to the proving octet the text is well-formed, so the octet in question either begins a
// character or continues the one that the up to three octets before it began: those decide which of
// RFC 3629's rules is broken.
#include "wire/utf8_fault.h"

#include <algorithm>

namespace wsspec::wire {
namespace {

using Kind = Utf8FaultKind;

bool continues(std::uint8_t octet) {
  return (octet & 0xc0) == 0x80;
}

/// The octets of a character that this one begins; 0 when it begins none.
std::size_t length_of(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/// What stands before an index: a begun character, none, or (the excerpt is cut) not known.
struct Before {
  std::uint8_t first = 0;
  std::size_t there = 0;  ///< octets of the begun character, its first included; 0 = none
  std::size_t length = 0;
  bool unknown = false;
};

Before look_back(Octets excerpt, std::size_t mark) {
  std::size_t back = 1;
  while (back <= 3 && back <= mark && continues(excerpt[mark - back])) ++back;
  if (back > 3) return {};  // three continuation octets: any character is complete
  if (back > mark) return {0, 0, 0, back > 1};
  const std::uint8_t first = excerpt[mark - back];
  const std::size_t length = length_of(first);
  if (length <= back) return {};
  return {first, back, length, false};
}

/// RFC 3629 4: four first octets narrow what may come second.
Kind of_second(std::uint8_t first, std::uint8_t second) {
  if (!continues(second)) return Kind::character_cut;
  if ((first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90)) return Kind::overlong;
  if (first == 0xed && second >= 0xa0) return Kind::surrogate;
  if (first == 0xf4 && second >= 0x90) return Kind::above_maximum;
  return Kind::unclear;
}

/// The octet stands where a character begins.
Kind of_first(std::uint8_t octet) {
  if (continues(octet)) return Kind::continuation_without_start;
  if (octet == 0xc0 || octet == 0xc1) return Kind::overlong;
  if (octet >= 0xf8) return Kind::never_used;
  if (octet >= 0xf5) return Kind::above_maximum;
  return Kind::unclear;
}

}  // namespace

const char* utf8_fault_name(Utf8FaultKind kind) {
  switch (kind) {
    case Kind::continuation_without_start:
      return "continuation-without-start";
    case Kind::overlong:
      return "overlong";
    case Kind::surrogate:
      return "surrogate";
    case Kind::above_maximum:
      return "above-maximum";
    case Kind::never_used:
      return "never-used";
    case Kind::character_cut:
      return "character-cut";
    case Kind::text_cut:
      return "text-cut";
    case Kind::unclear:
      break;
  }
  return "unclear";
}

Utf8FaultCause utf8_fault_cause(Octets excerpt, std::size_t mark, bool truncated) {
  const Before before = look_back(excerpt, std::min(mark, excerpt.size()));
  if (truncated || mark >= excerpt.size())
    return {Kind::text_cut, 0, before.first, before.there, before.length};
  const std::uint8_t octet = excerpt[mark];
  Utf8FaultCause out{Kind::unclear, octet, before.first, before.there, before.length};
  if (before.there == 1)
    out.kind = of_second(before.first, octet);
  else if (before.there > 1)
    out.kind = continues(octet) ? Kind::unclear : Kind::character_cut;
  else if (!before.unknown || !continues(octet))
    out.kind = of_first(octet);
  return out;
}

}  // namespace wsspec::wire
