// What happens on a connection between two others, as its observer tells it. Spans and views are
// valid during the call only; what a peer chose is raw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/extension.h"
#include "wire/frame.h"
#include "wire/handshake.h"
#include "wire/message.h"
#include "wire/octets.h"
#include "wire/role.h"

namespace wsspec::observe {

/// The side that sent the octets.
using wire::Role;

struct Request {
  const wire::HttpRequest& request;
  /// What of RFC 6455 4.2.1 it breaks, one clause; empty = nothing.
  std::string_view fault;
  double ms = 0;
};

struct Response {
  const wire::HttpResponse& response;
  bool interim = false;  ///< a 1xx but 101: the answer is still to come
  /// Of a 101: what a client must not take (RFC 6455 4.1), one clause; empty = nothing.
  std::string fault{};
  std::optional<wire::DeflateParams> deflate{};  ///< was agreed on
  double waited_ms = 0;                          ///< since its request
  double ms = 0;
};

/// A frame, when its last octet has passed.
struct Frame {
  Role side{};
  std::uint64_t number = 0;  ///< from 1, of this side
  wire::FrameHeader header{};
  std::uint64_t at = 0;  ///< stream offset of its first octet, from 0 after the handshake
  wire::Octets head{};   ///< first octets of its payload, unmasked; of compressed data inflated
  bool whole = true;     ///< false: the stream ends inside it
  double ms = 0;
};

struct Message {
  Role side{};
  std::uint64_t number = 0;  ///< from 1, of this side
  wire::Opcode type{};
  std::uint64_t frames = 0;
  std::uint64_t octets = 0;  ///< inflated
  bool compressed = false;
  double ms = 0;
};

/// Where text was cut between the octets of one character.
struct Cut {
  std::size_t character = 0;  ///< octets that the character has
  std::size_t there = 0;      ///< octets of it before the cut
  std::uint64_t block = 0;    ///< the cut is at a multiple of this size; 0 = of no usual one
};

struct Broken {
  Role side{};
  std::uint64_t frame = 0;  ///< Frame::number
  std::uint8_t opcode = 0;  ///< of the frame; of a continuation, of the message
  const wire::Violation& violation;
  /// Of text: the octets up to the proving one, which is excerpt[mark] (none there: the end is
  /// the proof).
  wire::Octets excerpt{};
  std::size_t mark = 0;
  std::optional<Cut> cut{};
  double ms = 0;
};

struct Close {
  Role side{};
  std::optional<std::uint16_t> code{};  ///< none: a Close without a body
  std::string_view reason{};
  bool answer = false;  ///< the other side's Close came first
  double ms = 0;
};

struct Ping {
  Role side{};
  double round_trip_ms = 0;  ///< until the other side's pong with the same payload
  double ms = 0;
};

enum class EndKind : std::uint8_t { fin, reset };

struct End {
  Role side{};
  EndKind kind{};
  double ms = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_request(const Request& /*event*/) {}
  virtual void on_response(const Response& /*event*/) {}
  /// Octets of the payload of the frame whose on_frame comes next, unmasked and inflated, all of
  /// them. What a Close says is in on_close alone.
  virtual void on_data(Role /*side*/, wire::Octets /*data*/) {}
  virtual void on_frame(const Frame& /*event*/) {}
  virtual void on_message(const Message& /*event*/) {}
  virtual void on_violation(const Broken& /*event*/) {}
  virtual void on_close(const Close& /*event*/) {}
  virtual void on_pong(const Ping& /*event*/) {}
  /// What this side sends is not looked at any more: `why` it is no WebSocket.
  virtual void on_opaque(Role /*side*/, std::string_view /*why*/, double /*ms*/) {}
  /// This side sends no more.
  virtual void on_end(const End& /*event*/) {}
};

}  // namespace wsspec::observe
