// A message as permessage-deflate makes it (RFC 7692 7.2.1), compressed in short goes: a long one
// takes many steps of the loop. A frame's header needs the length, so the message is compressed
// before it is sent. Up to kKept its octets are kept meanwhile; of a longer one they are only
// counted, and made once more while they are sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "scenario/model.h"
#include "session/sent_log.h"
#include "wire/deflate.h"
#include "wire/octets.h"
#include "wire/utf8.h"

namespace wsspec::session {

class CompressedMessage {
 public:
  static constexpr std::size_t kKept = 8u << 20;

  /// `payload`: what `item` carries. `deflater` outlives this, and compresses nothing else until
  /// the message is complete.
  CompressedMessage(const scenario::Item& item, scenario::Payload payload,
                    wire::Deflater& deflater);

  /// Compresses the next octets. False: there are more.
  bool go_on();
  /// Of a complete message.
  std::uint64_t length() const { return length_; }
  /// The next octets of a complete message, once. 0 is not its end: call again.
  std::size_t read(std::span<std::uint8_t> out);
  /// What the message is before compression, if its octets follow all rules; empty for a text that
  /// is not UTF-8.
  std::optional<KnownMessage> take_known();

 private:
  /// Compresses one piece into `octets_`. False: it was the last.
  bool compress_piece(wire::Deflater& deflater);
  void look_at(wire::Octets piece);

  scenario::Payload payload_;
  wire::DeflateMessage how_;
  wire::Deflater& deflater_;
  std::unique_ptr<wire::Deflater> again_;  ///< as it was before the message; null: all is kept
  std::unique_ptr<scenario::PayloadReader> reader_;
  std::uint64_t left_;  ///< of the payload, to be read
  wire::OctetVector piece_;
  wire::OctetVector octets_;  ///< kept, or of the newest piece
  std::size_t read_ = 0;      ///< of `octets_`
  std::uint64_t length_ = 0;
  bool kept_ = true;
  bool complete_ = false;

  bool text_;
  bool good_;  ///< nothing malformed so far
  wire::Utf8Validator utf8_;
  KnownMessage plain_;
};

}  // namespace wsspec::session
