// What octets look like when they are a known thing that was sent as text by mistake: most 1007s of
// the field are binary data in a text message.
#pragma once

#include <string>

#include "wire/octets.h"

namespace wsspec::diagnose {

/// Only what a magic number names: "a gzip stream", "a PNG image". Empty if none.
std::string known_signature(wire::Octets head);

/// known_signature, else the best guess from the octets' shape: "MessagePack (a map)", "text in
/// Latin-1 or Windows-1252". Empty for good UTF-8 and where nothing is likely. `head` is the
/// beginning of the message.
std::string guess_origin(wire::Octets head);

}  // namespace wsspec::diagnose
