// Octets on their way to a peer: small frames are joined into large writes, a large message is
// queued as it is, without a copy.
#pragma once

#include <cstddef>
#include <deque>

#include "wire/frame.h"
#include "wire/octets.h"

namespace wsspec::server {

class Outbox {
 public:
  /// Room that a message's buffer leaves in front for the header (a server's has at most 10).
  static constexpr std::size_t kHeaderRoom = 10;

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void add(wire::Octets octets);
  void add_frame(wire::Opcode opcode, wire::Octets payload);
  /// `buffer` = kHeaderRoom octets, then the payload. Taken away if large, else left as it is.
  void add_message(wire::Opcode opcode, wire::OctetVector& buffer, bool compressed = false);

  /// The next octets to write; consume() says how many were taken.
  wire::Octets front() const;
  void consume(std::size_t count);
  /// Forgets all frames but those that are joined with the one that is being written.
  void keep_front();
  void clear();

 private:
  struct Chunk {
    wire::OctetVector octets;
    std::size_t begin = 0;  ///< octets before it are written (or unused room)
  };
  std::deque<Chunk> chunks_;
  std::size_t size_ = 0;
};

}  // namespace wsspec::server
