// The words of `send`: --frame, hex, --close, --expect. Whatever a person types, an error is
// printable, and a frame that is taken is within the bounds of its fields.
#include "loader/frame_option.h"

#include "fuzz.h"
#include "text/escape.h"

using namespace wsspec;
using fuzz::expect;

namespace {

/// On several lines, but with nothing else that a terminal acts on.
void expect_printable(std::string_view text) {
  expect(!text.empty(), "an error says what is wrong");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    expect(text::printable(line, line.size()) == line, "an error is printable");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

FUZZ_TARGET(frame_option) {
  const std::string_view text = input.text();
  if (const auto item = loader::frame_item(text)) {
    expect(item->frame.rsv <= 7 && item->frame.opcode <= 15, "a frame's fields have their bits");
    expect(item->payload.length() <= text.size(), "a payload is no longer than its text");
  } else {
    expect_printable(item.error());
  }
  const auto octets = loader::hex_octets(text);
  if (octets)
    expect(octets->size() <= text.size() / 2, "an octet takes two digits");
  else
    expect_printable(octets.error());
  const auto close = loader::close_item(text);
  if (close)
    expect(close->payload.length() <= text.size() + 2, "a Close holds its code and reason");
  else
    expect_printable(close.error());
  if (const auto outcome = loader::outcome_of(text)) {
    expect(!outcome->text().empty(), "an outcome can be said");
    expect(loader::outcome_of(outcome->json()).has_value(), "and written down");
  }
}
