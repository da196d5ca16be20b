#include "text/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "wire/url.h"

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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// A parameter's name with %XX undone, in lower case, without - and _: "API-Key" -> "apikey".
std::string bare_name(std::string_view name) {
  std::string decoded = wire::percent_decoded(name);
  std::erase_if(decoded, [](char c) { return c == '-' || c == '_'; });
  return lower(decoded);
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

/// a=1&token=x -> a=1&token=***. Separators are kept.
std::string redact_parameters(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("&;"), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && secret_parameter(pair.substr(0, equals)))
      out.append(pair.substr(0, equals + 1)).append("***");
    else
      out.append(pair);
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
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

std::string redact_url(std::string_view url) {
  std::string out;
  const std::size_t scheme = url.find("://");
  // "://" inside a query is no scheme.
  const bool has_scheme = scheme != std::string_view::npos && url.find_first_of("?#/") > scheme;
  if (has_scheme) {
    out.append(url.substr(0, scheme + 3));
    url.remove_prefix(scheme + 3);
  }
  std::size_t authority = std::min(url.find_first_of("/?#"), url.size());
  std::size_t at = url.substr(0, authority).rfind('@');
  if (at == std::string_view::npos) {
    // A password with an unescaped / ? or #: no valid URL, but one that people type. What stands
    // before the first of these then looks like a host with a port that is no number.
    const std::size_t colon = url.substr(0, authority).rfind(':');
    const bool odd_port =
        colon != std::string_view::npos && url[0] != '[' &&
        url.substr(colon + 1, authority - colon - 1).find_first_not_of("0123456789") !=
            std::string_view::npos;
    if (odd_port) at = url.rfind('@');
  }
  if (at != std::string_view::npos) url.remove_prefix(at + 1);

  authority = std::min(url.find_first_of("?#"), url.size());
  out.append(url.substr(0, authority));
  url.remove_prefix(authority);
  while (!url.empty()) {  // ?query, then #fragment
    out += url[0];
    const std::size_t end = std::min(url.find('#', 1), url.size());
    out += redact_parameters(url.substr(1, end - 1));
    url.remove_prefix(end);
  }
  return out;
}

bool secret_parameter(std::string_view name) {
  const std::string bare = bare_name(name);
  for (std::string_view exact : {"key", "auth", "sig", "jwt", "code", "pass", "pwd", "bearer"})
    if (bare == exact) return true;
  return contains_any(bare, {"token", "secret", "password", "passwd", "apikey", "accesskey",
                             "signature", "credential", "authorization", "ticket"});
}

bool secret_header(std::string_view name) {
  const std::string bare = bare_name(name);
  for (std::string_view exact : {"cookie", "setcookie", "cookie2", "setcookie2", "xauth"})
    if (bare == exact) return true;
  return contains_any(bare, {"authorization", "apikey", "accesskey", "authkey", "token", "secret",
                             "password", "credential", "signature", "jwt"});
}

bool secret_subprotocol(std::string_view entry) {
  const std::string low = lower(entry);
  if (contains_any(low, {"bearer", "token", "secret", "auth.", "jwt"})) return true;
  if (entry.starts_with("eyJ")) return true;
  return entry.size() >= 32;
}

std::string redact_header(std::string_view name, std::string_view value) {
  if (secret_header(name)) return "***";
  if (bare_name(name) != "secwebsocketprotocol") return std::string(value);
  std::string out;
  while (true) {
    const std::size_t end = std::min(value.find(','), value.size());
    std::string_view entry = value.substr(0, end);
    const std::size_t space = std::min(entry.find_first_not_of(" \t"), entry.size());
    out.append(entry.substr(0, space));
    entry.remove_prefix(space);
    out += secret_subprotocol(entry) ? std::string("***") : std::string(entry);
    if (end == value.size()) return out;
    out += ',';
    value.remove_prefix(end + 1);
  }
}

}  // namespace wsspec::text
