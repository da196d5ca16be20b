#include "text/printable.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/escape.h"

namespace wsspec::text {

std::string Printable::for_terminal(std::size_t limit) const {
  return printable(text_, limit);
}

std::string Printable::for_xml(std::size_t limit) const {
  return xml(printable(text_, limit));
}

Printable show(std::string_view raw, const Secrets& secrets, std::size_t limit) {
  // Before it is cut or escaped. What lies far after the cut is not even looked at: a server may
  // send megabytes.
  const std::size_t looked = limit > kShown ? raw.size() : std::min(raw.size(), 4 * kShown);
  const std::string redacted = secrets.redact(raw.substr(0, looked));
  if (looked == raw.size() && redacted.size() <= limit) return Printable(well_formed(redacted));
  std::size_t at = 0;
  while (true) {
    const std::size_t size = first_character(std::string_view(redacted).substr(at)).size;
    if (size == 0 || at + size > limit) break;
    at += size;
  }
  return Printable(well_formed(std::string_view(redacted).substr(0, at)) +
                   fmt::format("… ({} octets)", raw.size()));
}

}  // namespace wsspec::text
