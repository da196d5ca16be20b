#include "text/redactor.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "text/common_words.h"
#include "wire/octets.h"

namespace wsspec::text {
namespace {

constexpr std::size_t kRecent = 64;
constexpr std::size_t kIndexed = 64 * 1024;  // octets of a value
constexpr std::size_t kLongNumber = 12;      // digits
constexpr std::size_t kLeastEdge = 4;
constexpr std::size_t kDigitsAmongWords = 2;
constexpr int kDepth = 2;

/// What an octet is, worked out once: small letters for large ones, digits' values (or -1).
struct Octet {
  char folded;
  bool bare;  ///< a letter or a digit; every octet above ASCII counts as one
  std::int8_t nibble, base64;
};

constexpr Octet octet_of(int value) {
  const char c = static_cast<char>(value);
  const bool large = c >= 'A' && c <= 'Z';
  const char low = large ? static_cast<char>(c - 'A' + 'a') : c;
  const bool letter = low >= 'a' && low <= 'z', digit = c >= '0' && c <= '9';
  Octet out{low, letter || digit || value >= 0x80, -1, -1};
  if (digit) out.nibble = static_cast<std::int8_t>(c - '0');
  if (low >= 'a' && low <= 'f') out.nibble = static_cast<std::int8_t>(low - 'a' + 10);
  if (letter) out.base64 = static_cast<std::int8_t>(low - 'a' + (large ? 0 : 26));
  if (digit) out.base64 = static_cast<std::int8_t>(c - '0' + 52);
  if (c == '+' || c == '-') out.base64 = 62;
  if (c == '/' || c == '_') out.base64 = 63;
  return out;
}

constexpr auto kOctets = [] {
  std::array<Octet, 256> out{};
  for (int value = 0; value < 256; ++value) out[static_cast<std::size_t>(value)] = octet_of(value);
  return out;
}();

const Octet& of(char c) {
  return kOctets[static_cast<unsigned char>(c)];
}
char folded(char c) {
  return of(c).folded;
}
bool bare(char c) {
  return of(c).bare;
}
int nibble(char c) {
  return of(c).nibble;
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint64_t shifted(std::uint64_t run, char next) {
  return run << 8 | static_cast<unsigned char>(next);
}

std::uint64_t packed(std::string_view octets) {
  std::uint64_t run = 0;
  for (const char c : octets) run = shifted(run, c);
  return run;
}

std::string_view trimmed(std::string_view value) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = value.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(kSpace) - first + 1);
}

bool number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), digit);
}

/// What can be no evidence of a secret.
bool evident(std::string_view text) {
  return text.find_first_not_of(text.front()) != std::string_view::npos && !common_words(text);
}

/// An escape at the front of a text: the octet that it stands for, and its length.
struct Escape {
  char octet;
  std::size_t size;
};

std::optional<Escape> escape_at(std::string_view text) {
  const auto hex = [&](std::size_t at, std::size_t size) -> std::optional<Escape> {
    if (text.size() < at + 2 || nibble(text[at]) < 0 || nibble(text[at + 1]) < 0) return {};
    return Escape{static_cast<char>(nibble(text[at]) << 4 | nibble(text[at + 1])), size};
  };
  if (text[0] == '%') return hex(1, 3);
  if (text[0] != '\\' || text.size() < 2) return {};
  if (text[1] == 'x') return hex(2, 4);
  if (text[1] == 'u' && text.size() >= 6 && text[2] == '0' && text[3] == '0') return hex(4, 6);
  return {};
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto escape = escape_at(text.substr(at));
    out += escape ? escape->octet : text[at];
    at += escape ? escape->size : 1;
  }
  return out;
}

std::string low(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), folded);
  return out;
}

std::string bare_text(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), bare);
  return out;
}

