// The short words of a command line for what a scenario says in JSON: a frame
// ("fin=0,rsv=4,opcode=1,mask=no,length=200,hex=81 03"), octets in hex, an outcome ("close 1007").
// Errors are one clause; where something is wrong inside the text it is shown with a caret.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "scenario/model.h"
#include "wire/octets.h"

namespace wsspec::loader {

/// "c0 af": two digits an octet, spaces anywhere.
tl::expected<wire::OctetVector, std::string> hex_octets(std::string_view text);

/// A frame as the `frame` item shapes it. Keys: fin, rsv, opcode (a number or a name), mask (no,
/// yes, or four octets of hex), length (what the header announces), length_encoding, and last hex
/// or text, which take all that follows.
tl::expected<scenario::Item, std::string> frame_item(std::string_view text);

/// "1007", "1007:REASON", or "" for a Close without a code.
tl::expected<scenario::Item, std::string> close_item(std::string_view text);

/// "close 1007", "close 1008,4000-4999", "http 403", "text GLOB", "binary", "pong", "echo", "drop",
/// "drop reset", "open 500" (ms), or an outcome in the language of scenario files:
/// {"close": {"code": 1008, "reason": "rate"}}.
tl::expected<scenario::Outcome, std::string> outcome_of(std::string_view text);

}  // namespace wsspec::loader
