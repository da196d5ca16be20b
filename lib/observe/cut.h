// Where and why a text was cut inside a character.
#pragma once

#include <optional>

#include "observe/events.h"

namespace wsspec::observe {

/// `before` = up to 3 octets ahead of the one (at index `at` of its message or reason) that proves
/// the text ill-formed. nullopt: no character was begun there.
std::optional<Cut> find_cut(wire::Octets before, std::uint64_t at);

/// The largest power of two from 256 on, at most 65536, that divides it; 123 for 123, the octets
/// that a Close has for its reason (RFC 6455 5.5); else 0.
std::uint64_t usual_block(std::uint64_t size);

}  // namespace wsspec::observe
