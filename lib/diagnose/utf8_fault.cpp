// The validator says where; this says why. Up to the proving octet the text is well-formed, so the
// octet in question either begins a character or continues the one that the up to three octets
// before it began: those decide which of RFC 3629's rules is broken.
#include "diagnose/utf8_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace wsspec::diagnose {
namespace {

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

Before look_back(wire::Octets excerpt, std::size_t mark) {
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
std::optional<std::string> bad_second(std::uint8_t first, std::uint8_t second) {
  if (!continues(second)) return std::nullopt;
  if ((first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90)) {
    return fmt::format("0x{:02X} after 0x{:02X} is an overlong form", second, first);
  }
  if (first == 0xed && second >= 0xa0) {
    return fmt::format("0x{:02X} after 0xED would make a surrogate (U+D800 to U+DFFF)", second);
  }
  if (first == 0xf4 && second >= 0x90) {
    return fmt::format("0x{:02X} after 0xF4 is above U+10FFFF", second);
  }
  return std::nullopt;
}

std::string at_end(const Before& before) {
  if (before.there == 0) return "the text ends inside a character";
  return fmt::format("the text ends inside a {}-octet character ({} {} there)", before.length,
                     before.there, before.there == 1 ? "octet is" : "octets are");
}

/// The octet stands where a character begins.
std::string as_first(std::uint8_t octet) {
  if (continues(octet)) {
    return fmt::format("0x{:02X} is a continuation octet without a beginning", octet);
  }
  const char* why = nullptr;
  if (octet == 0xc0 || octet == 0xc1) {
    why = "it could only begin an overlong form";
  } else if (octet >= 0xf5 && octet <= 0xf7) {
    why = "it could only begin a character above U+10FFFF";
  } else if (octet >= 0xf8 && octet <= 0xfd) {
    why = "it began the 5- and 6-octet forms that RFC 3629 took away";
  } else if (octet >= 0xfe) {
    why = "it is half of UTF-16's byte order mark";
  }
  if (why == nullptr) return fmt::format("0x{:02X} does not fit what stands before it", octet);
  return fmt::format("0x{:02X} never occurs in UTF-8 ({})", octet, why);
}

}  // namespace

std::string utf8_fault_reason(wire::Octets excerpt, std::size_t mark, bool truncated) {
  if (truncated || mark >= excerpt.size()) {
    return at_end(look_back(excerpt, std::min(mark, excerpt.size())));
  }
  const std::uint8_t octet = excerpt[mark];
  const Before before = look_back(excerpt, mark);
  if (before.there > 0) {
    if (before.there == 1) {
      if (auto why = bad_second(before.first, octet)) return *why;
    }
    if (!continues(octet)) {
      return fmt::format("0x{:02X} where a continuation octet (80 to BF) was due", octet);
    }
  }
  if (before.unknown && continues(octet)) {
    return fmt::format("0x{:02X} does not fit what stands before it", octet);
  }
  return as_first(octet);
}

}  // namespace wsspec::diagnose