void add_runs(std::string_view text, bool numbers, std::vector<std::uint64_t>& runs,
              std::vector<std::uint64_t>& common) {
  for (std::size_t at = 0; at + Secrets::kRun <= text.size(); ++at) {
    const std::string_view run = text.substr(at, Secrets::kRun);
    // A piece of a longer value, that may stand in any report: "version1" of "version: 1.2".
    const bool piece = text.size() > Secrets::kRun && common_words(run, kDigitsAmongWords);
    const bool enough = !piece && evident(run) && (numbers || !number(run));
    (enough ? runs : common).push_back(packed(run));
  }
  if (runs.empty()) common.clear();
}

}  // namespace

/// A text that another one holds, with the place that each octet has in the first one.
struct Secrets::View {
  std::string_view octets;
  std::string own{};  ///< what `octets` views, but for the first one
  std::vector<std::pair<std::uint32_t, std::uint32_t>> at{};  ///< from, to; empty: the same places

  std::size_t from(std::size_t i) const { return at.empty() ? i : at[i].first; }
  std::size_t to(std::size_t last) const { return at.empty() ? last + 1 : at[last].second; }
  void add(char octet, std::size_t from, std::size_t to) {
    own += octet;
    at.emplace_back(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
  }
  /// Nothing goes over from what was added to what will be.
  void part(std::size_t place) {
    if (!own.empty()) add('\0', place, place);
  }
};

namespace {

/// The places of characters that belong together, row after row.
struct Rows {
  std::vector<std::size_t> places;
  std::vector<std::size_t> ends;  ///< of each row, in `places`

  /// The row that began at the last end is complete; a short one is none.
  void end_row(std::size_t least) {
    const std::size_t begin = ends.empty() ? 0 : ends.back();
    if (places.size() - begin < least)
      places.resize(begin);
    else
      ends.push_back(places.size());
  }
  template <class Use>
  void each(std::size_t phase, const Use& use) const {
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      if (begin + phase < end) use(std::span(places).subspan(begin + phase, end - begin - phase));
      begin = end;
    }
  }
};

/// The digits of "63 6e 72", "63:6E:72", "0x63, 0x6e", "636e72".
Rows hex_rows(std::string_view text, std::size_t least) {
  Rows rows;
  std::size_t between = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '0' && i + 1 < text.size() && (text[i + 1] == 'x' || text[i + 1] == 'X')) {
      ++i;
    } else if (nibble(c) >= 0) {
      rows.places.push_back(i);
      between = 0;
    } else if (bare(c) || ++between > 3) {
      rows.end_row(least);
      between = 0;
    }
  }
  rows.end_row(least);
  return rows;
}

/// Base64's characters, those for URLs too, also on several lines.
Rows base64_rows(std::string_view text, std::size_t least) {
  Rows rows;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (of(text[i]).base64 >= 0)
      rows.places.push_back(i);
    else if (text[i] != '\r' && text[i] != '\n')
      rows.end_row(least);
  }
  rows.end_row(least);
  return rows;
}

bool has_escape(std::string_view text) {
  for (std::size_t i = text.find_first_of("%\\"); i != std::string_view::npos;
       i = text.find_first_of("%\\", i + 1))
    if (escape_at(text.substr(i))) return true;
  return false;
}

}  // namespace

void Secrets::Runs::add(const std::vector<std::uint64_t>& runs) {
  for (const std::uint64_t run : runs) {
    ++counts_[run];
    maybe_[bit_of(run) / 64] |= std::uint64_t{1} << (bit_of(run) % 64);
  }
}

void Secrets::Runs::remove(const std::vector<std::uint64_t>& runs) {
  for (const std::uint64_t run : runs)
    if (const auto found = counts_.find(run); found != counts_.end() && --found->second == 0)
      counts_.erase(found);
  stale_ += runs.size();
  if (stale_ < kBits / 32) return;
  stale_ = 0;
  std::fill(maybe_.begin(), maybe_.end(), 0);
  for (const auto& [run, count] : counts_)
    maybe_[bit_of(run) / 64] |= std::uint64_t{1} << (bit_of(run) % 64);
}

