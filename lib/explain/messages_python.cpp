// What the libraries of Python print: websockets (read in 17), aiohttp (read in 4.0a), Tornado
// (read in 6.6), Starlette, uvicorn, wsproto, websocket-client.
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
constexpr std::string_view kWebsockets = "Python websockets";
constexpr std::string_view kWebsocketsServer = "Python websockets as a server";
constexpr std::string_view kWebsocketsClient = "Python websockets as a client";
constexpr std::string_view kReason = "Python websockets, as the reason of its 1007";
constexpr std::string_view kAiohttp = "aiohttp";
constexpr std::string_view kStarlette = "Starlette and FastAPI";
constexpr std::string_view kWebsocketClient = "websocket-client";
constexpr std::string_view kKeepalive =
    "The Close is 1011 and comes from the side that pinged: 20 s without traffic, a ping, 20 s of "
    "patience (ping_interval, ping_timeout). uvicorn pings the same way.";

using enum Side;
using enum Situation;

constexpr MessageText kPythonMessages[] = {
    {"no close frame received or sent", "Python websockets 10 and later", either,
     lost_without_close},
    {"keepalive ping timeout", kWebsockets, either, ping_unanswered, kKeepalive},
    {"keepalive ping timeout; no close frame received", kWebsockets, either, ping_unanswered,
     kKeepalive},
    {"sent %; no close frame received", "Python websockets 10 and later", either,
     close_not_answered},
    {"received %; no close frame sent", "Python websockets 10 and later", either, peer_closed,
     "The connection was lost before this side could answer the Close."},
    {"received %; then sent %", "Python websockets 10 and later", either, peer_closed},
    {"sent %; then received %", "Python websockets 10 and later", either, peer_closed,
     "Here this side closed first, with the first code, and the peer answered."},
    {"connection closed abnormally [internal]", "Python websockets before 10", either,
     lost_without_close},
    {"server rejected WebSocket connection: HTTP %", kWebsocketsClient, client,
     refused_with_status},
    {"did not receive a valid HTTP response", kWebsocketsClient, client, no_response},
    {"did not receive a valid HTTP request", kWebsocketsServer, server, not_an_upgrade,
     "Often a load balancer's TCP health check or a port scan that connects and sends nothing: "
     "then harmless.",
     400},
    {"opening handshake failed", kWebsocketsServer, server, not_an_upgrade,
     "The exception below it names the cause; EOFError is a health check or a client that gave up.",
     400},
    {"timed out during opening handshake", kWebsocketsClient, client, handshake_timeout},
    {"incorrect masking", kWebsockets, either, unmasked_by_client,
     "As a client it means the reverse: the server masks its frames."},
    {"reserved bits must be 0", kWebsockets, either, reserved_bits},
    {"fragmented control frame", "Python websockets, Netty, Rust tungstenite", either,
     bad_control_frame},
    {"control frame too long", kWebsockets, either, bad_control_frame},
    {"expected a continuation frame", kWebsockets, either, broken_fragments},
    {"incomplete fragmented message", kWebsockets, either, broken_fragments,
     "The peer sent its Close inside a fragmented message."},
    {"frame with % exceeds limit of % bytes", "Python websockets 14 and later", either,
     message_too_big, "The limit is max_size, 1 MiB unless set."},
    {"over size limit (%", "Python websockets before 14", either, message_too_big,
     "The limit is max_size, 1 MiB unless set."},
    {"decompression failed", kWebsockets, either, inflate_failed, "", 1002},
    {"invalid start byte at position %", kReason, either, text_not_utf8,
     "An octet that begins no character: another encoding, or binary data."},
    {"invalid continuation byte at position %", kReason, either, text_not_utf8,
     "A character of several octets is broken off: Latin-1, or octets lost inside the text."},
    {"unexpected end of data at position %", kReason, either, text_not_utf8,
     "The text ends inside a character: cut at a number of octets."},
    {"'utf-8' codec can't decode byte 0x% in position %",
     "Python itself, from any library that decodes a text message", either, text_not_utf8,
     "The position is an index in the message (or fragment). In Tornado the connection is dropped "
     "without a Close."},
    {"cannot call recv while another coroutine is already running recv", kWebsockets, either,
     concurrent_use},
    {"Invalid UTF-8 text message", kAiohttp, either, text_not_utf8},
    {"Received frame with non-zero reserved bits", kAiohttp, either, reserved_bits},
    {"Continuation frame for non started message", kAiohttp, either, broken_fragments},
    {"The opcode in non-fin frame is expected to be zero, got %", kAiohttp, either,
     broken_fragments},
    {"Received fragmented control frame", "aiohttp, Go coder/websocket", either, bad_control_frame},
    {"Control frame payload cannot be larger than 125 bytes", kAiohttp, either, bad_control_frame},
    {"Message size % exceeds limit %", kAiohttp, either, message_too_big,
     "The limit is max_msg_size, 4 MiB unless set."},
    {"Decompressed message exceeds size limit %", kAiohttp, either, message_too_big},
    {"message='Invalid response status'", "aiohttp as a client: WSServerHandshakeError", client,
     refused_with_status, "The status stands in front."},
    {"Invalid challenge response", "aiohttp as a client", client, bad_accept},
    {"No PONG received after % seconds", kAiohttp, either, ping_unanswered,
     "Half of the heartbeat interval. The connection ends with 1006, without a Close.", 1006},
    {"Cannot write to closing transport", kAiohttp, either, sent_after_close},
    {"Concurrent call to receive() is not allowed", kAiohttp, either, concurrent_use},
    {"No WebSocket UPGRADE hdr: %", "aiohttp as a server, body of its 400", server, not_an_upgrade,
     "", 400},
    {"Can \"Upgrade\" only to \"WebSocket\"", "Tornado, Spring and aiohttp, body of their 400",
     server, not_an_upgrade, "", 400},
    {"\"Connection\" must be \"Upgrade\"", "Tornado, body of its 400", server, not_an_upgrade, "",
     400},
    {"Cross origin websockets not allowed", "Tornado, body of its 403", server, origin_refused},
    {"message too big after decompression", "Tornado", either, message_too_big,
     "The limit is websocket_max_message_size, 10 MiB unless set."},
    {"WebSocketClosedError", "Tornado", either, sent_after_close},
    {"Non-websocket response", "Tornado as a client", client, refused_with_status},
    {"WebSocket is not connected. Need to call \"accept\" first", kStarlette, server,
     used_before_open,
     "Also printed when the connection is already over: a loop that receives after close()."},
    {"Cannot call \"send\" once a close message has been sent", kStarlette, server,
     sent_after_close},
    {"Cannot call \"receive\" once a disconnect message has been received", kStarlette, server,
     sent_after_close},
    {"WebSocketDisconnect", "Starlette and FastAPI, an exception", server, peer_closed,
     "Not an error: the client left. Catch it. 1005 is a Close without a code, 1006 none at all, "
     "1012 the server's own shutdown."},
    {"Unexpected ASGI message '%', after sending 'websocket.close'", "uvicorn", server,
     sent_after_close},
    {"Expected ASGI message 'websocket.accept', 'websocket.close'", "uvicorn", server,
     used_before_open},
    {"\"WebSocket %\" 403", "uvicorn, its access log", server, refused_with_status,
     "The application called close() before accept(), or has no such route; the client gets HTTP "
     "403 and a browser reports 1006, never the code given to close().",
     403},
    {"No supported WebSocket library detected", "uvicorn", server, no_websocket_library},
    {"Unsupported upgrade request", "uvicorn", server, no_websocket_library},
    {"ASGI callable returned without completing handshake", "uvicorn", server, refused_with_status,
     "The handler ended without accept(); the client gets 500.", 500},
    {"Exceeded concurrency limit", "uvicorn (--limit-concurrency)", server, refused_with_status,
     "The client gets 503.", 503},
    {"Missing header, 'Connection: Upgrade'", "wsproto (Hypercorn, uvicorn)", either,
     not_an_upgrade, "", 400},
    {"Missing header, 'Upgrade: websocket'", "wsproto (Hypercorn, uvicorn)", either, not_an_upgrade,
     "", 400},
    {"server received unexpected unmasked frame", "wsproto", server, unmasked_by_client},
    {"client received unexpected masked frame", "wsproto", client, masked_by_server},
    {"Reserved bit set unexpectedly", "wsproto", either, reserved_bits},
    {"remote CLOSE with local-only reason", "wsproto", either, bad_close_frame},
    {"CLOSE with unknown reserved code", "wsproto", either, bad_close_frame},
    {"Handshake status %", kWebsocketClient, client, refused_with_status,
     "The headers and the body follow after -+-+-."},
    {"Connection to remote host was lost", kWebsocketClient, client, lost_without_close},
    {"ping/pong timed out", kWebsocketClient, client, ping_unanswered, "", 1006},
    {"socket is already closed", kWebsocketClient, client, sent_after_close},
    {"rsv is not implemented, yet", kWebsocketClient, client, reserved_bits,
     "This library never agrees to compression."},
};
}  // namespace

std::span<const MessageText> python_messages() {
  return kPythonMessages;
}

}  // namespace wsspec::explain
