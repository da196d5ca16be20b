// Each maker writes what a program of that kind writes, and ends with a part whose length makes the
// whole come out right. Whole numbers only: floating point differs between machines.
#include "scenario/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "scenario/splitmix.h"

namespace wsspec::scenario {
namespace {

constexpr std::uint64_t kJsonLength = 194056;
constexpr std::uint64_t kBitmapLength = 263222;
constexpr std::uint64_t kProseLength = 222218;
constexpr std::uint64_t kHtmlLength = 263647;
constexpr std::uint64_t kHtmlCharacters = 263620;
constexpr std::uint64_t kPdfLength = 1042328;

// Every call that draws a number is a statement of its own: the order of a call's arguments is the
// compiler's.

/// Words of a language of its own. The rank of a word is as rare as Zipf's law has it: each power
/// of two of ranks is as frequent as the next.
class Words {
 public:
  /// `latin1`: some vowels are those of Latin-1 with a diaeresis.
  Words(SplitMix64& random, unsigned powers, bool latin1) : random_(random), powers_(powers) {
    static constexpr std::string_view onsets[] = {
        "b",  "d",  "f",  "g",  "h",    "k",  "l",  "m",  "n",  "r",    "s",  "t",   "w",  "z",
        "st", "br", "v",  "gr", "sch",  "p",  "",   "bl", "dr", "fl",   "fr", "gl",  "kl", "kn",
        "kr", "pf", "pl", "qu", "schl", "sp", "tr", "zw", "j",  "schw", "c",  "schr"};
    static constexpr std::string_view vowels[] = {"a", "e", "e",  "e",  "i",  "o",
                                                  "u", "y", "ei", "au", "ie", "eu"};
    static constexpr std::string_view dotted[] = {"\xe4", "\xf6", "\xfc"};
    static constexpr std::string_view codas[] = {"",  "",   "n",  "r",  "t",  "s",  "l",  "nd",
                                                 "m", "ch", "ng", "rt", "ck", "ff", "gt", "lb",
                                                 "p", "rn", "x",  "ss", "tz", "b",  "d",  "g"};
    const std::size_t count = (std::size_t{1} << powers) - 1;
    words_.reserve(count);
    for (std::size_t rank = 0; rank < count; ++rank) {
      std::string word;
      // Frequent words are short.
      const std::uint64_t syllables = rank < 31 ? 1 : 1 + below(rank < 511 ? 2 : 3);
      for (std::uint64_t n = 0; n < syllables; ++n) {
        word += pick(onsets);
        word += latin1 && below(14) == 0 ? pick(dotted) : pick(vowels);
        word += pick(codas);
      }
      words_.push_back(std::move(word));
    }
  }

  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  const std::string& next() {
    const std::uint64_t first = std::uint64_t{1} << below(powers_);
    return words_[static_cast<std::size_t>(first - 1 + below(first))];
  }
  std::string next_capital() {
    std::string word = next();
    if (word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
  }
  std::string some(std::uint64_t count) {
    std::string out = next();
    while (--count > 0) out += " " + next();
    return out;
  }
  template <std::size_t N>
  std::string_view pick(const std::string_view (&list)[N]) {
    return list[below(N)];
  }

 private:
  SplitMix64& random_;
  unsigned powers_;
  std::vector<std::string> words_;
};

/// Exactly `length` octets of words.
std::string filler(Words& words, std::uint64_t length) {
  std::string out;
  while (out.size() < length) out += words.next() + " ";
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string make_json(SplitMix64& random) {
  Words words(random, 9, false);
  static constexpr std::string_view colours[] = {"red", "green", "blue", "black", "white"};
  static constexpr std::string_view states[] = {"open", "closed", "pending"};
  std::string out = "[\n";
  constexpr std::string_view kEnd = "\"}\n]\n";
  for (unsigned id = 1;; ++id) {
    const std::string first = words.next_capital(), second = words.next_capital();
    const bool active = words.below(2) == 0;
    const std::string_view state = words.pick(states), colour = words.pick(colours);
    const std::uint64_t whole = words.below(1000), part = words.below(100);
    std::string record = fmt::format(
        "  {{\n    \"id\": {},\n    \"name\": \"{} {}\",\n    \"active\": {},\n"
        "    \"state\": \"{}\",\n    \"colour\": \"{}\",\n    \"amount\": {}.{:02},\n"
        "    \"picture\": \"http://images.example/32x32/{}.png\",\n    \"tags\": [\n",
        id, first, second, active, state, colour, whole, part, id);
    for (std::uint64_t tag = 2 + words.below(3); tag > 0; --tag)
      record += fmt::format("      \"{}\"{}\n", words.next(), tag > 1 ? "," : "");
    const std::string about = words.some(8 + words.below(12));
    const std::uint64_t x = words.below(500), y = words.below(500);
    record += fmt::format(
        "    ],\n    \"about\": \"{}\",\n    \"position\": {{ \"x\": {}, \"y\": {} }},\n"
        "    \"links\": {{ \"self\": \"/records/{}\", \"next\": \"/records/{}\" }}\n  }},\n",
        about, x, y, id, id + 1);
    if (out.size() + record.size() + 200 > kJsonLength) break;
    out += record;
  }
  out += "  { \"id\": 0, \"about\": \"";
  out += filler(words, kJsonLength - out.size() - kEnd.size());
  out += kEnd;
  return out;
}

/// Smooth shades between the points of a grid of `cell` pixels, 0 to 255.
class Shades {
 public:
  Shades(SplitMix64& random, unsigned cell) : cell_(cell), side_(kSide / cell + 2) {
    grid_.resize(std::size_t{side_} * side_);
    for (auto& point : grid_) point = static_cast<std::uint8_t>(random.next());
  }
  unsigned at(unsigned x, unsigned y) const {
    const unsigned column = x / cell_, row = y / cell_, dx = x % cell_, dy = y % cell_;
    const auto point = [&](unsigned c, unsigned r) { return unsigned{grid_[r * side_ + c]}; };
    const unsigned above = point(column, row) * (cell_ - dx) + point(column + 1, row) * dx;
    const unsigned under = point(column, row + 1) * (cell_ - dx) + point(column + 1, row + 1) * dx;
    return (above * (cell_ - dy) + under * dy) / (cell_ * cell_);
  }
  static constexpr unsigned kSide = 512;

 private:
  unsigned cell_, side_;
  std::vector<std::uint8_t> grid_;
};

std::string make_bitmap(SplitMix64& random) {
  constexpr unsigned kSide = Shades::kSide, kHead = 54, kPalette = 256 * 4;
  static_assert(kHead + kPalette + kSide * kSide == kBitmapLength);
  std::string out = "BM";
  const auto number = [&out](std::uint32_t value, int octets) {
    for (; octets > 0; --octets, value >>= 8) out.push_back(static_cast<char>(value));
  };
  number(kBitmapLength, 4);
  number(0, 4);
  number(kHead + kPalette, 4);
  for (const std::uint32_t value : {40u, kSide, kSide}) number(value, 4);
  number(1, 2);  // planes
  number(8, 2);  // bits a pixel
  for (const std::uint32_t value : {0u, kSide * kSide, 2835u, 2835u, 256u, 0u}) number(value, 4);
  for (std::uint32_t grey = 0; grey < 256; ++grey) number(grey * 0x010101, 4);
  const Shades large(random, 128), middle(random, 32), small(random, 8);
  for (unsigned y = 0; y < kSide; ++y) {
    for (unsigned x = 0; x < kSide; ++x) {
      const unsigned shade = (large.at(x, y) * 7 + middle.at(x, y) * 6 + small.at(x, y) * 3) / 16;
      const std::uint64_t grain = random.next();
      out.push_back(
          static_cast<char>(std::min<std::uint64_t>(255, shade + (grain & 7) + (grain >> 3 & 7))));
    }
  }
  return out;
}

std::string make_prose(SplitMix64& random) {
  Words words(random, 13, true);
  std::string out;
  // Turns of phrase come back, as people have them: that, and not the single word, makes prose
  // compressible.
  std::vector<std::string> phrases;
  while (out.size() < kProseLength) {
    std::string line = words.next_capital();
    const std::uint64_t width = 30 + words.below(30);
    while (line.size() < width) {
      if (phrases.size() < 600 || words.below(6) > 0) {
        line += " " + words.next();
        continue;
      }
      line += " " + phrases[static_cast<std::size_t>(words.below(phrases.size()))];
    }
    if (phrases.size() < 600) phrases.push_back(words.some(3 + words.below(4)));
    static constexpr std::string_view ends[] = {",", ".", ";", "!", "", ","};
    out += line;
    out += words.pick(ends);
    out += words.below(9) == 0 ? "\r\n\r\n" : "\r\n";
  }
  out.resize(kProseLength - 2);
  return out + "\r\n";
}

std::string make_html(SplitMix64& random) {
  Words words(random, 10, false);
  // Characters of two, three and four octets: 27 octets more than characters, as the original has.
  std::vector<std::string_view> wide;
  for (const auto& [text, count] : {std::pair<std::string_view, int>{"\xc3\xbc", 8},
                                    {"\xe2\x80\x93", 5},
                                    {"\xf0\x9f\x99\x82", 3}})
    wide.insert(wide.end(), static_cast<std::size_t>(count), text);
  static_assert(8 * 1 + 5 * 2 + 3 * 3 == kHtmlLength - kHtmlCharacters);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Records"
      "</title>\n</head>\n<body>\n<table class=\"records sortable\">\n";
  constexpr std::string_view kEnd = "</p>\n</body>\n</html>\n";
  static constexpr std::string_view classes[] = {"odd", "even", "odd hidden", "even marked"};
  for (unsigned id = 1;; ++id) {
    const std::string_view look = words.pick(classes);
    const std::string first = words.next_capital(), second = words.next_capital();
    const std::string text = words.some(8 + words.below(12));
    const std::uint64_t whole = words.below(1000), part = words.below(100);
    std::string row = fmt::format(
        "<tr class=\"{}\" id=\"row-{}\">\n<td class=\"number\"><a href=\"/records/{}.html\">{}</a>"
        "</td>\n<td class=\"name\">{} {}</td>\n<td class=\"text\">{}</td>\n"
        "<td class=\"amount\">{}.{:02}</td>\n",
        look, id, id, id, first, second, text, whole, part);
    if (id % 32 == 0 && id / 32 <= wide.size()) {
      row += fmt::format("<td class=\"sign\">{}</td>\n", wide[id / 32 - 1]);
    }
    row += "</tr>\n";
    if (out.size() + row.size() + 200 > kHtmlLength) break;
    out += row;
  }
  out += "</table>\n<p>";
  out += filler(words, kHtmlLength - out.size() - kEnd.size());
  out += kEnd;
  return out;
}

void add_packed(std::string& out, SplitMix64& random, std::uint64_t length) {
  for (std::uint64_t n = 0; n < length; ++n) out.push_back(static_cast<char>(random.next() >> 56));
}

std::string make_pdf(SplitMix64& random) {
  constexpr std::uint64_t kPages = 612, kStreams = 34, kLine = 20;
  std::string out = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n";
  std::vector<std::size_t> offsets;
  const auto object = [&](const std::string& dictionary) {
    offsets.push_back(out.size());
    out += fmt::format("{} 0 obj\n<< {} >>\n", offsets.size(), dictionary);
  };
  const auto stream = [&](std::uint64_t length) {
    object(fmt::format("/Length {:06} /Filter /FlateDecode", length));
    out += "stream\n";
    add_packed(out, random, length);
    out += "\nendstream\nendobj\n";
  };
  object(fmt::format("/Type /Catalog /Pages 2 0 R /Count {}", kPages));
  out += "endobj\n";
  for (std::uint64_t page = 0; page < kPages; ++page) {
    const std::uint64_t contents = random.next() % 500, font = random.next() % 40,
                        other = random.next() % 40, note = random.next() % 500;
    object(fmt::format(
        "/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R\n/Resources << /Font "
        "<< /F1 {} 0 R /F2 {} 0 R >> /ProcSet [/PDF /Text] >>\n/Annots [{} 0 R]",
        contents, font, other, note));
    out += "endobj\n";
    if (page % (kPages / kStreams) == 0) stream(20000 + random.next() % 10000);
  }
  // The last stream takes what is left over; everything after it has a known length.
  const std::uint64_t entries = offsets.size() + 2;
  const std::string xref = fmt::format("xref\n0 {}\n0000000000 65535 f \n", entries);
  const std::string trailer =
      fmt::format("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n", entries);
  constexpr std::string_view kEof = "\n%%EOF\n";
  const std::size_t after = xref.size() + (entries - 1) * kLine + trailer.size() + 7 + kEof.size();
  const std::size_t before = out.size();
  stream(0);
  const std::size_t frame = out.size() - before;
  out.resize(before);
  offsets.pop_back();
  stream(kPdfLength - before - frame - after);
  const std::size_t table = out.size();
  out += xref;
  for (const std::size_t at : offsets) out += fmt::format("{:010} 00000 n \n", at);
  out += fmt::format("{}{:07}{}", trailer, table, kEof);
  return out;
}

struct Known {
  const char* name;
  std::uint64_t length;
  std::string (*make)(SplitMix64&);
};
constexpr std::array<Known, 5> kKnown = {{{"json", kJsonLength, make_json},
                                          {"bitmap", kBitmapLength, make_bitmap},
                                          {"prose", kProseLength, make_prose},
                                          {"html", kHtmlLength, make_html},
                                          {"pdf", kPdfLength, make_pdf}}};

const Known& known(SampleKind kind) {
  return kKnown[static_cast<std::size_t>(kind)];
}

}  // namespace

std::optional<SampleKind> sample_kind(std::string_view name) {
  for (std::size_t i = 0; i < kKnown.size(); ++i)
    if (name == kKnown[i].name) return static_cast<SampleKind>(i);
  return std::nullopt;
}

const std::vector<std::string>& sample_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const auto& one : kKnown) out.emplace_back(one.name);
    return out;
  }();
  return names;
}

std::uint64_t sample_length(SampleKind kind) {
  return known(kind).length;
}

wire::OctetVector make_sample(SampleKind kind, std::uint64_t seed) {
  SplitMix64 random(seed);
  return wire::to_vector(known(kind).make(random));
}

}  // namespace wsspec::scenario
