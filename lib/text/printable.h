// Text that is safe to show, as a type: well-formed UTF-8 without any secret of the run.
//
// A server's Close reason, a header, a scenario's title: raw text becomes a Printable in one place,
// by show(), where results leave the engine. Reports take nothing else, so none of them can forget
// to escape or to redact (tests/compile proves it). There is no conversion from std::string, and no
// way to its content but the three renderings.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "text/redactor.h"

namespace wsspec::text {

/// A string literal of our own: printable ASCII, checked by the compiler.
class Literal {
 public:
  template <std::size_t N>
  consteval Literal(const char (&text)[N]) : text_(text, N - 1) {  // implicit: of_ours("...")
    for (const char c : text_)
      if (c < 0x20 || c > 0x7e) throw "printable ASCII only";
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Printable {
 public:
  /// Octets shown of a line on a terminal and in XML.
  static constexpr std::size_t kLine = 1000;

  Printable() = default;
  static Printable of_ours(Literal literal) { return Printable(std::string(literal.text())); }

  bool empty() const { return text_.empty(); }
  /// On one line: controls become \xNN, characters that show nothing or turn the text around
  /// \u{NNNN}. Of a longer text the first `limit` octets, then "… (N octets)".
  std::string for_terminal(std::size_t limit = kLine) const;
  /// The value of a JSON string: the text itself, whose controls JSON's own escapes carry.
  std::string for_json() const { return text_; }
  /// As for_terminal(), with XML's markup escaped.
  std::string for_xml(std::size_t limit = kLine) const;

  friend bool operator==(const Printable&, const Printable&) = default;
  friend auto operator<=>(const Printable&, const Printable&) = default;

 private:
  explicit Printable(std::string text) : text_(std::move(text)) {}
  friend Printable show(std::string_view raw, const Secrets& secrets, std::size_t limit);
  std::string text_;
};

/// Octets kept of a text, so that a report stays bounded whatever a server sends.
inline constexpr std::size_t kShown = 8192;

/// The border: `raw` without the secrets, its ill-formed octets as \xNN, cut between two characters
/// when it is longer than `limit` octets.
Printable show(std::string_view raw, const Secrets& secrets, std::size_t limit = kShown);

}  // namespace wsspec::text
