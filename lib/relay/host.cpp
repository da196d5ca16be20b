#include "relay/host.h"

#include "wire/header_text.h"

namespace wsspec::relay {
namespace {

/// Of the empty line that ends a head (RFC 9112 2.2: a bare LF may end a line), the index after it.
std::size_t end_of_head(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

}  // namespace

wire::Octets HostRewriter::take(wire::Octets octets) {
  if (done_) {
    held_.clear();
    held_.shrink_to_fit();
    return octets;
  }
  held_ += wire::as_chars(octets);
  const std::size_t end = end_of_head(held_);
  if (end == std::string::npos && held_.size() <= kMaxHead) return {};
  if (end != std::string::npos) rewrite(end);
  return rest();
}

wire::Octets HostRewriter::rest() {
  if (done_) return {};
  done_ = true;
  return wire::as_octets(held_);
}

void HostRewriter::rewrite(std::size_t head_end) {
  std::size_t line = held_.find('\n') + 1;  // after the request line
  while (line < head_end) {
    const std::size_t end = held_.find('\n', line);
    const std::size_t colon = held_.find(':', line);
    if (colon < end &&
        wire::same_name(std::string_view(held_).substr(line, colon - line), "Host")) {
      const std::size_t value_end = end > line && held_[end - 1] == '\r' ? end - 1 : end;
      held_.replace(colon + 1, value_end - colon - 1, " " + host_);
      return;
    }
    line = end + 1;
  }
}

}  // namespace wsspec::relay