Secrets::Needles Secrets::needles_of(std::string_view value) {
  Needles needles;
  const std::string whole = low(value.substr(0, kIndexed));
  const std::string undone = low(unescaped(value.substr(0, kIndexed)));
  for (const std::string* one : {&whole, &undone}) {
    const std::string& text = *one;
    if (text.size() < kShortest || (one == &undone && undone == whole)) continue;
    if (text.size() < kRun || (number(text) && text.size() < kLongNumber)) {
      if (evident(text)) needles.words.push_back(text);
      continue;
    }
    add_runs(text, true, needles.runs, needles.common_runs);
    // An address or a version without its points would be any number.
    const bool numbers = text.find_first_of(".:") == std::string::npos;
    add_runs(bare_text(text), numbers, needles.bare_runs, needles.common_bare_runs);
    for (std::size_t size = (text.size() + 1) / 2; size < kRun; ++size) {
      const std::string head = text.substr(0, size), tail = text.substr(text.size() - size);
      if (evident(head) && !number(head)) needles.heads.push_back(head);
      if (evident(tail) && !number(tail)) needles.tails.push_back(tail);
    }
  }
  return needles;
}

void Secrets::index(const Needles& needles) {
  runs_.add(needles.runs);
  bare_runs_.add(needles.bare_runs);
  common_runs_.add(needles.common_runs);
  common_bare_runs_.add(needles.common_bare_runs);
  for (const auto& word : needles.words) words_.emplace(packed(word.substr(0, kShortest)), word);
  heads_.insert(needles.heads.begin(), needles.heads.end());
  tails_.insert(needles.tails.begin(), needles.tails.end());
}

void Secrets::forget(const Needles& needles) {
  runs_.remove(needles.runs);
  bare_runs_.remove(needles.bare_runs);
  common_runs_.remove(needles.common_runs);
  common_bare_runs_.remove(needles.common_bare_runs);
  for (const auto& word : needles.words) {
    auto [at, end] = words_.equal_range(packed(word.substr(0, kShortest)));
    while (at != end && at->second != word) ++at;
    if (at != end) words_.erase(at);
  }
  for (const auto& head : needles.heads) heads_.erase(heads_.find(head));
  for (const auto& tail : needles.tails) tails_.erase(tails_.find(tail));
}

void Secrets::add(std::string_view value) {
  value = trimmed(value);
  if (value.size() < kShortest || !known_.emplace(value).second) return;
  index(needles_of(value));
}

void Secrets::add_recent(std::string_view value) {
  value = trimmed(value);
  if (value.size() < kShortest || known_.contains(value)) return;
  const bool known = std::any_of(recent_.begin(), recent_.end(),
                                 [&](const Recent& one) { return one.value == value; });
  if (known) return;
  recent_.push_back({std::string(value), needles_of(value)});
  index(recent_.back().needles);
  if (recent_.size() <= kRecent) return;
  forget(recent_.front().needles);
  recent_.pop_front();
}

void Secrets::search_words(const View& view, std::vector<Place>& found) const {
  const std::string_view text = view.octets;
  for (std::size_t at = 0; at + kShortest <= text.size(); ++at) {
    if (at > 0 && bare(text[at - 1])) continue;
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < kShortest; ++i) begin = shifted(begin, folded(text[at + i]));
    const auto [first, last] = words_.equal_range(begin);
    for (auto word = first; word != last; ++word) {
      const std::size_t end = at + word->second.size();
      if (low(text.substr(at, word->second.size())) != word->second) continue;
      if (end < text.size() && bare(text[end])) continue;
      found.push_back({view.from(at), view.to(end - 1), true});
    }
  }
}

void Secrets::search(const View& view, std::vector<Place>& found) const {
  const std::string_view text = view.octets;
  std::uint64_t run = 0, bare_run = 0;
  std::array<std::size_t, kRun> bare_at{};  // the places of the last letters and digits
  std::size_t bares = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Octet& octet = of(text[i]);
    run = shifted(run, octet.folded);
    if (i + 1 >= kRun && (runs_.has(run) || common_runs_.has(run)))
      found.push_back({view.from(i + 1 - kRun), view.to(i), runs_.has(run)});
    if (!octet.bare) continue;
    bare_run = shifted(bare_run, octet.folded);
    bare_at[bares++ % kRun] = i;
    if (bares >= kRun && (bare_runs_.has(bare_run) || common_bare_runs_.has(bare_run)))
      found.push_back({view.from(bare_at[bares % kRun]), view.to(i), bare_runs_.has(bare_run)});
  }
  if (!words_.empty()) search_words(view, found);
}

