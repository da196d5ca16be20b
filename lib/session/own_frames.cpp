#include "session/own_frames.h"

namespace wsspec::session {

void OwnFrames::add(wire::Opcode opcode, wire::Octets payload) {
  if (frames_.size() >= kFrames) return;
  wire::FrameHeader header;
  header.opcode = static_cast<std::uint8_t>(opcode);
  header.masked = wire::masks(role_);
  if (header.masked) header.key = random_.octets<4>();
  frames_.push_back(wire::encode_frame(header, payload));
}

void OwnFrames::answer_ping(wire::Octets payload) {
  if (++pings_in_read_ <= kPongsPerRead)
    add(wire::Opcode::pong, payload);
  else
    last_ping_ = wire::to_vector(payload);
}

void OwnFrames::end_of_read(bool answer) {
  if (last_ping_ && answer) add(wire::Opcode::pong, *last_ping_);
  last_ping_.reset();
  pings_in_read_ = 0;
}

wire::OctetVector OwnFrames::take() {
  wire::OctetVector frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

}  // namespace wsspec::session
