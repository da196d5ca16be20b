// UTF-8 as RFC 3629 defines it (RFC 6455 8.1 points there): no overlong forms, no surrogates,
// nothing above U+10FFFF. The validator is a streaming one: it may be fed a text message in any
// pieces (frames, TCP segments, single octets) and always names the same first octet at which a
// reader can know that the text is ill-formed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "wire/octets.h"

namespace wsspec::wire {

class Utf8Validator {
 public:
  /// Takes the next octets of the text. Returns the index, within `chunk`, of the first octet
  /// that proves the text ill-formed. Once a fault was found every later feed returns nullopt
  /// and `faulty()` stays true until `reset()`.
  std::optional<std::size_t> feed(Octets chunk);

  /// True between characters: the text so far is well-formed and could end here.
  bool complete() const { return state_ == 0; }
  bool faulty() const { return state_ == kFaulty; }
  void reset() { state_ = 0; }

 private:
  static constexpr std::uint8_t kFaulty = 0xff;
  std::uint8_t state_ = 0;
};

/// Why and where a whole text is ill-formed.
struct Utf8Fault {
  /// Zero-based index of the proving octet; the text's length when `truncated`.
  std::size_t at = 0;
  /// The text ends inside a character: only the end of the message proves it.
  bool truncated = false;
};

/// Checks a whole text at once. nullopt = well-formed.
std::optional<Utf8Fault> check_utf8(Octets text);

}  // namespace wsspec::wire
