// What the libraries of Go print: gorilla/websocket (read in 2025) and coder/websocket (read in
// 2026, formerly nhooyr.io/websocket).
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
constexpr std::string_view kGorilla = "Go gorilla/websocket";
constexpr std::string_view kGorillaServer = "Go gorilla/websocket as a server";
constexpr std::string_view kCoder = "Go coder/websocket";
constexpr std::string_view kCoderServer = "Go coder/websocket as a server";

using enum Side;
using enum Situation;

constexpr MessageText kGoMessages[] = {
    {"websocket: bad handshake", "Go gorilla/websocket as a client", client, refused_with_status,
     "Dial returns the response beside the error: print its status and body. A 101 with a wrong "
     "Upgrade, Connection or Sec-WebSocket-Accept header gives the same message."},
    {"websocket: close 1006 (abnormal closure)", kGorilla, either, lost_without_close},
    {"websocket: close %", kGorilla, either, peer_closed},
    {"websocket: the client is not using the websocket protocol", kGorillaServer, server,
     not_an_upgrade, "The client gets 400, 405 or 426."},
    {"websocket: request origin not allowed by Upgrader.CheckOrigin", kGorillaServer, server,
     origin_refused,
     "Without CheckOrigin the Origin's host must equal Host. 'return true' opens the door to every "
     "page on the web."},
    {"websocket: not a websocket handshake: 'Sec-WebSocket-Key' header", kGorillaServer, server,
     not_an_upgrade, "", 400},
    {"websocket: unsupported version: 13 not found in 'Sec-Websocket-Version' header",
     kGorillaServer, server, not_an_upgrade, "", 400},
    {"RSV1 set", kGorilla, either, reserved_bits,
     "gorilla joins all faults of a header; several at once are frames out of step."},
    {"RSV2 set", kGorilla, either, reserved_bits},
    {"RSV3 set", kGorilla, either, reserved_bits},
    {"bad opcode %", kGorilla, either, unknown_opcode},
    {"bad MASK", kGorilla, either, unmasked_by_client,
     "As a client it means the reverse: the server masks its frames."},
    {"data before FIN", kGorilla, either, broken_fragments},
    {"continuation after FIN", kGorilla, either, broken_fragments},
    {"len > 125 for control", kGorilla, either, bad_control_frame},
    {"FIN not set on control", kGorilla, either, bad_control_frame},
    {"bad close code %", kGorilla, either, bad_close_frame},
    {"invalid utf8 payload in close frame", kGorilla, either, close_reason_not_utf8,
     "gorilla closes with 1002. It does not check text messages: the application must.", 1002},
    {"websocket: read limit exceeded", kGorilla, either, message_too_big,
     "The limit is SetReadLimit; without it there is none."},
    {"websocket: close sent", kGorilla, either, sent_after_close},
    {"concurrent write to websocket connection", "Go gorilla/websocket, a panic", either,
     concurrent_use,
     "WriteMessage, NextWriter and WriteJSON need one goroutine or a lock; WriteControl and Close "
     "do not."},
    {"repeated read on failed websocket connection", "Go gorilla/websocket, a panic", either,
     sent_after_close, "A read loop that goes on after an error: it must end."},
    {"websocket: write timeout", kGorilla, either, slow_reader,
     "SetWriteDeadline passed: the peer does not read."},
    {"expected handshake response status code % but got %", "Go coder/websocket as a client",
     client, refused_with_status},
    {"received header with unexpected rsv bits set", kCoder, either, reserved_bits},
    {"received unmasked frame from client", kCoderServer, server, unmasked_by_client},
    {"received unknown opcode %", kCoder, either, unknown_opcode},
    {"received continuation frame without text or binary frame", kCoder, either, broken_fragments},
    {"received new data message without finishing the previous message", kCoder, either,
     broken_fragments},
    {"received invalid close payload", kCoder, either, bad_close_frame},
    {"read limited at % bytes", kCoder, either, message_too_big,
     "The limit is SetReadLimit, 32768 octets unless set."},
    {"request Origin % is not authorized for Host %", kCoderServer, server, origin_refused,
     "AcceptOptions.OriginPatterns lists the allowed hosts."},
    {"handshake request must be at least HTTP/1.1", kCoderServer, server, not_an_upgrade,
     "A proxy speaks HTTP/1.0 to the server: nginx without proxy_http_version 1.1."},
    {"WebSocket protocol violation: Connection header % does not contain Upgrade", kCoder, either,
     not_an_upgrade, "As a client: the server's 101 lacks the header."},
    {"WebSocket protocol violation: Upgrade header % does not contain websocket", kCoder, either,
     not_an_upgrade, "As a client: the server's 101 lacks the header."},
    {"http.ResponseWriter does not implement http.Hijacker", kCoderServer, server,
     refused_with_status,
     "A middleware wraps the ResponseWriter, or the request came over HTTP/2. The client gets 501.",
     0},
    {"failed to wait for pong", kCoder, either, ping_unanswered,
     "Ping needs a reader: a pong is only seen while another goroutine reads.", 1006},
    {"failed to read frame header: EOF", kCoder, either, lost_without_close},
    {"received close frame: status = %", kCoder, either, peer_closed},
    {"reason string max is %", kCoder, either, reason_too_long},
};
}  // namespace

std::span<const MessageText> go_messages() {
  return kGoMessages;
}

}  // namespace wsspec::explain
