// What an item of a scenario puts on the wire, as lines of text for `wsspec show`: each frame with
// its header's octets and its unmasked payload. The octets are made by the engine's own ItemEncoder
// and decoded again, so that what is shown is what is sent. Internal to lib/.
#pragma once

#include <string>
#include <vector>

#include "scenario/model.h"
#include "scenario/profile.h"

namespace wsspec {

/// How much of an item is shown.
struct WireView {
  std::size_t octets = 24;  ///< of a frame's payload; of a longer one its ends
  std::size_t frames = 6;   ///< of a message, and its last two
  /// Payloads that do not fit on a line are written below it, 32 octets a line.
  bool all = false;
};
/// Every octet, up to 1 MiB a frame and 100,000 frames an item.
inline constexpr WireView kEveryOctet{std::size_t{1} << 20, 100'000, true};

/// "81 82 <key> c0 af    text, FIN, 2 octets"; printable. By default at most about ten lines,
/// whatever the item's size.
std::vector<std::string> wire_lines(const scenario::Item& item, const scenario::Profile& profile,
                                    const WireView& view = {});

/// "text message, 2 octets, held after 1, released after 250 ms".
std::string item_text(const scenario::Item& item, const scenario::Profile& profile);

}  // namespace wsspec
