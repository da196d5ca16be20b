// Frames of our own making: they go out only where nothing of the script is half written.
#include <fmt/format.h>

#include <array>

#include "session/writer.h"

namespace wsspec::session {
namespace {

std::array<std::uint8_t, 2> close_body(int code) {
  return {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code & 0xff)};
}

}  // namespace

bool FrameWriter::between_frames() const {
  return out_.done() && record_.sent.at_frame_boundary && !inside_burst();
}

bool FrameWriter::may_write() const {
  return transport_ != nullptr && record_.phase == Phase::open && !shut_ && !write_failed_ &&
         between_frames() && !record_.sent.close_sent;
}

void FrameWriter::own_frame(wire::Opcode opcode, wire::Octets payload) {
  own_.add(opcode, payload);
  pump();
}

bool FrameWriter::begin_own_frame() {
  if (own_.empty() || !between_frames() || record_.phase != Phase::open) return false;
  out_.set(own_.take(), false);
  out_.chop.reset();
  record_.writing_own_frame = true;
  return true;
}

void FrameWriter::answer_ping(wire::Octets payload) {
  own_.answer_ping(payload);
  pump();
}

void FrameWriter::end_of_read() {
  own_.end_of_read(!record_.close_at && !record_.sent.close_sent);
  if (!own_.empty()) pump();
}

void FrameWriter::say_goodbye() {
  if (!may_write()) return;
  record_.goodbye = true;
  if (record_.closer == result::Closer::none && !record_.close_at)
    record_.closer = record_.own_side();
  own_frame(wire::Opcode::close, close_body(1000));
}

// RFC 6455 5.5.1: a Close is answered with a Close, typically of the same code. With a frame of
// ours half written nothing else may be written: shutting the stream down says the same.
void FrameWriter::answer_close() {
  if (record_.sent.close_sent || transport_ == nullptr) return;
  if (!between_frames() || write_failed_) {
    shutdown();
    return;
  }
  own_.clear();
  const bool echo = record_.close_code && *record_.close_code != 1005 && !record_.violation;
  const auto body = close_body(echo ? *record_.close_code : 1000);
  own_frame(wire::Opcode::close, record_.close_code == 1005 ? wire::Octets{} : wire::Octets(body));
}

std::optional<std::string> FrameWriter::probe() {
  if (record_.probe_sent() || !may_write()) return std::nullopt;
  record_.probe_at = net::Clock::now();
  record_.pong_for_probe_at.reset();
  std::string payload = fmt::format("wsspec {:08x}", static_cast<std::uint32_t>(random_.next()));
  own_.add(wire::Opcode::ping, wire::as_octets(payload));
  return payload;
}

void FrameWriter::send_aside(const scenario::Item& item) {
  constexpr std::size_t kOwnPiece = 256 * 1024;
  ItemEncoder encoder(item, {}, {}, random_, {.role = options_.role});
  wire::OctetVector octets;
  while (encoder.fill(octets, kOwnPiece) == ItemEncoder::State::more) continue;
  own_.add_encoded(std::move(octets));
  ++messages_;
  pump();
}

}  // namespace wsspec::session
