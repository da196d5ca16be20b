// Frames of a client as a fuzzer makes them: mostly a lawful conversation, so that a server gets
// deep into it, with now and then a frame that breaks a rule of RFC 6455 5. The same seed makes the
// same octets on every machine.
#pragma once

#include <cstdint>

#include "wire/octets.h"

namespace wsspec::scenario {

/// `count` frames, one after the other, of 0 to about 700 octets each.
wire::OctetVector random_frames(std::uint64_t count, std::uint64_t seed);

}  // namespace wsspec::scenario
