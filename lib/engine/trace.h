// What a scenario's connections show of its part in it when the server went down.
//
// A system ends the connections of a process that died with FIN where the process had read all that
// had arrived, and with RST where it had not (RFC 1122 4.2.2.13; Linux, the BSDs and Windows do
// so). So a connection that was reset with one short write of ours outstanding was never read: what
// was in that write cannot be the cause. One that ended with FIN and without an answer was read.
#pragma once

#include <cstdint>

#include "net/loop.h"
#include "session/record.h"

namespace wsspec::engine {

struct Trace {
  /// The more likely it is that the server went down for it, the greater.
  enum class Kind : std::uint8_t {
    never_connected,  ///< no connection was made: the server was down before
    unread,           ///< our last octets never reached the server's process
    answered,         ///< the server sent something after all that we sent
    unanswered,       ///< our last octets were read, as far as is known, and nothing came since
  };
  Kind kind = Kind::never_connected;
  net::TimePoint since{}, last{};  ///< unanswered: the first and the last of those octets
};

Trace trace_of(const session::ExchangeRecord& record);
/// The one of the two that is the more likely cause; of two unanswered ones that wrote later.
Trace nearer(const Trace& a, const Trace& b);

}  // namespace wsspec::engine
