// What may be shown of hostile octets: no control character and nothing ill-formed ever comes out,
// and what comes out is bounded.
#include "text/escape.h"

#include "../unit/wire/utf8_oracle.h"
#include "fuzz.h"
#include "report/text.h"
#include "text/printable.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;

namespace {

bool well_formed(std::string_view text) {
  return !wire::test::oracle(wire::as_octets(text));
}

/// No C0, DEL or C1 (c2 80 to c2 9f), no line separator, no bidi control (e2 80 8e to e2 80 af).
bool harmless(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = [&](std::size_t n) {
      return i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0U;
    };
    if (octet(0) < 0x20 || octet(0) == 0x7f) return false;
    if (octet(0) == 0xc2 && octet(1) < 0xa0) return false;
    if (octet(0) == 0xe2 && octet(1) == 0x80 && octet(2) >= 0xa8 && octet(2) <= 0xae) return false;
    if (octet(0) == 0xe2 && octet(1) == 0x80 && octet(2) >= 0x8b && octet(2) <= 0x8f) return false;
  }
  return well_formed(text);
}

/// Text and attribute values of XML 1.0: its characters, markup only as references.
bool fit_for_xml(std::string_view text) {
  if (!well_formed(text) || text.find_first_of("<>\"") != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20) return false;
    if (c == 0xef && text.substr(i, 2) == "\xef\xbf" && text.substr(i + 2, 1) >= "\xbe")
      return false;  // U+FFFE, U+FFFF
    if (c != '&') continue;
    const std::string_view reference = text.substr(i, text.find(';', i) - i);
    if (reference != "&amp" && reference != "&lt" && reference != "&gt" && reference != "&quot" &&
        reference != "&#10" && reference != "&#9")
      return false;
  }
  return true;
}

/// One word, with the quotes of POSIX resolved; "not one word" when it is none.
std::string as_the_shell_reads(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.:,+=@%";
  std::string out;
  bool quoted = false, any = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    any = true;
    if (word[i] == '\'') {
      quoted = !quoted;
    } else if (!quoted && word[i] == '\\' && i + 1 < word.size()) {
      out += word[++i];
    } else if (!quoted && kPlain.find(word[i]) == std::string_view::npos) {
      return "not one word";
    } else {
      out += word[i];
    }
  }
  return any && !quoted ? out : "not one word";
}

}  // namespace

FUZZ_TARGET(sanitize) {
  const std::size_t limit = input.octet() * std::size_t{8};
  const std::string raw(input.text());

  const std::string shown = text::printable(raw, limit);
  expect(harmless(shown), "what is printable has no control character and is UTF-8");
  expect(shown.size() <= 4 * std::min(limit, raw.size()) + 40, "what is shown is bounded");
  const std::string all = text::printable(raw, raw.size());
  expect_same(all, text::printable(all, all.size()), "printable text stays as it is");

  const std::string json = text::well_formed(raw);
  expect(well_formed(json) && json.size() <= 4 * raw.size(), "text for JSON is UTF-8");
  expect(!well_formed(raw) || json == raw, "UTF-8 stays as it is");
  expect(fit_for_xml(text::xml(raw)), "text for XML has its characters only");
  expect(harmless(text::hex(wire::as_octets(raw), limit)), "hex is harmless");
  expect(harmless(text::show(raw, {}).for_terminal()), "a report's line has no control character");
  expect(as_the_shell_reads(report::shell_word(raw)) == raw, "a shell reads the word as it was");
}
