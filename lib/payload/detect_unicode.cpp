// Unicode in another form than plain UTF-8: UTF-16 and UTF-32, surrogates in UTF-8's dress, text
// that was encoded twice, and text in which a decoder has already replaced something.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "payload/detectors.h"
#include "wire/utf8.h"

namespace wsspec::payload {
namespace {

// --- UTF-16 and UTF-32

/// Blocks that texts are mostly written in; about half of all 65,536 values.
bool common_unit(unsigned unit) {
  return (unit >= 0x20 && unit < 0x7f) || unit == '\n' || unit == '\r' || unit == '\t' ||
         (unit >= 0xa0 && unit < 0x250) || (unit >= 0x370 && unit < 0x700) ||
         (unit >= 0x2010 && unit < 0x2040) || (unit >= 0x3000 && unit < 0x3100) ||
         (unit >= 0x4e00 && unit < 0xa000) || (unit >= 0xac00 && unit < 0xd7a4) ||
         (unit >= 0xff00 && unit < 0xfff0);
}

struct Units {
  std::size_t count = 0, common = 0, ascii = 0, pairs = 0, lone = 0, zeros = 0;
};

Units read_units(wire::Octets data, bool little) {
  Units out;
  for (std::size_t at = 0; at + 1 < data.size(); at += 2) {
    const auto unit_at = [&](std::size_t i) {
      return little ? data[i] | data[i + 1] << 8 : data[i] << 8 | data[i + 1];
    };
    const auto unit = static_cast<unsigned>(unit_at(at));
    ++out.count;
    if (unit == 0) ++out.zeros;
    if (unit < 0x80 && common_unit(unit)) ++out.ascii;
    if (unit >= 0xdc00 && unit < 0xe000) ++out.lone;
    if (unit >= 0xd800 && unit < 0xdc00) {
      const unsigned next = at + 3 < data.size() ? static_cast<unsigned>(unit_at(at + 2)) : 0;
      if (next >= 0xdc00 && next < 0xe000) {
        ++out.pairs;
        ++out.common;
        at += 2;
      } else if (at + 3 < data.size()) {
        ++out.lone;
      }
    } else if (common_unit(unit)) {
      ++out.common;
    }
  }
  return out;
}

void utf16(const Scan& scan, bool little, Looks& looks) {
  const wire::Octets head = scan.head;
  const std::uint8_t first = little ? 0xff : 0xfe, second = little ? 0xfe : 0xff;
  const bool mark = head.size() >= 2 && head[0] == first && head[1] == second;
  const Kind kind = little ? Kind::utf16le : Kind::utf16be;
  const char* charset = little ? "utf-16le" : "utf-16be";
  const wire::Octets data = mark ? head.subspan(2) : head;
  if (scan.size % 2 != 0 || (data.size() < 4 && !(mark && data.size() == 2))) return;
  const Units units = read_units(data, little);
  const double common = static_cast<double>(units.common) / static_cast<double>(units.count);
  if (units.lone > 0 || units.zeros > 0 || common < (mark ? 0.5 : 0.9)) return;
  if (mark) {
    add(looks, kind, 98,
        fmt::format("a byte order mark {:02x} {:02x}, then {}", first, second,
                    counted(units.count - units.pairs, "character")),
        charset);
    return;
  }
  const double ascii = static_cast<double>(units.ascii) / static_cast<double>(units.count);
  if (ascii >= 0.6)
    add(looks, kind, units.count >= 4 ? 97 : 85,
        fmt::format("every second octet of {:.0f} % of the characters is 00, as ASCII is in UTF-16",
                    ascii * 100),
        charset);
  else if (!(scan.valid() && reads_as_text(head)) && units.count >= 4 &&
           (ascii > 0.05 || units.count >= 8))
    add(looks, kind, (units.count >= 16 ? 62 : 48) + (ascii > 0.05 ? 25 : 0),
        fmt::format("{} characters, {:.0f} % of them in blocks that texts are written in",
                    units.count, common * 100),
        charset);
}

void utf32(const Scan& scan, bool little, Looks& looks) {
  const wire::Octets head = scan.head;
  const std::size_t count = head.size() / 4;
  if (scan.size % 4 != 0 || count == 0) return;
  std::size_t ascii = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t unit = 0;
    for (std::size_t j = 0; j < 4; ++j) unit = unit << 8 | head[4 * i + (little ? 3 - j : j)];
    if (unit > 0x10ffff || unit == 0 || (unit >= 0xd800 && unit < 0xe000)) return;
    if (unit < 0x20 && unit != '\n' && unit != '\r' && unit != '\t') return;
    if (unit < 0x80) ++ascii;
  }
  add(looks, little ? Kind::utf32le : Kind::utf32be, count >= 2 ? 99 : 70,
      fmt::format("every fourth octet is 00, {} below U+110000", counted(count, "character")),
      little ? "utf-32le" : "utf-32be");
}

// --- Surrogates in three octets each

bool surrogate_at(wire::Octets head, std::size_t at, std::uint8_t low, std::uint8_t high) {
  return at + 2 < head.size() && head[at] == 0xed && head[at + 1] >= low && head[at + 1] <= high &&
         (head[at + 2] & 0xc0) == 0x80;
}

// --- Text that was encoded twice

struct Special {
  char32_t code;
  std::uint8_t octet;
};
/// Where Windows-1252 differs from Latin-1, in the order of the characters.
constexpr Special kWindows1252[] = {
    {0x0152, 0x8c}, {0x0153, 0x9c}, {0x0160, 0x8a}, {0x0161, 0x9a}, {0x0178, 0x9f}, {0x017d, 0x8e},
    {0x017e, 0x9e}, {0x0192, 0x83}, {0x02c6, 0x88}, {0x02dc, 0x98}, {0x2013, 0x96}, {0x2014, 0x97},
    {0x2018, 0x91}, {0x2019, 0x92}, {0x201a, 0x82}, {0x201c, 0x93}, {0x201d, 0x94}, {0x201e, 0x84},
    {0x2020, 0x86}, {0x2021, 0x87}, {0x2022, 0x95}, {0x2026, 0x85}, {0x2030, 0x89}, {0x2039, 0x8b},
    {0x203a, 0x9b}, {0x20ac, 0x80}, {0x2122, 0x99}};

/// The octet that a single-octet decoder would have made this character of; 0 if none.
std::uint8_t octet_of(char32_t code) {
  if (code >= 0x80 && code <= 0xff) return static_cast<std::uint8_t>(code);
  const auto found =
      std::lower_bound(std::begin(kWindows1252), std::end(kWindows1252), code,
                       [](const Special& special, char32_t value) { return special.code < value; });
  return found != std::end(kWindows1252) && found->code == code ? found->octet : std::uint8_t{0};
}

/// The character at `at`, of at least two octets; its size is 0 where there is none.
std::pair<char32_t, std::size_t> wide_character(wire::Octets text, std::size_t at) {
  const std::uint8_t first = text[at];
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (at + size > text.size()) return {0, 0};
  char32_t code = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = code << 6 | (text[at + i] & 0x3f);
  return {code, size};
}

struct Doubled {
  std::size_t characters = 0;  ///< above U+007F
  std::size_t used = 0;        ///< of them: octets of a good character
  std::size_t made = 0;        ///< good characters made of them
};

void count_run(wire::Octets octets, Doubled& out) {
  for (std::size_t at = 0; at < octets.size();) {
    const std::size_t size = octets[at] >= 0xf0 ? 4 : octets[at] >= 0xe0 ? 3 : 2;
    const bool good = at + size <= octets.size() && !wire::check_utf8(octets.subspan(at, size)) &&
                      octets[at] >= 0xc2;
    if (good) {
      out.used += size;
      ++out.made;
    }
    at += good ? size : 1;
  }
}

Doubled find_doubled(wire::Octets text) {
  Doubled out;
  wire::OctetVector run;
  const auto end_run = [&] {
    count_run(run, out);
    run.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] < 0x80) {
      if (!run.empty()) end_run();
      ++at;
      continue;
    }
    const auto [code, size] = wide_character(text, at);
    if (size == 0) break;
    at += size;
    ++out.characters;
    const std::uint8_t octet = octet_of(code);
    if (octet == 0)
      end_run();
    else
      run.push_back(octet);
  }
  end_run();
  return out;
}

}  // namespace

