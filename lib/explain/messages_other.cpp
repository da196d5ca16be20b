// What .NET (System.Net.WebSockets) and Rust tungstenite (read in 0.29) print.
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
constexpr std::string_view kDotnet = ".NET (ClientWebSocket, SignalR, ASP.NET Core)";
constexpr std::string_view kDotnetClient = ".NET as a client (ClientWebSocket, SignalR)";
constexpr std::string_view kTungstenite = "Rust tungstenite";

using enum Side;
using enum Situation;

constexpr MessageText kOtherMessages[] = {
    {"The remote party closed the WebSocket connection without completing the close handshake",
     kDotnet, either, lost_without_close},
    {"The server returned status code '%' when status code '101' was expected", kDotnetClient,
     client, refused_with_status},
    {"Unable to connect to the remote server", kDotnetClient, client, no_connection,
     "The inner exception names the step: DNS, TCP, TLS or the handshake."},
    {"The WebSocket is in an invalid state ('%') for this operation", kDotnet, either,
     sent_after_close,
     "'Aborted': the connection broke before, or a CancellationToken fired in a receive, which "
     "aborts the connection."},
    {"The WebSocket received a frame with one or more reserved bits set", kDotnet, either,
     reserved_bits},
    {"The WebSocket received compressed frame when compression is not enabled", kDotnet, either,
     reserved_bits},
    {"The WebSocket server sent a masked frame", kDotnetClient, client, masked_by_server},
    {"The WebSocket received a continuation frame from a previous final message", kDotnet, either,
     broken_fragments},
    {"The WebSocket expected a continuation frame after having received a previous non-final frame",
     kDotnet, either, broken_fragments},
    {"The WebSocket received an invalid control message", kDotnet, either, bad_control_frame},
    {"The WebSocket received a frame with an unknown opcode: '0x%'", kDotnet, either,
     unknown_opcode},
    {"The WebSocket received a frame with an invalid payload length", kDotnet, either, bad_length},
    {"Pong frame in response to a Ping frame within the configured KeepAliveTimeout",
     ".NET 9 and later", either, ping_unanswered, "", 1006},
    {"There is already one outstanding '%' call for this WebSocket instance", kDotnet, either,
     concurrent_use},
    {"The close status description '%' is too long", kDotnet, either, reason_too_long},
    {"The close status code '%' is reserved for system use only", kDotnet, either,
     code_not_allowed},
    {"Connection reset without closing handshake", kTungstenite, either, lost_without_close},
    {"UTF-8 encoding error", kTungstenite, either, text_not_utf8},
    {"Received an unmasked frame from client", kTungstenite, server, unmasked_by_client},
    {"Received a masked frame from server", kTungstenite, client, masked_by_server},
    {"Reserved bits are non-zero", kTungstenite, either, reserved_bits,
     "tungstenite knows no compression: an RSV1 means that the peer compresses all the same."},
    {"Encountered invalid opcode: %", kTungstenite, either, unknown_opcode},
    {"Message too long: % > %", kTungstenite, either, message_too_big,
     "The limits are max_message_size (64 MiB) and max_frame_size (16 MiB)."},
    {"Remote sent after having closed", kTungstenite, either, frame_after_close},
    {"Continue frame but nothing to continue", kTungstenite, either, broken_fragments},
    {"While waiting for more fragments received: %", kTungstenite, either, broken_fragments},
    {"Control frame too big (payload must be 125 bytes or less)", kTungstenite, either,
     bad_control_frame},
    {"Trying to work with closed connection", kTungstenite, either, sent_after_close},
    {"Sending after closing is not allowed", kTungstenite, either, sent_after_close},
    {"Key mismatch in \"Sec-WebSocket-Accept\" header", "Rust tungstenite as a client", client,
     bad_accept},
    {"No \"Connection: upgrade\" header", kTungstenite, either, not_an_upgrade,
     "As a client: the server's 101 lacks the header.", 400},
    {"No \"Upgrade: websocket\" header", kTungstenite, either, not_an_upgrade,
     "As a client: the server's 101 lacks the header.", 400},
    {"Handshake not finished", kTungstenite, either, no_response},
    {"Write buffer is full", kTungstenite, either, slow_reader},
};
}  // namespace

std::span<const MessageText> other_messages() {
  return kOtherMessages;
}

}  // namespace wsspec::explain
