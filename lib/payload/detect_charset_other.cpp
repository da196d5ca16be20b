// Character sets that are met less often: told by their most frequent letters.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "payload/detectors.h"

namespace wsspec::payload {
namespace {

/// The six most frequent letters of a language in a set with one octet a letter: about half of all
/// letters of a text.
struct Alphabet {
  const char* label;
  const char* name;
  std::string_view frequent;
};
constexpr Alphabet kAlphabets[] = {
    {"windows-1251", "Cyrillic text in Windows-1251", "\xee\xe5\xe0\xe8\xed\xf2"},
    {"koi8-r", "Cyrillic text in KOI8-R", "\xcf\xc5\xc1\xc9\xce\xd4"},
    {"iso-8859-5", "Cyrillic text in ISO 8859-5", "\xde\xd5\xd0\xd8\xdd\xe2"},
    {"ibm866", "Cyrillic text in code page 866", "\xae\xa5\xa0\xa8\xad\xe2"},
    {"iso-8859-7", "Greek text in ISO 8859-7 or Windows-1253", "\xe1\xe5\xef\xe9\xf4\xed"},
    {"windows-1255", "Hebrew text in Windows-1255", "\xe9\xe5\xe4\xec\xe0\xf8"}};

void single_octets(const Scan& scan, Looks& looks) {
  std::array<std::size_t, 256> counts{};
  std::size_t high = 0, in_words = 0, run = 0;
  for (const std::uint8_t octet : scan.head) {
    run = octet >= 0x80 ? run + 1 : 0;
    if (octet < 0x80) continue;
    ++high;
    ++counts[octet];
    in_words += run == 3 ? 3 : run > 3 ? 1 : 0;
  }
  if (high < 8 || in_words * 2 < high) return;
  const Alphabet* best = nullptr;
  std::size_t most = 0;
  for (const Alphabet& alphabet : kAlphabets) {
    std::size_t sum = 0;
    for (const char c : alphabet.frequent) sum += counts[static_cast<std::uint8_t>(c)];
    if (sum > most) {
      most = sum;
      best = &alphabet;
    }
  }
  const double share = static_cast<double>(most) / static_cast<double>(high);
  if (best == nullptr || share < 0.36 || share > 0.8) return;
  add(looks, Kind::other_charset, high >= 24 ? 82 : 64,
      fmt::format("the six most frequent letters of that language make {:.0f} % of {} above 7F",
                  share * 100, counted(high, "octet")),
      best->label);
  looks.back().name = best->name;
}

struct Pairs {
  bool good = true;
  std::size_t count = 0, hangul = 0, kana = 0, kanji = 0, big5 = 0, low_trails = 0;
};

/// Leads from A1 to FE; a trail may be below 7F in Big5 alone.
Pairs read_pairs(wire::Octets head) {
  Pairs out;
  for (std::size_t at = 0; at + 1 < head.size(); ++at) {
    const std::uint8_t lead = head[at];
    if (lead < 0x80) continue;
    const std::uint8_t trail = head[++at];
    const bool low = trail >= 0x40 && trail < 0x7f;
    if (lead < 0xa1 || lead == 0xff || trail == 0xff || (trail < 0xa1 && !low)) {
      out.good = false;
      return out;
    }
    ++out.count;
    if (low) ++out.low_trails;
    if (lead >= 0xa4 && lead <= 0xc6) ++out.big5;            // its frequent characters
    if (lead == 0xa1) ++out.big5, ++out.kanji;               // punctuation
    if (lead >= 0xb0 && lead <= 0xc8 && !low) ++out.hangul;  // KS X 1001
    if ((lead == 0xa4 || lead == 0xa5) && !low) ++out.kana;  // JIS X 0208
    if (lead >= 0xb0 && lead <= 0xcf && !low) ++out.kanji;   // its frequent characters
  }
  return out;
}

void double_octets(const Scan& scan, Looks& looks) {
  const Pairs pairs = read_pairs(scan.head);
  if (!pairs.good || pairs.count < 4) return;
  const auto share = [&](std::size_t part) {
    return static_cast<double>(part) / static_cast<double>(pairs.count);
  };
  const auto tell = [&](int confidence, const char* name, const char* label, std::size_t part,
                        const char* what) {
    add(looks, Kind::other_charset, confidence,
        fmt::format("{} of {} are {}", part, counted(pairs.count, "pair") + " of octets", what),
        label);
    looks.back().name = name;
  };
  if (pairs.low_trails == 0 && share(pairs.kana) > 0.15 && share(pairs.kana + pairs.kanji) > 0.8)
    tell(pairs.count >= 8 ? 92 : 75, "Japanese text in EUC-JP", "euc-jp", pairs.kana, "kana");
  else if (pairs.low_trails == 0 && share(pairs.hangul) > 0.9 && pairs.count >= 8)
    // Of Chinese characters four in ten are above these.
    tell(96, "Korean text in EUC-KR", "euc-kr", pairs.hangul, "Hangul syllables");
  else if (share(pairs.low_trails) > 0.2 && share(pairs.low_trails) < 0.65 &&
           share(pairs.big5) > 0.85)
    tell(pairs.count >= 8 ? 88 : 66, "Chinese text in Big5", "big5", pairs.big5,
         "frequent characters of it");
}

}  // namespace

void detect_other_charset(const Scan& scan, Looks& looks) {
  if (scan.valid() || !may_be_charset(scan)) return;
  single_octets(scan, looks);
  double_octets(scan, looks);
}

}  // namespace wsspec::payload
