// The WebSocket messages of a HAR file (HTTP Archive 1.2) as Chromium's developer tools save it:
// `_webSocketMessages` of an entry. Read as a stream, for such files are large. It holds what the
// browser's API gave or took: no frames, no masks, no pings, no Close.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <tl/expected.hpp>

#include "wire/handshake.h"
#include "wire/octets.h"

namespace wsspec::capture {

/// The members of one message.
struct HarMessage {
  std::string type;   ///< "send", "receive"; "error"
  double time_s = 0;  ///< since 1970
  int opcode = 1;
  std::string data;  ///< text; of a binary message base64
};

/// What is known of an entry after its last member: its messages were told before.
struct HarEntry {
  std::string method, url;
  int status = 0;
  wire::HeaderList request_headers, response_headers;
  std::string error;  ///< response._error: "net::ERR_CONNECTION_REFUSED"
};

class HarSink {
 public:
  virtual ~HarSink() = default;
  /// A message of an entry, whose first one opens a conversation.
  virtual void on_message(const HarMessage& message) = 0;
  /// The entry is over; `messages` = how many were told.
  virtual void on_entry(const HarEntry& entry, std::uint64_t messages) = 0;
};

/// These first octets are those of a HAR file: an object whose first member is "log".
bool is_har(wire::Octets head);

/// `next` gives the file piece by piece, and at its end nothing. The error is one clause, and says
/// where; what came before it was told.
using NextPiece = std::function<tl::expected<wire::Octets, std::string>()>;
tl::expected<void, std::string> read_har(const NextPiece& next, HarSink& sink);

}  // namespace wsspec::capture
