// Close codes as the IANA registry (WebSocket Close Code Number Registry) and RFC 6455 7.4 have
// them: what they are called, and which of them may stand in a Close frame at all.
#pragma once

#include "wire/role.h"

namespace wsspec::wire {

/// "invalid frame payload data" for 1007: the registry's name, in lower case as it stands in the
/// middle of a sentence. For the others the range's name: "registered for libraries" (3000-3999),
/// "private use" (4000-4999), "unassigned" (1016-2999), "not a close code". Never nullptr.
const char* close_code_name(int code);

/// True for a code that an endpoint may put into a Close frame: RFC 6455 7.4.1 (not 1004, 1005,
/// 1006, 1015), the registry's 1012 to 1014, and 7.4.2's 3000 to 4999. An unassigned code below
/// 3000 may not: it belongs to future revisions of the protocol.
bool may_travel(int code);

/// The same, where the sender is known: 1010 (the server did not agree to an extension that the
/// client needs) is the client's alone, for a server can fail the handshake instead (RFC 6455
/// 7.4.1). 1011 is the server's in the RFC, but either side's in the registry (errata 3227).
bool may_send(Role sender, int code);

}  // namespace wsspec::wire
