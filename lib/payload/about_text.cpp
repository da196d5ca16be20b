// What the detectors ask of a text.
#include <fmt/format.h>

#include "payload/detectors.h"
#include "wire/utf8.h"

namespace wsspec::payload {

TextCounts count_text(wire::Octets octets) {
  TextCounts out;
  for (std::size_t at = 0; at < octets.size();) {
    const std::uint8_t octet = octets[at];
    if (octet >= 0x80) {
      const std::size_t length = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2;
      const bool good =
          at + length <= octets.size() && !wire::check_utf8(octets.subspan(at, length));
      out.high += good ? length : 1;
      (good ? out.characters : out.bad) += 1;
      at += good ? length : 1;
      continue;
    }
    if (octet == 0)
      ++out.zeros;
    else if (octet == '\n' || octet == '\r' || octet == '\t' || octet == ' ')
      ++out.spaces;
    else if (octet < 0x20 || octet == 0x7f)
      ++out.controls;
    else
      ++out.printable;
    if ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'z') ++out.ascii_letters;
    if (octet >= '0' && octet <= '9') ++out.digits;
    ++at;
  }
  return out;
}

bool reads_as_text(wire::Octets octets) {
  const auto fault = wire::check_utf8(octets);
  if (fault && !fault->truncated) return false;
  for (const std::uint8_t octet : octets) {
    if (octet == '\n' || octet == '\r' || octet == '\t' || octet == 0x1b) continue;
    if (octet < 0x20 || octet == 0x7f) return false;
  }
  return true;
}

std::string counted(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace wsspec::payload
