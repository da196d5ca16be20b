// Text in an older character set. Nearly all octets mean something in each of them, so what counts
// is whether the characters are the usual ones: letters with accents between letters, kana, and the
// frequent half of the Chinese characters, which the double-octet sets keep together.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "payload/detectors.h"

namespace wsspec::payload {
namespace {

bool letter(std::uint8_t octet) {
  return (octet | 0x20) >= 'a' && (octet | 0x20) <= 'z';
}

/// À to ÿ without × and ÷.
bool accented(std::uint8_t octet) {
  return octet >= 0xc0 && octet != 0xd7 && octet != 0xf7;
}

/// Beside a letter, and no capital after a small one, as the first octet of a cut character of
/// UTF-8 would be.
bool fits_in(std::uint8_t octet, std::uint8_t before, std::uint8_t after) {
  const bool capital = octet < 0xdf;
  if (capital && before >= 'a' && letter(before)) return false;
  return letter(before) || letter(after);
}

/// Windows-1252's own: quotation marks, dashes, the Euro sign. Five octets are not assigned.
bool windows_1252(std::uint8_t octet) {
  return octet >= 0x80 && octet < 0xa0 && octet != 0x81 && octet != 0x8d && octet != 0x8f &&
         octet != 0x90 && octet != 0x9d;
}

/// Signs that texts have: quotation marks, dashes, currencies, the degree. Not a lone accent.
bool usual_sign(std::uint8_t octet) {
  static constexpr std::string_view kSigns =
      "\x80\x82\x84\x85\x8a\x8c\x8e\x91\x92\x93\x94\x95\x96\x97\x99\x9a\x9c\x9e\x9f"
      "\xa0\xa1\xa2\xa3\xa5\xa7\xa9\xaa\xab\xae\xb0\xb1\xb2\xb3\xb4\xb5\xb7\xb9\xba\xbb\xbc"
      "\xbd\xbe\xbf\xd7\xf7";
  return kSigns.find(static_cast<char>(octet)) != std::string_view::npos;
}

void latin1(const Scan& scan, const TextCounts& counts, Looks& looks) {
  const wire::Octets head = scan.head;
  std::size_t high = 0, in_short_runs = 0, fitting = 0, own = 0;
  for (std::size_t at = 0, run = 0; at < head.size(); ++at) {
    const std::uint8_t octet = head[at];
    if (octet < 0x80) {
      run = 0;
      continue;
    }
    if (octet < 0xa0 && !windows_1252(octet)) return;
    ++high;
    ++run;
    in_short_runs += run <= 2 ? 1 : 0;  // of a run of three, two were counted
    if (run == 3) in_short_runs -= 2;
    const std::uint8_t before = at > 0 ? head[at - 1] : std::uint8_t{' '};
    const std::uint8_t after = at + 1 < head.size() ? head[at + 1] : std::uint8_t{' '};
    if (octet < 0xa0) ++own;
    if (accented(octet) ? fits_in(octet, before, after) : usual_sign(octet)) ++fitting;
  }
  if (high == 0 || counts.ascii_letters + counts.digits == 0) return;
  const auto share = [](std::size_t part, std::size_t all) {
    return static_cast<double>(part) / static_cast<double>(all);
  };
  const double isolated = share(in_short_runs, high), fits = share(fitting, high);
  int confidence = isolated > 0.85 && fits > 0.85 ? 88 : isolated > 0.6 && fits > 0.6 ? 72 : 35;
  if (share(counts.ascii_letters + counts.digits + counts.spaces + high, head.size()) < 0.5)
    confidence -= 25;
  if (high * 2 > head.size()) confidence -= 30;
  if (high >= 4 && confidence > 80) confidence += 6;
  // A valid character of UTF-8 is a rare accident in Latin-1.
  if (counts.characters > 0) confidence -= counts.characters * 4 > counts.bad ? 50 : 15;
  add(looks, Kind::latin1, confidence,
      fmt::format("{} of {} above 7F stand{} where accented letters or signs do{}", fitting,
                  counted(high, "octet"), fitting == 1 ? "s" : "",
                  own > 0 ? fmt::format("; {} only Windows-1252 has", own) : ""),
      "windows-1252");
  if (own == 0) looks.back().name = "text in Latin-1 (ISO 8859-1)";
}

struct Pairs {
  std::size_t pairs = 0, common = 0, kana = 0, half_width = 0, with_ascii = 0;
};

/// nullopt: not of this character set.
std::optional<Pairs> read_gbk(wire::Octets head, bool whole) {
  Pairs out;
  for (std::size_t at = 0; at < head.size(); ++at) {
    const std::uint8_t lead = head[at];
    if (lead < 0x80) continue;
    if (lead == 0x80 || lead == 0xff) return std::nullopt;
    if (at + 1 >= head.size()) {
      if (whole) return std::nullopt;
      break;
    }
    const std::uint8_t trail = head[++at];
    if (trail < 0x40 || trail == 0x7f || trail == 0xff) return std::nullopt;
    ++out.pairs;
    if (trail < 0x80) ++out.with_ascii;
    // Level 1 of GB 2312: the 3,755 most frequent characters; and its punctuation.
    if (trail >= 0xa1 && ((lead >= 0xb0 && lead <= 0xd7) || lead == 0xa1 || lead == 0xa3))
      ++out.common;
  }
  return out;
}

std::optional<Pairs> read_shift_jis(wire::Octets head, bool whole) {
  Pairs out;
  for (std::size_t at = 0; at < head.size(); ++at) {
    const std::uint8_t lead = head[at];
    if (lead < 0x80) continue;
    if (lead >= 0xa1 && lead <= 0xdf) {
      ++out.half_width;
      continue;
    }
    if (lead == 0x80 || lead == 0xa0 || lead > 0xfc) return std::nullopt;
    if (at + 1 >= head.size()) {
      if (whole) return std::nullopt;
      break;
    }
    const std::uint8_t trail = head[++at];
    if (trail < 0x40 || trail == 0x7f || trail > 0xfc) return std::nullopt;
    ++out.pairs;
    if (trail < 0x80) ++out.with_ascii;
    const bool kana =
        (lead == 0x82 && trail >= 0x9f && trail <= 0xf1) || (lead == 0x83 && trail <= 0x96);
    if (kana) ++out.kana;
    // Level 1 of JIS X 0208, and its punctuation.
    if (kana || lead == 0x81 || (lead >= 0x88 && lead <= 0x97)) ++out.common;
  }
  return out;
}

void gbk(const Scan& scan, Looks& looks) {
  const auto pairs = read_gbk(scan.head, scan.whole());
  if (!pairs || pairs->pairs == 0) return;
  const double common = static_cast<double>(pairs->common) / static_cast<double>(pairs->pairs);
  int confidence = common > 0.85 ? 90 : common > 0.6 ? 62 : 15;
  if (pairs->pairs == 1) confidence -= 25;
  if (pairs->pairs >= 8 && common > 0.85) confidence += 5;
  add(looks, Kind::gbk, confidence,
      fmt::format("{} of {} are frequent Chinese characters", pairs->common,
                  counted(pairs->pairs, "pair") + " of octets"),
      "gbk");
}

void shift_jis(const Scan& scan, Looks& looks) {
  const auto pairs = read_shift_jis(scan.head, scan.whole());
  if (!pairs || pairs->pairs + pairs->half_width == 0) return;
  const auto all = static_cast<double>(pairs->pairs + pairs->half_width);
  const double common = static_cast<double>(pairs->common) / all;
  const double kana = static_cast<double>(pairs->kana) / all;
  int confidence = common > 0.85 ? 70 : common > 0.6 ? 50 : 15;
  if (kana > 0.15 && common > 0.6) confidence += 25;
  if (pairs->pairs <= 1) confidence -= 25;
  // Half-width katakana alone, four at least.
  if (pairs->pairs == 0 && pairs->half_width >= 4) confidence = 45;
  add(looks, Kind::shift_jis, confidence,
      fmt::format("{} of {}, {} of them kana", pairs->common,
                  counted(static_cast<std::uint64_t>(all), "character") +
                      " above 7F are frequent Japanese ones",
                  pairs->kana),
      "shift_jis");
}

}  // namespace

bool may_be_charset(const Scan& scan) {
  const TextCounts counts = count_text(scan.head);
  // Text has no other controls than line ends; one or two more are forgiven a long one.
  if ((counts.zeros + counts.controls) * 200 > scan.head.size()) return false;
  // Where nearly all is good UTF-8, the rest is damage.
  return counts.characters <= 2 * counts.bad;
}

void detect_charset(const Scan& scan, Looks& looks) {
  if (scan.valid() || !may_be_charset(scan)) return;
  latin1(scan, count_text(scan.head), looks);
  gbk(scan, looks);
  shift_jis(scan, looks);
}

}  // namespace wsspec::payload