void detect_utf16_and_32(const Scan& scan, Looks& looks) {
  for (const bool little : {true, false}) {
    utf32(scan, little, looks);
    utf16(scan, little, looks);
  }
}

void detect_surrogates(const Scan& scan, Looks& looks) {
  if (scan.valid()) return;
  const wire::Octets head = scan.head;
  std::size_t pairs = 0, lone = 0, nulls = 0, others = 0;
  for (std::size_t at = 0; at < head.size();) {
    if (head[at] < 0x80) {
      ++at;
    } else if (surrogate_at(head, at, 0xa0, 0xaf) && surrogate_at(head, at + 3, 0xb0, 0xbf)) {
      ++pairs;
      at += 6;
    } else if (surrogate_at(head, at, 0xa0, 0xbf)) {
      ++lone;
      at += 3;
    } else if (head[at] == 0xc0 && at + 1 < head.size() && head[at + 1] == 0x80) {
      ++nulls;
      at += 2;
    } else {
      const std::size_t size = head[at] >= 0xf0 ? 4 : head[at] >= 0xe0 ? 3 : 2;
      const bool good = at + size <= head.size() && !wire::check_utf8(head.subspan(at, size));
      if (!good) ++others;
      at += good ? size : 1;
    }
  }
  if (others > 0 && others * 10 > pairs + lone + nulls) return;
  if (pairs > 0 || nulls > 0) {
    std::string reason;
    if (pairs > 0) reason = counted(pairs, "surrogate pair") + " in six octets each";
    if (nulls > 0) reason += fmt::format("{}U+0000 as c0 80", reason.empty() ? "" : ", ");
    add(looks, Kind::cesu8, lone > pairs ? 80 : 98, reason);
  }
  if (lone > 0)
    add(looks, Kind::lone_surrogates, pairs > lone ? 60 : 97,
        counted(lone, "half") + " of a surrogate pair alone: a string was cut between the two");
}

void detect_double_encoded(const Scan& scan, Looks& looks) {
  if (!scan.valid()) return;
  const Doubled doubled = find_doubled(scan.head);
  if (doubled.made == 0) return;
  const double share = static_cast<double>(doubled.used) / static_cast<double>(doubled.characters);
  if (share < 0.3) return;
  add(looks, Kind::double_encoded,
      share < 0.8         ? 55
      : doubled.made >= 2 ? 97
                          : 88,
      fmt::format("{} of {} above U+007F, read as octets of Windows-1252, make {} of UTF-8",
                  doubled.used, counted(doubled.characters, "character"),
                  counted(doubled.made, "good character")));
}

void detect_replaced(const Scan& scan, Looks& looks) {
  const std::string_view head = wire::as_chars(scan.head);
  std::size_t count = 0;
  for (auto at = head.find("\xef\xbf\xbd"); at != std::string_view::npos;
       at = head.find("\xef\xbf\xbd", at + 3))
    ++count;
  if (count == 0) return;
  add(looks, Kind::replaced, scan.valid() ? 94 : 40,
      counted(count, "replacement character") + " U+FFFD (ef bf bd): what stood there is lost");
}

}  // namespace wsspec::payload
