// An item of a `send` step as wire octets, made piece by piece: headers, masked payload, fragment
// borders, and the place where a `hold` stops. Nothing larger than the asked-for piece is built.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "scenario/model.h"
#include "session/compressed_message.h"
#include "session/random.h"
#include "session/sent_log.h"
#include "wire/deflate.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::session {

/// How a connection encodes what it sends.
struct Encoding {
  wire::Role role = wire::Role::client;
  wire::Deflater* deflater = nullptr;  ///< null: permessage-deflate was not agreed on
  bool all = false;                    ///< also the items that do not ask for it are compressed
  /// True when the item is to be compressed, whether or not it can be.
  bool compresses(const scenario::Item& item) const;
};

class ItemEncoder {
 public:
  enum class State : std::uint8_t { more, held, done };

  /// `carrier`: the target's, or an empty one. `handshake_text`: the octets of a handshake item,
  /// already built.
  ItemEncoder(const scenario::Item& item, const scenario::Carrier& carrier,
              const std::string& handshake_text, Random& random, const Encoding& encoding);

  /// Appends at most about `limit` octets to `out`; none in a call that was spent compressing.
  /// `held`: stopped at the hold; call `release` to go on.
  State fill(wire::OctetVector& out, std::size_t limit);
  void release() { released_ = true; }
  /// What the message is before compression, if its compressed octets follow all rules; once, and
  /// not before its first octet was appended.
  std::optional<KnownMessage> take_known() {
    return message_ == nullptr ? std::nullopt : message_->take_known();
  }

 private:
  struct NextFrame {
    std::uint64_t length = 0;
    bool fin = true;
  };
  NextFrame next_frame();
  void write_header(wire::OctetVector& out, std::uint64_t length, bool fin);
  bool at_hold() const;
  bool compress();

  scenario::Item item_;
  Random& random_;
  wire::Role role_;
  std::unique_ptr<scenario::PayloadReader> reader_;  ///< of what is not compressed
  std::unique_ptr<CompressedMessage> message_;       ///< of what is
  std::uint64_t total_ = 0;       ///< payload octets of the whole message, carrier included
  std::uint64_t body_ = 0;        ///< of these, the test payload's
  std::uint64_t head_extra_ = 0;  ///< carrier prefix octets: belong to the first frame
  std::uint64_t tail_extra_ = 0;  ///< carrier suffix octets: belong to the last frame
  std::uint64_t sent_ = 0;        ///< payload octets produced
  std::uint64_t body_planned_ = 0;
  std::uint64_t frame_left_ = 0;
  std::uint64_t frame_offset_ = 0;
  std::size_t frame_index_ = 0;
  bool framed_ = true;
  bool compressed_ = false;
  bool compressing_ = false;  ///< the message is not complete yet
  bool in_frame_ = false;
  bool last_frame_planned_ = false;
  bool released_ = false;
  bool header_written_ = false;
  wire::FrameHeader header_{};
};

}  // namespace wsspec::session
