#include "text/printable.h"

#include <fmt/format.h>

#include "text/escape.h"

namespace wsspec::text {

std::string Printable::for_terminal(std::size_t limit) const {
  return printable(text_, limit);
}

std::string Printable::for_xml(std::size_t limit) const {
  return xml(printable(text_, limit));
}

Printable show(std::string_view raw, const Secrets& secrets, std::size_t limit) {
  // Before it is cut or escaped: a secret is only found whole or at an edge.
  const std::string redacted = secrets.redact(raw);
  if (redacted.size() <= limit) return Printable(well_formed(redacted));
  std::size_t at = 0;
  while (true) {
    const std::size_t size = first_character(std::string_view(redacted).substr(at)).size;
    if (at + size > limit) break;
    at += size;
  }
  return Printable(well_formed(std::string_view(redacted).substr(0, at)) +
                   fmt::format("… ({} octets)", raw.size()));
}

}  // namespace wsspec::text
