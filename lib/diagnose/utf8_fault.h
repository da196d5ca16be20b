// Why one octet proves that a text is not UTF-8: the words beside the caret of a report.
#pragma once

#include <cstddef>
#include <string>

#include "wire/octets.h"
#include "wire/utf8_fault.h"

namespace wsspec::diagnose {

/// One clause: "0x80 after 0xE0 is an overlong form".
std::string utf8_fault_text(const wire::Utf8FaultCause& cause);

/// The same, of the octets: "0x80 after 0xE0 is an overlong form". `excerpt` is a piece of the
/// text, `mark` the index of the proving octet in it; `truncated` (or a mark at the end): the end
/// of the text is the proof. Looks back at most three octets; an excerpt that begins inside a
/// character gets vaguer words, never wrong ones.
std::string utf8_fault_reason(wire::Octets excerpt, std::size_t mark, bool truncated);

}  // namespace wsspec::diagnose