/// A text may have been cut inside a secret, so that no run of it is left.
void Secrets::search_edges(std::string_view text, std::vector<Place>& found) const {
  for (std::size_t size = kLeastEdge; size < kRun && size <= text.size(); ++size) {
    if (heads_.contains(low(text.substr(text.size() - size))))
      found.push_back({text.size() - size, text.size(), true});
    if (tails_.contains(low(text.substr(0, size)))) found.push_back({0, size, true});
  }
}

void Secrets::look(const View& view, int depth, std::vector<Place>& found) const {
  search(view, found);
  if (depth == kDepth) return;
  const std::string_view text = view.octets;
  const auto deeper = [&](View& inner) {
    inner.octets = inner.own;
    if (!inner.own.empty()) look(inner, depth + 1, found);
  };
  if (has_escape(text)) {
    View undone;
    for (std::size_t i = 0; i < text.size();) {
      const auto escape = escape_at(text.substr(i));
      const std::size_t size = escape ? escape->size : 1;
      undone.add(escape ? escape->octet : text[i], view.from(i), view.to(i + size - 1));
      i += size;
    }
    deeper(undone);
  }
  // What is decoded must hold a run, or a word.
  const std::size_t least = words_.empty() ? kRun : kShortest;
  const Rows digits = hex_rows(text, least * 2);
  for (std::size_t phase = 0; phase < 2 && !digits.ends.empty(); ++phase) {
    View octets;
    digits.each(phase, [&](std::span<const std::size_t> row) {
      octets.part(view.from(row[0]));
      for (std::size_t k = 0; k + 1 < row.size(); k += 2)
        octets.add(static_cast<char>(nibble(text[row[k]]) << 4 | nibble(text[row[k + 1]])),
                   view.from(row[k]), view.to(row[k + 1]));
    });
    deeper(octets);
  }
  const Rows characters = base64_rows(text, (least * 8 + 5) / 6);
  for (std::size_t phase = 0; phase < 4 && !characters.ends.empty(); ++phase) {
    View octets;
    characters.each(phase, [&](std::span<const std::size_t> row) {
      octets.part(view.from(row[0]));
      std::uint32_t bits = 0;
      std::size_t held = 0;
      for (std::size_t k = 0; k < row.size(); ++k) {
        bits = bits << 6 | static_cast<std::uint32_t>(of(text[row[k]]).base64);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        // The octet began in the character before.
        octets.add(static_cast<char>(bits >> held & 0xff), view.from(row[k - 1]), view.to(row[k]));
      }
    });
    deeper(octets);
  }
}

std::vector<Secrets::Place> Secrets::places(std::string_view text) const {
  std::vector<Place> found;
  if (empty() || text.size() < kLeastEdge) return found;
  look(View{text}, 0, found);
  search_edges(text, found);
  std::sort(found.begin(), found.end());
  std::vector<Place> apart;
  for (const Place& place : found) {
    if (!apart.empty() && place.from <= apart.back().to) {
      apart.back().to = std::max(apart.back().to, place.to);
      apart.back().evident = apart.back().evident || place.evident;
    } else {
      apart.push_back(place);
    }
  }
  std::erase_if(apart, [](const Place& place) { return !place.evident; });
  return apart;
}

std::string Secrets::redact(std::string_view text) const {
  std::string out;
  std::size_t done = 0;
  for (const auto& [from, to, evident] : places(text)) {
    out.append(text.substr(done, from - done)).append("***");
    done = to;
  }
  return out.append(text.substr(done));
}

void Secrets::mask(std::span<std::uint8_t> octets) const {
  for (const auto& [from, to, evident] : places(wire::as_chars(octets)))
    std::fill(octets.begin() + static_cast<std::ptrdiff_t>(from),
              octets.begin() + static_cast<std::ptrdiff_t>(to), std::uint8_t{'*'});
}

}  // namespace wsspec::text
