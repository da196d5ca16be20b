// What may be shown of octets that a server chose, and of secrets that a user gave.
//
// A server's close reason goes to a terminal, into CI logs and into XML. It may hold escape
// sequences that retitle or clear the terminal, bidi controls that reorder the line around it, and
// no UTF-8 at all (that is what we test). So nothing of it is ever shown raw: printable() makes
// every invisible thing visible and keeps the rest readable. It leaves its own output alone, so
// text may pass through it twice.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/octets.h"

namespace wsspec::text {

/// The character at the front of a text. Ill-formed: size 1, `code` is the octet's value.
struct Character {
  char32_t code = 0;
  std::size_t size = 0;  ///< octets taken; 0 only for an empty text
  bool well_formed = false;
};
Character first_character(std::string_view text);

/// Kept: well-formed UTF-8 that a person can see. C0, DEL and ill-formed octets become \xNN; C1,
/// bidi controls, zero-width and other invisible characters, line separators and noncharacters
/// \u{NNNN}. Of a text above `limit` octets the first are shown, cut between two characters, then
/// "… (N octets)" with the length of the whole.
std::string printable(std::string_view raw, std::size_t limit);

/// For JSON: ill-formed octets become \xNN, all else (controls too) stays as it is. Never cut; at
/// most four times as long.
std::string well_formed(std::string_view raw);

/// For XML 1.0 text and attribute values, markup escaped: what may not stand in XML (most controls,
/// U+FFFE, U+FFFF, ill-formed octets) becomes \xNN or \u{NNNN}; line ends and tabs are character
/// references, so that attributes keep them.
std::string xml(std::string_view raw);

/// For a JSON text, which holds such characters in strings only: those that printable() would show
/// as \u{NNNN}, and DEL, become JSON's own escapes. The values stay the same.
std::string json_text(std::string_view raw);

/// "c0 af … (N octets)"; `limit` in octets.
std::string hex(wire::Octets octets, std::size_t limit);

}  // namespace wsspec::text
