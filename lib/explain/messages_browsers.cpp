// What browsers print: the console of Chromium, Firefox and Safari.
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
constexpr std::string_view kChromium = "Chromium: Chrome, Edge, Electron";
constexpr std::string_view kChromiumAndWebKit = "Chromium: Chrome, Edge, Electron; older WebKit";
constexpr std::string_view kNetworkError =
    "The name after net:: tells the step: ERR_CONNECTION_REFUSED no listener, ERR_CONNECTION_RESET "
    "a reset, ERR_CERT_* the certificate, ERR_NAME_NOT_RESOLVED DNS, ERR_SSL_* the TLS handshake.";

using enum Side;
using enum Situation;

constexpr MessageText kBrowserMessages[] = {
    {"Could not decode a text frame as UTF-8", kChromiumAndWebKit, client, text_not_utf8,
     "Chromium closes with 1002 and the reason 'Invalid UTF-8 in text frame', not with 1007; that "
     "is what the server's log shows.",
     1002},
    {"One or more reserved bits are on",
     "Chromium: Chrome, Edge, Electron; older WebKit; faye websocket-driver (JavaScript, Ruby)",
     either, reserved_bits,
     "The numbers tell which bit: reserved1 alone is compression, several bits are frames out of "
     "step."},
    {"Unrecognized frame opcode: %", kChromiumAndWebKit, client, unknown_opcode},
    {"A server must not mask any frames that it sends to the client", kChromiumAndWebKit, client,
     masked_by_server},
    {"Invalid frame header", kChromium, client, bad_length,
     "Chromium prints it for every error of its frame parser; also for data that its inflater does "
     "not take."},
    {"Received unexpected continuation frame", kChromiumAndWebKit, client, broken_fragments},
    {"Received start of new message but previous message is unfinished", kChromiumAndWebKit, client,
     broken_fragments},
    {"Data frame received after close", kChromium, client, frame_after_close},
    {"Ping received after close", kChromium, client, frame_after_close},
    {"Unexpected response code: %", kChromiumAndWebKit, client, refused_with_status,
     "The whole line is 'Error during WebSocket handshake: Unexpected response code: ...'. The "
     "program sees only 1006: the status is in the console and in the network panel."},
    {"Error during WebSocket handshake: Invalid status line", kChromium, client, not_http},
    {"Error during WebSocket handshake: net::ERR_INVALID_HTTP_RESPONSE", kChromium, client,
     not_http},
    {"Error during WebSocket handshake: net::ERR_%", kChromium, client, no_response, kNetworkError},
    {"Connection closed before receiving a handshake response", kChromium, client, no_response},
    {"WebSocket opening handshake timed out", kChromium, client, handshake_timeout,
     "Chromium also waits here while another connection to the same address is in its handshake: "
     "RFC 6455 4.1 allows one at a time."},
    {"Error in connection establishment: net::ERR_CERT_%", kChromium, client, no_connection,
     "The certificate is not trusted: expired, self-signed, or for another name. There is no "
     "dialog for a WebSocket: open https:// on the same host to see it.",
     1015},
    {"Error in connection establishment: net::ERR_SSL_%", kChromium, client, no_connection,
     "The TLS handshake failed, often because the port speaks plain HTTP.", 1015},
    {"Error in connection establishment: net::ERR_%", kChromium, client, no_connection,
     kNetworkError},
    {"Error during WebSocket handshake: '%' header is missing", kChromium, client,
     bad_response_headers},
    {"'Upgrade' header value is not 'WebSocket'", kChromium, client, bad_response_headers},
    {"'Connection' header value must contain 'Upgrade'", kChromium, client, bad_response_headers},
    {"Incorrect 'Sec-WebSocket-Accept' header value", kChromium, client, bad_accept},
    {"'Sec-WebSocket-Protocol' header value '%' in response does not match any of sent values",
     kChromium, client, subprotocol_mismatch},
    {"Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received", kChromium,
     client, subprotocol_mismatch, "Firefox goes on in the same case."},
    {"WebSocket is closed before the connection is established",
     "Chromium: Chrome, Edge, Electron; WebKit", client, closed_while_connecting},
    {"WebSocket is already in CLOSING or CLOSED state", kChromium, client, sent_after_close,
     "send() does not throw here; the data is lost."},
    {"An insecure WebSocket connection may not be initiated from a page loaded over HTTPS",
     kChromium, client, mixed_content},
    {"code must be either 1000, or between 3000 and 4999", kChromium, client, code_not_allowed},
    {"The close reason must not be greater than 123 UTF-8 bytes", kChromium, client,
     reason_too_long},
    {"Failed to execute 'send' on 'WebSocket': Still in CONNECTING state", kChromium, client,
     used_before_open},
    {"Firefox can't establish a connection to the server at %", "Firefox", client, no_connection,
     "Firefox prints it for every failure before the connection is open, a refused handshake too; "
     "the network panel shows the status."},
    {"The connection to % was interrupted while the page was loading", "Firefox", client,
     lost_without_close,
     "Firefox prints it for every failure of an open connection, also when it failed the "
     "connection itself over a bad frame or bad UTF-8; about:networking and tcpdump tell more. "
     "Leaving the page prints it too: then it is harmless."},
    {"There was a bad response from the server", "Safari and URLSession (CFNetwork)", client,
     refused_with_status, "NSURLErrorDomain -1011. The status is not in the message."},
    {"The operation couldn't be completed. Socket is not connected",
     "Safari and URLSession (CFNetwork)", client, lost_without_close,
     "POSIX error 57. Frequent when an iPhone returns from sleep."},
    {"The operation couldn't be completed. Connection refused", "Safari and URLSession (CFNetwork)",
     client, no_connection, "POSIX error 61."},
};
}  // namespace

std::span<const MessageText> browser_messages() {
  return kBrowserMessages;
}

}  // namespace wsspec::explain
