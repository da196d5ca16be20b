// What octets look like when they are a known thing that was sent as text by mistake: most 1007s of
// the field are binary data in a text message.
#pragma once

#include <string>

#include "wire/octets.h"

namespace wsspec::diagnose {

/// Only what a magic number names: "a gzip stream", "a PNG image". Empty if none.
std::string known_signature(wire::Octets head);

}  // namespace wsspec::diagnose
