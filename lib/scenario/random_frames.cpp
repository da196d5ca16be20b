#include "scenario/random_frames.h"

#include <array>

#include "scenario/splitmix.h"
#include "wire/frame.h"

namespace wsspec::scenario {
namespace {

using wire::LengthForm;
using wire::Opcode;

constexpr std::uint64_t kFaultOneIn = 16;

// Not among them: a length in more octets than it needs, which many servers take (suite framing).
enum class Bend : std::uint8_t {
  rsv,
  opcode,  // any of the sixteen, whatever the state
  unmasked,
  wild_length,  // a length that has nothing to do with what follows
  fin_of_control,
  long_control,
  close,  // any body
  bad_text,
  wrong_state,  // a continuation of nothing, a message inside a message
  count,
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  void add(wire::OctetVector& out) {
    wire::FrameHeader header;
    header.masked = true;
    for (auto& octet : header.key) octet = static_cast<std::uint8_t>(random_.next());
    const bool control = below(4) == 0;
    if (control) {
      header.opcode = code(below(2) == 0 ? Opcode::ping : Opcode::pong);
    } else {
      header.opcode = open_ ? 0 : code(below(3) > 0 ? Opcode::text : Opcode::binary);
      header.fin = below(3) > 0;
    }
    std::uint64_t length = lengths(control);
    // No two pings alike: a pong must show which of them it answers.
    if (control) length = 8 + length % 118;
    // Lawful text; of binary messages and controls any octets.
    if (!control && !open_) text_ = header.opcode == code(Opcode::text);
    bool letters = !control && text_;
    if (below(kFaultOneIn) == 0) bend(header, length, letters);

    wire::OctetVector payload(static_cast<std::size_t>(length));
    for (auto& octet : payload)
      octet = static_cast<std::uint8_t>(letters ? 'a' + below(26) : random_.next());
    const std::uint64_t declared = header.length;
    header.length = length;
    if (wild_) header.length = declared;
    wild_ = false;
    if (header.masked) wire::apply_mask(payload, header.key, 0);
    std::array<std::uint8_t, wire::kMaxFrameHeader> head;
    const std::size_t size = wire::encode_header(header, head);
    out.insert(out.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));
    out.insert(out.end(), payload.begin(), payload.end());
    if (header.opcode < 8) open_ = !header.fin;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  static std::uint8_t code(Opcode opcode) { return static_cast<std::uint8_t>(opcode); }

  std::uint64_t lengths(bool control) {
    switch (below(control ? 3 : 8)) {
      case 0:
        return 0;
      case 1:
        return below(126);
      case 7:
        return 126 + below(600);
      default:
        return below(16);
    }
  }

  void bend(wire::FrameHeader& header, std::uint64_t& length, bool& letters) {
    switch (static_cast<Bend>(below(static_cast<std::uint64_t>(Bend::count)))) {
      case Bend::rsv:
        header.rsv = static_cast<std::uint8_t>(1 + below(7));
        break;
      case Bend::opcode:
        header.opcode = static_cast<std::uint8_t>(below(16));
        break;
      case Bend::unmasked:
        header.masked = false;
        break;
      case Bend::wild_length:
        header.form = LengthForm::bits64;
        header.length = (random_.next() >> below(48)) | 0x10000;
        wild_ = true;
        break;
      case Bend::fin_of_control:
        header.opcode = code(Opcode::ping);
        header.fin = false;
        break;
      case Bend::long_control:
        header.opcode = code(Opcode::ping);
        length = 126 + below(200);
        break;
      case Bend::close:
        header.opcode = code(Opcode::close);
        length = below(126);
        letters = false;
        break;
      case Bend::bad_text:
        header.opcode = open_ ? 0 : code(Opcode::text);
        letters = false;
        break;
      default:
        header.opcode = open_ ? code(Opcode::text) : 0;
        break;
    }
  }

  SplitMix64 random_;
  bool open_ = false;  ///< inside a message
  bool wild_ = false;
  bool text_ = false;  ///< of the message that is open, or was last
};

}  // namespace

wire::OctetVector random_frames(std::uint64_t count, std::uint64_t seed) {
  wire::OctetVector out;
  Generator generator(seed);
  for (std::uint64_t i = 0; i < count; ++i) generator.add(out);
  return out;
}

}  // namespace wsspec::scenario
