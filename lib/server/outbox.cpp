#include "server/outbox.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wsspec::server {
namespace {

constexpr std::size_t kChunk = 256 * 1024;  ///< small frames are joined up to this
constexpr std::size_t kLarge = 32 * 1024;   ///< from here on a message is a chunk of its own

}  // namespace

void Outbox::add(wire::Octets octets) {
  if (chunks_.empty() || chunks_.back().octets.size() + octets.size() > kChunk)
    chunks_.emplace_back();
  auto& tail = chunks_.back().octets;
  tail.insert(tail.end(), octets.begin(), octets.end());
  size_ += octets.size();
}

void Outbox::add_frame(wire::Opcode opcode, wire::Octets payload) {
  wire::FrameHeader header;
  header.opcode = static_cast<std::uint8_t>(opcode);
  header.length = payload.size();
  // In one piece: no frame is cut between two chunks.
  wire::OctetVector octets(wire::kMaxFrameHeader);
  octets.resize(
      wire::encode_header(header, std::span<std::uint8_t, wire::kMaxFrameHeader>(octets)));
  octets.insert(octets.end(), payload.begin(), payload.end());
  add(octets);
}

void Outbox::add_message(wire::Opcode opcode, wire::OctetVector& buffer, bool compressed) {
  const wire::Octets payload = wire::Octets(buffer).subspan(kHeaderRoom);
  wire::FrameHeader header;
  header.opcode = static_cast<std::uint8_t>(opcode);
  header.rsv = compressed ? 4 : 0;
  header.length = payload.size();
  std::array<std::uint8_t, wire::kMaxFrameHeader> octets;
  const std::size_t head = wire::encode_header(header, octets);
  const std::size_t begin = kHeaderRoom - head;
  std::copy_n(octets.begin(), head, buffer.begin() + static_cast<std::ptrdiff_t>(begin));
  if (payload.size() < kLarge) {
    add(wire::Octets(buffer).subspan(begin));
    return;
  }
  size_ += buffer.size() - begin;
  chunks_.push_back({std::exchange(buffer, {}), begin});
}

wire::Octets Outbox::front() const {
  if (chunks_.empty()) return {};
  return wire::Octets(chunks_.front().octets).subspan(chunks_.front().begin);
}

void Outbox::consume(std::size_t count) {
  size_ -= count;
  while (count > 0) {
    Chunk& chunk = chunks_.front();
    const std::size_t taken = std::min(count, chunk.octets.size() - chunk.begin);
    chunk.begin += taken;
    count -= taken;
    if (chunk.begin == chunk.octets.size()) chunks_.pop_front();
  }
}

void Outbox::keep_front() {
  while (chunks_.size() > 1) {
    size_ -= chunks_.back().octets.size() - chunks_.back().begin;
    chunks_.pop_back();
  }
}

void Outbox::clear() {
  chunks_.clear();
  size_ = 0;
}

}  // namespace wsspec::server
