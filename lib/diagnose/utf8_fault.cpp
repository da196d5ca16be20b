#include "diagnose/utf8_fault.h"

#include <fmt/format.h>

namespace wsspec::diagnose {
namespace {

std::string at_end(const wire::Utf8FaultCause& cause) {
  if (cause.there == 0) return "the text ends inside a character";
  return fmt::format("the text ends inside a {}-octet character ({} {} there)", cause.length,
                     cause.there, cause.there == 1 ? "octet is" : "octets are");
}

std::string never(std::uint8_t octet, const char* why) {
  return fmt::format("0x{:02X} never occurs in UTF-8 ({})", octet, why);
}

}  // namespace

std::string utf8_fault_text(const wire::Utf8FaultCause& cause) {
  using Kind = wire::Utf8FaultKind;
  const bool first = cause.there == 0;
  const unsigned octet = cause.octet;
  switch (cause.kind) {
    case Kind::continuation_without_start:
      return fmt::format("0x{:02X} is a continuation octet without a beginning", octet);
    case Kind::overlong:
      if (first) return never(cause.octet, "it could only begin an overlong form");
      return fmt::format("0x{:02X} after 0x{:02X} is an overlong form", octet, cause.first);
    case Kind::surrogate:
      return fmt::format("0x{:02X} after 0xED would make a surrogate (U+D800 to U+DFFF)", octet);
    case Kind::above_maximum:
      if (first) return never(cause.octet, "it could only begin a character above U+10FFFF");
      return fmt::format("0x{:02X} after 0xF4 is above U+10FFFF", octet);
    case Kind::never_used:
      return never(cause.octet, octet >= 0xfe ? "it is half of UTF-16's byte order mark"
                                              : "it began the 5- and 6-octet forms that RFC 3629 "
                                                "took away");
    case Kind::character_cut:
      return fmt::format("0x{:02X} where a continuation octet (80 to BF) was due", octet);
    case Kind::text_cut:
      return at_end(cause);
    case Kind::unclear:
      break;
  }
  return fmt::format("0x{:02X} does not fit what stands before it", octet);
}

std::string utf8_fault_reason(wire::Octets excerpt, std::size_t mark, bool truncated) {
  return utf8_fault_text(wire::utf8_fault_cause(excerpt, mark, truncated));
}

}  // namespace wsspec::diagnose
