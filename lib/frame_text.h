// What an item of a scenario puts on the wire, as lines of text for `wsspec show`: each frame with
// its header's octets and its unmasked payload. The octets are made by the engine's own ItemStream
// and decoded again, so that what is shown is what is sent. Internal to lib/.
#pragma once

#include <string>
#include <vector>

#include "scenario/model.h"
#include "scenario/profile.h"

namespace wsspec {

/// "81 82 <key> c0 af    text, FIN, 2 octets". At most about ten lines, whatever the item's size;
/// printable.
std::vector<std::string> wire_lines(const scenario::Item& item, const scenario::Profile& profile);

/// "text message, 2 octets, held after 1, released after 250 ms".
std::string item_words(const scenario::Item& item, const scenario::Profile& profile);

}  // namespace wsspec
