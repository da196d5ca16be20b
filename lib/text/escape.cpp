#include "text/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace wsspec::text {
namespace {

struct Range {
  char32_t from, to;
};

/// Characters that show nothing, or change how others are shown. Sorted.
constexpr std::array kInvisible{
    Range{0x0080, 0x009f},    // C1
    Range{0x00ad, 0x00ad},    // soft hyphen
    Range{0x034f, 0x034f},    // combining grapheme joiner
    Range{0x061c, 0x061c},    // Arabic letter mark (bidi)
    Range{0x115f, 0x1160},    // Hangul fillers
    Range{0x17b4, 0x17b5},    // Khmer inherent vowels
    Range{0x180b, 0x180f},    // Mongolian selectors and separator
    Range{0x200b, 0x200f},    // zero-width space to right-to-left mark
    Range{0x2028, 0x202e},    // line separators, bidi embeddings and overrides
    Range{0x2060, 0x206f},    // word joiner, bidi isolates, deprecated format characters
    Range{0x3164, 0x3164},    // Hangul filler
    Range{0xfdd0, 0xfdef},    // noncharacters
    Range{0xfe00, 0xfe0f},    // variation selectors
    Range{0xfeff, 0xfeff},    // zero-width no-break space, the byte order mark
    Range{0xffa0, 0xffa0},    // half-width Hangul filler
    Range{0xfff0, 0xfffb},    // unassigned specials, interlinear annotation
    Range{0x1d173, 0x1d17a},  // musical format characters
    Range{0xe0000, 0xe0fff},  // tags, supplementary variation selectors
};

bool invisible(char32_t code) {
  if ((code & 0xfffe) == 0xfffe) return true;  // the last two of every plane: noncharacters
  const auto after = std::upper_bound(kInvisible.begin(), kInvisible.end(), code,
                                      [](char32_t c, const Range& r) { return c < r.from; });
  return after != kInvisible.begin() && code <= std::prev(after)->to;
}

void append_escaped(std::string& out, const Character& c) {
  if (!c.well_formed || c.code < 0x80)
    fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned>(c.code));
  else
    fmt::format_to(std::back_inserter(out), "\\u{{{:04X}}}", static_cast<unsigned>(c.code));
}

}  // namespace

Character first_character(std::string_view text) {
  if (text.empty()) return {};
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = octet(0);
  const Character bad{lead, 1, false};
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return bad;
  char32_t code = lead & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return bad;
    code = (code << 6) | (octet(i) & 0x3f);
  }
  // RFC 3629 3: no overlong form, no surrogate, nothing above U+10FFFF.
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return bad;
  return {code, size, true};
}

std::string printable(std::string_view raw, std::size_t limit) {
  std::string out;
  std::size_t at = 0;
  while (at < raw.size()) {
    const Character c = first_character(raw.substr(at));
    if (at + c.size > limit) break;
    if (!c.well_formed || c.code < 0x20 || c.code == 0x7f || invisible(c.code))
      append_escaped(out, c);
    else
      out.append(raw.substr(at, c.size));
    at += c.size;
  }
  if (at < raw.size()) out += fmt::format("… ({} octets)", raw.size());
  return out;
}

std::string well_formed(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    const Character c = first_character(raw);
    if (c.well_formed)
      out.append(raw.substr(0, c.size));
    else
      append_escaped(out, c);
    raw.remove_prefix(c.size);
  }
  return out;
}

std::string xml(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    const Character c = first_character(raw);
    const bool control = c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0);
    if (c.code == '\n' || c.code == '\t')
      fmt::format_to(std::back_inserter(out), "&#{};", static_cast<unsigned>(c.code));
    else if (!c.well_formed || control || (c.code & 0xfffe) == 0xfffe)
      append_escaped(out, c);
    else if (c.code == '&')
      out += "&amp;";
    else if (c.code == '<')
      out += "&lt;";
    else if (c.code == '>')  // always, so that "]]>" cannot occur
      out += "&gt;";
    else if (c.code == '"')
      out += "&quot;";
    else
      out.append(raw.substr(0, c.size));
    raw.remove_prefix(c.size);
  }
  return out;
}

std::string json_text(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    const Character c = first_character(raw);
    if (c.code != 0x7f && !invisible(c.code)) {
      out.append(raw.substr(0, c.size));
    } else if (c.code > 0xffff) {
      const auto above = static_cast<unsigned>(c.code) - 0x10000;
      fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (above >> 10),
                     0xdc00 + (above & 0x3ff));
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.code));
    }
    raw.remove_prefix(c.size);
  }
  return out;
}

std::string hex(wire::Octets octets, std::size_t limit) {
  std::string out;
  const std::size_t shown = std::min(limit, octets.size());
  for (std::size_t i = 0; i < shown; ++i)
    fmt::format_to(std::back_inserter(out), "{}{:02x}", i == 0 ? "" : " ", octets[i]);
  if (shown < octets.size())
    out += fmt::format("{}… ({} octets)", shown == 0 ? "" : " ", octets.size());
  return out;
}

}  // namespace wsspec::text
