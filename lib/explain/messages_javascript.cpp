// What the libraries of Node.js print: npm ws (read in 8.21) and undici (read in 8.10), which is
// the WebSocket of Node.js itself since version 22.
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
constexpr std::string_view kWs = "npm ws";
constexpr std::string_view kUndici = "undici, the WebSocket of Node.js";
constexpr std::string_view kAnyCode =
    "npm ws gives one code to several messages; the message beside it tells more.";

using enum Side;
using enum Situation;

constexpr MessageText kJavascriptMessages[] = {
    {"Invalid WebSocket frame: invalid UTF-8 sequence", kWs, either, text_not_utf8,
     "npm ws checks at the end of a message; the same text stands for a Close reason. "
     "skipUTF8Validation switches the check off: then bad text reaches the application."},
    {"WS_ERR_INVALID_UTF8", "npm ws, error.code", either, text_not_utf8},
    {"Invalid WebSocket frame: RSV1 must be clear", kWs, either, reserved_bits},
    {"WS_ERR_UNEXPECTED_RSV_1", "npm ws, error.code", either, reserved_bits},
    {"Invalid WebSocket frame: RSV2 and RSV3 must be clear", kWs, either, reserved_bits,
     "No extension uses RSV2 or RSV3: nearly always frames out of step."},
    {"WS_ERR_UNEXPECTED_RSV_2_3", "npm ws, error.code", either, reserved_bits},
    {"Invalid WebSocket frame: invalid opcode %", kWs, either, unknown_opcode,
     "invalid opcode 0 is a continuation frame without a beginning; 1 or 2 is a new message inside "
     "an unfinished one (RFC 6455 5.4)."},
    {"WS_ERR_INVALID_OPCODE", "npm ws, error.code", either, unknown_opcode, kAnyCode},
    {"Invalid WebSocket frame: FIN must be set", kWs, either, bad_control_frame},
    {"WS_ERR_EXPECTED_FIN", "npm ws, error.code", either, bad_control_frame},
    {"Invalid WebSocket frame: MASK must be set", "npm ws as a server", server, unmasked_by_client},
    {"WS_ERR_EXPECTED_MASK", "npm ws as a server, error.code", server, unmasked_by_client},
    {"Invalid WebSocket frame: MASK must be clear", "npm ws as a client", client, masked_by_server},
    {"WS_ERR_UNEXPECTED_MASK", "npm ws as a client, error.code", client, masked_by_server},
    {"Invalid WebSocket frame: invalid payload length %", kWs, either, bad_control_frame,
     "A control frame above 125 octets, or a Close body of one octet."},
    {"WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", "npm ws, error.code", either, bad_control_frame},
    {"Unsupported WebSocket frame: payload length > 2^53 - 1", kWs, either, bad_length,
     "Nobody sends 8 PiB: payload is read as a header.", 1009},
    {"WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", "npm ws, error.code", either, bad_length, "", 1009},
    {"Max payload size exceeded", kWs, either, message_too_big,
     "The limit is maxPayload, 100 MiB unless set; it holds for the inflated size too."},
    {"WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "npm ws, error.code", either, message_too_big},
    {"Too many message fragments", "npm ws (8.21) and undici", either, too_many_fragments},
    {"Too many buffered chunks", "npm ws (8.21)", either, too_many_fragments,
     "Many small TCP segments of one message count too."},
    {"WS_ERR_TOO_MANY_BUFFERED_PARTS", "npm ws (8.21), error.code", either, too_many_fragments},
    {"Invalid WebSocket frame: invalid status code %", kWs, either, bad_close_frame},
    {"WS_ERR_INVALID_CLOSE_CODE", "npm ws, error.code", either, bad_close_frame},
    {"Unexpected server response: %", "npm ws as a client", client, refused_with_status,
     "Listen to 'unexpected-response' to read the body."},
    {"Opening handshake has timed out", "npm ws as a client (handshakeTimeout)", client,
     handshake_timeout},
    {"Invalid Sec-WebSocket-Accept header", "npm ws as a client", client, bad_accept},
    {"Invalid Upgrade header", kWs, either, not_an_upgrade,
     "As a server: the body of its 400. As a client: the server's 101 has another Upgrade header.",
     400},
    {"Missing or invalid Sec-WebSocket-Key header", "npm ws as a server, body of its 400", server,
     not_an_upgrade, "", 400},
    {"Missing or invalid Sec-WebSocket-Version header", "npm ws as a server, body of its 400",
     server, not_an_upgrade, "", 400},
    {"Server sent no subprotocol", "npm ws and Rust tungstenite as clients", client,
     subprotocol_mismatch},
    {"Server sent an invalid subprotocol", "npm ws and Rust tungstenite as clients", client,
     subprotocol_mismatch},
    {"Server sent a subprotocol but none was requested", "npm ws and Rust tungstenite as clients",
     client, subprotocol_mismatch},
    {"Server sent a Sec-WebSocket-Extensions header but no extension was requested",
     "npm ws as a client", client, extension_mismatch},
    {"Server indicated an extension that was not requested", "npm ws as a client", client,
     extension_mismatch},
    {"WebSocket was closed before the connection was established", "npm ws as a client", client,
     closed_while_connecting},
    {"WebSocket is not open: readyState 0 (CONNECTING)", "npm ws as a client", client,
     used_before_open},
    {"WebSocket is not open: readyState %", kWs, either, sent_after_close},
    {"The message must not be greater than 123 bytes", kWs, either, reason_too_long},
    {"First argument must be a valid error code number", kWs, either, code_not_allowed},
    {"Received network error or non-101 status code", kUndici, client, refused_with_status,
     "It stands for a failed TCP or TLS connection as well as for an HTTP status; error.cause (in "
     "newer versions) or curl -v tells which."},
    {"Server did not respond with sent protocols", kUndici, client, subprotocol_mismatch},
    {"Protocol was not set in the opening handshake", kUndici, client, subprotocol_mismatch},
    {"Sec-WebSocket-Extensions header does not match", kUndici, client, extension_mismatch},
    {"Incorrect hash received in Sec-WebSocket-Accept header", kUndici, client, bad_accept},
    {"Server did not set Upgrade header to \"websocket\"", kUndici, client, bad_response_headers},
    {"Server did not set Connection header to \"upgrade\"", kUndici, client, bad_response_headers},
    {"Received invalid UTF-8 in text frame", kUndici, client, text_not_utf8},
    {"Frame cannot be masked", kUndici, client, masked_by_server},
    {"RSV1, RSV2, RSV3 must be clear", kUndici, client, reserved_bits},
    {"Expected RSV1 to be clear", kUndici, client, reserved_bits},
    {"Invalid opcode received", kUndici, client, unknown_opcode},
    {"Unexpected continuation frame", "undici and Python websockets", either, broken_fragments},
    {"Expected continuation frame", kUndici, client, broken_fragments},
    {"Control frame either too large or fragmented", kUndici, client, bad_control_frame},
    {"Payload size exceeds maximum allowed size", kUndici, client, message_too_big},
    {"Reason must be less than 123 bytes", kUndici, client, reason_too_long},
    {"Sent before connected", kUndici, client, used_before_open},
};
}  // namespace

std::span<const MessageText> javascript_messages() {
  return kJavascriptMessages;
}

}  // namespace wsspec::explain
