// A WebSocket connection seen from outside: what each side sent goes in, in any pieces, and what it
// means comes out. It holds the first octets of payloads, an opening handshake and little else,
// whatever is sent.
//
//   each side:  head -> (body -> head ...) -> frames
//                 \-> opaque: no HTTP, or no opening handshake that succeeded
//
// What a client sends after its request waits until the answer says what it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observe/direction.h"
#include "observe/events.h"
#include "wire/handshake.h"
#include "wire/http_body.h"
#include "wire/request_scan.h"

namespace wsspec::observe {

class Conversation {
 public:
  static constexpr std::size_t kWaiting = 64 * 1024;  ///< octets of a client ahead of the answer

  explicit Conversation(Sink& sink);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// The next octets of a side, at `ms` since any fixed moment; times never go back.
  void feed(Role side, wire::Octets octets, double ms);
  /// The side sends no more; a second call for it says nothing.
  void end(Role side, EndKind kind, double ms);

  /// Frames are exchanged.
  bool open() const { return state_ == State::frames; }
  /// permessage-deflate was agreed on: a few octets may mean many.
  bool compressed() const { return compressed_; }

 private:
  enum class State : std::uint8_t { head, frames, opaque };

  Direction& direction(Role side) { return side == Role::client ? client_ : server_; }
  void read_request(wire::Octets octets, double ms);
  void read_response(wire::Octets octets, double ms);
  void answered(wire::Octets rest, double ms);
  void give_up(Role side, std::string_view why, double ms);

  Sink& sink_;
  Direction client_, server_;
  State state_ = State::head;
  wire::HttpHeadReader request_head_, response_head_;
  std::optional<wire::RequestScan> scan_;
  std::optional<wire::HttpBodyReader> body_;
  bool compressed_ = false;
  bool asked_ = false;  ///< a request is not answered yet
  double asked_ms_ = 0;
  int interim_ = 0;
  wire::OctetVector waiting_;  ///< of the client, after its request
  bool ended_[2] = {};
  std::optional<std::pair<EndKind, double>> client_end_;  ///< that waits likewise
};

}  // namespace wsspec::observe
