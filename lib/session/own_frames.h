// Frames of our own making (pongs, the probe, our Close, a harmless message), whole and ready to be
// sent: the writer puts them between two frames of the script.
#pragma once

#include <deque>
#include <optional>

#include "session/random.h"
#include "wire/frame.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::session {

class OwnFrames {
 public:
  static constexpr std::size_t kFrames = 64;  ///< of a flood of pings those are answered that fit
  static constexpr int kPongsPerRead = 16;

  OwnFrames(wire::Role role, Random& random) : role_(role), random_(random) {}

  void add(wire::Opcode opcode, wire::Octets payload);
  void add_encoded(wire::OctetVector octets) { frames_.push_back(std::move(octets)); }
  /// RFC 6455 5.5.3: of many pings the last may be answered alone. A write for each of a flood's
  /// pings would cost more than reading them.
  void answer_ping(wire::Octets payload);
  /// The pings of one read are all known. `answer`: a pong may still be sent.
  void end_of_read(bool answer);

  bool empty() const { return frames_.empty(); }
  wire::OctetVector take();
  void clear() { frames_.clear(); }

 private:
  wire::Role role_;
  Random& random_;
  std::deque<wire::OctetVector> frames_;
  int pings_in_read_ = 0;
  std::optional<wire::OctetVector> last_ping_;  ///< of one read, where not all are answered
};

}  // namespace wsspec::session
