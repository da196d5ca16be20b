// Payloads that many messages take a part of: samples, and windows over any payload.
#pragma once

#include "scenario/payload.h"
#include "scenario/sample.h"

namespace wsspec::scenario {

/// What a window counts.
enum class WindowUnit : std::uint8_t { octets, characters };

/// Made when its first octet is read, and kept as long as a copy of this payload is.
Payload sample_payload(SampleKind kind, std::uint64_t seed);

/// `length` octets or characters of `of` from the `at`-th on; after its end comes its beginning.
/// `of` must not be empty; above Payload::kMaxBuilt octets only its first ones are seen.
Payload window_payload(Payload of, std::uint64_t at, std::uint64_t length, WindowUnit unit);

}  // namespace wsspec::scenario
