// Which rule of RFC 3629 an ill-formed text breaks. The validator (utf8.h) says where; this says
// why, as a value. The words are in diagnose/utf8_fault.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/octets.h"

namespace wsspec::wire {

enum class Utf8FaultKind {
  continuation_without_start,  ///< 80 to BF where a character begins
  overlong,                    ///< C0, C1, or a second octet that leaves the shortest form
  surrogate,                   ///< ED A0 to ED BF: U+D800 to U+DFFF
  above_maximum,               ///< above U+10FFFF: F4 90 on, F5 to F7
  never_used,                  ///< F8 to FF
  character_cut,               ///< another octet where a continuation octet was due
  text_cut,                    ///< the text ends inside a character
  unclear,                     ///< the excerpt begins too late to tell
};

/// "overlong", "text-cut": for JSON.
const char* utf8_fault_name(Utf8FaultKind kind);

struct Utf8FaultCause {
  Utf8FaultKind kind = Utf8FaultKind::unclear;
  std::uint8_t octet = 0;  ///< the proving one; 0 where the end of the text is the proof
  std::uint8_t first = 0;  ///< of the character that was begun before it, where `there` > 0
  std::size_t there = 0;   ///< octets of that character before the proving one
  std::size_t length = 0;  ///< octets that the character should have
};

/// `excerpt` is a piece of the text, `mark` the index of the proving octet in it; `truncated` (or a
/// mark at the end): the end of the text is the proof. Looks back at most three octets.
Utf8FaultCause utf8_fault_cause(Octets excerpt, std::size_t mark, bool truncated);

/// How many faults a text has: Unicode's maximal ill-formed subparts. For data full of them, of
/// which a validator would stop at each. In pieces of any size. Defined beside the validator.
class Utf8FaultCounter {
 public:
  /// The faults that these octets prove.
  std::size_t feed(Octets chunk);
  /// True between characters.
  bool complete() const { return state_ == 0; }

 private:
  std::uint8_t state_ = 0;
};

}  // namespace wsspec::wire
