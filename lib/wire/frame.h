// RFC 6455 5.2: one frame's header, and a decoder that yields a stream's frames in pieces without
// ever buffering a payload. It knows the shape of a frame only; rules about what is allowed where
// are in message.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/octets.h"

namespace wsspec::wire {

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
};

inline bool is_control(std::uint8_t opcode) {
  return (opcode & 0x8) != 0;
}
/// "text", "ping", ..., and "opcode 0xb" for the reserved ones.
const char* opcode_name(std::uint8_t opcode);

/// How the payload length is written: 7 bits, 7+16 or 7+64. RFC 6455 5.2 demands the shortest.
enum class LengthForm : std::uint8_t { shortest, bits7, bits16, bits64 };

using MaskingKey = std::array<std::uint8_t, 4>;

struct FrameHeader {
  bool fin = true;
  std::uint8_t rsv = 0;     ///< the three reserved bits as a number, RSV1 = 4
  std::uint8_t opcode = 1;  ///< 0 to 15
  bool masked = false;
  MaskingKey key{};                        ///< meaningful when `masked`
  std::uint64_t length = 0;                ///< declared payload length in octets
  LengthForm form = LengthForm::shortest;  ///< the decoder reports the form it saw, never shortest
};

inline constexpr std::size_t kMaxFrameHeader = 14;

/// Writes the header and returns its size in octets (2 to 14). With form bits7 the length is cut
/// to its low 7 bits, with bits16 to its low 16: a header may lie, that is what it is for.
std::size_t encode_header(const FrameHeader& header, std::span<std::uint8_t, kMaxFrameHeader> out);

/// Masks or unmasks in place (RFC 6455 5.3). `offset` = position of data[0] in the payload.
void apply_mask(std::span<std::uint8_t> data, const MaskingKey& key, std::uint64_t offset);

/// A whole frame in one buffer, for small ones: header from `header` with `length` set to the
/// payload's size, the payload masked if `header.masked`.
OctetVector encode_frame(FrameHeader header, Octets payload);

/// True when the decoder-reported form is the shortest one for the length.
bool is_shortest(const FrameHeader& header);

/// One step of decoding.
struct FramePiece {
  enum class Kind : std::uint8_t {
    need_more,  ///< the input is used up
    header,     ///< `header` is valid
    payload,    ///< `payload` is the next part, as it travelled (still masked); never empty
    end,        ///< the frame's last octet was passed
  };
  Kind kind = Kind::need_more;
  Octets payload{};
  std::uint64_t payload_offset = 0;  ///< of payload[0] within the frame's payload
};

class FrameDecoder {
 public:
  /// Takes octets off the front of `input` and yields the next piece. Call until need_more.
  FramePiece next(Octets& input);
  /// The current (or last) frame's header; valid from Kind::header on.
  const FrameHeader& header() const { return header_; }
  /// Size in octets of the current frame's header as it travelled.
  std::size_t header_size() const { return header_size_; }
  /// Octets consumed since the start of the stream.
  std::uint64_t position() const { return position_; }
  /// True when the stream stands between two frames.
  bool at_boundary() const { return state_ == State::header && have_ == 0; }

 private:
  void take_header(const std::uint8_t* raw, std::size_t size);

  enum class State : std::uint8_t { header, payload, end };
  // Not beside left_: GCC would add to both at once, reading what was just written in two halves,
  // and wait for that (half the speed with small frames).
  std::uint64_t position_ = 0;
  State state_ = State::header;
  std::array<std::uint8_t, kMaxFrameHeader> raw_{};
  std::size_t have_ = 0;
  std::size_t header_size_ = 0;
  FrameHeader header_{};
  std::uint64_t left_ = 0;
};

}  // namespace wsspec::wire
