// What the libraries of the JVM print: okhttp, Netty (read in 4.2), Jetty (read in 12), Tomcat
// (read in 12), Spring (read in 7.1).
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
constexpr std::string_view kOkhttp = "okhttp (Android, JVM)";
constexpr std::string_view kNetty = "Netty";
constexpr std::string_view kNettyClient = "Netty as a client";
constexpr std::string_view kJetty = "Jetty";
constexpr std::string_view kTomcat = "Tomcat (Spring Boot)";
constexpr std::string_view kSpring = "Spring";

using enum Side;
using enum Situation;

constexpr MessageText kJvmMessages[] = {
    {"Expected HTTP 101 response but was '%'", kOkhttp, client, refused_with_status,
     "onFailure gets the response: print its body."},
    {"Expected 'Connection' header value 'Upgrade' but was '%'", kOkhttp, client,
     bad_response_headers},
    {"Expected 'Upgrade' header value 'websocket' but was '%'", kOkhttp, client,
     bad_response_headers},
    {"Expected 'Sec-WebSocket-Accept' header value '%' but was '%'", kOkhttp, client, bad_accept},
    {"sent ping but didn't receive pong within %", kOkhttp, client, ping_unanswered,
     "The limit is pingInterval itself: a pong must come before the next ping. The connection ends "
     "without a Close.",
     1006},
    {"Unexpected rsv1 flag", kOkhttp, client, reserved_bits},
    {"Unexpected rsv2 flag", kOkhttp, client, reserved_bits},
    {"Unexpected rsv3 flag", kOkhttp, client, reserved_bits},
    {"Server-sent frames must not be masked", kOkhttp, client, masked_by_server},
    {"Control frames must be final", kOkhttp, client, bad_control_frame},
    {"Control frame must be less than %B", kOkhttp, client, bad_control_frame},
    {"Malformed close payload length of 1", kOkhttp, client, bad_close_frame},
    {"Code % is reserved and may not be used", kOkhttp, either, bad_close_frame,
     "As an IllegalArgumentException: the program gave such a code to close()."},
    {"Code must be in range [1000,5000)", kOkhttp, either, bad_close_frame,
     "As an IllegalArgumentException: the program gave such a code to close()."},
    {"Expected continuation opcode. Got: %", kOkhttp, client, broken_fragments},
    {"Unknown control opcode: %", kOkhttp, client, unknown_opcode},
    {"Unknown opcode: %", "okhttp, Jetty", either, unknown_opcode},
    {"bytes are not UTF-8", "Netty, as the reason of its 1007", either, text_not_utf8},
    {"RSV != 0 and no extension negotiated, RSV:%", kNetty, either, reserved_bits,
     "RSV:4 is RSV1: compression without WebSocketServerCompressionHandler in the pipeline."},
    {"received a frame that is not masked as expected", kNetty, either, unmasked_by_client,
     "As a client it means the reverse: the server masks its frames."},
    {"Max frame length of % has been exceeded", kNetty, either, message_too_big,
     "The limit is maxFramePayloadLength, 65536 unless set, and holds for a frame; "
     "WebSocketFrameAggregator has one for the message."},
    {"data frame using reserved opcode %", kNetty, either, unknown_opcode},
    {"control frame using reserved opcode %", kNetty, either, unknown_opcode},
    {"received continuation data frame outside fragmented message", kNetty, either,
     broken_fragments},
    {"received non-continuation data frame while inside fragmented message", kNetty, either,
     broken_fragments},
    {"invalid data frame length (not using minimal length encoding)", kNetty, either, bad_length},
    {"control frame with payload length > 125 octets", kNetty, either, bad_control_frame},
    {"Invalid close frame getStatus code: %", kNetty, either, bad_close_frame},
    {"Invalid handshake response getStatus: %", kNettyClient, client, refused_with_status},
    {"Invalid handshake response upgrade: %", kNettyClient, client, bad_response_headers},
    {"Invalid handshake response connection: %", kNettyClient, client, bad_response_headers},
    {"Invalid challenge. Actual: % Expected: %", kNettyClient, client, bad_accept},
    {"Invalid subprotocol. Actual: % Expected one of: %", kNettyClient, client,
     subprotocol_mismatch},
    {"handshake timed out", kNetty, either, handshake_timeout, "10 s unless set."},
    {"channel closed with handshake in progress", kNettyClient, client, no_response},
    {"not a WebSocket request: %", "Netty as a server", server, not_an_upgrade, "", 400},
    {"Invalid UTF-8 encountered", kJetty, either, text_not_utf8},
    {"Client MUST mask all frames", "Jetty as a server", server, unmasked_by_client},
    {"Server MUST NOT mask any frames", "Jetty as a client", client, masked_by_server},
    {"RSV1 not allowed to be set", kJetty, either, reserved_bits},
    {"RSV2 not allowed to be set", kJetty, either, reserved_bits},
    {"RSV3 not allowed to be set", kJetty, either, reserved_bits},
    {"Text message too large: % > %", kJetty, either, message_too_big,
     "The limit is maxTextMessageSize, 64 KiB unless set."},
    {"Binary message too large: % > %", kJetty, either, message_too_big,
     "The limit is maxBinaryMessageSize, 64 KiB unless set."},
    {"Connection Idle Timeout", kJetty, either, idle_too_long,
     "Jetty closes with 1001 after idleTimeout."},
    {"Failed to upgrade to websocket: Unexpected HTTP Response Status Code: %", "Jetty as a client",
     client, refused_with_status},
    {"Invalid Sec-WebSocket-Accept hash", "Jetty as a client", client, bad_accept},
    {"CONTINUATION after fin==true", kJetty, either, broken_fragments},
    {"DataFrame before fin==true", kJetty, either, broken_fragments},
    {"Frame has non-transmittable status code", kJetty, either, bad_close_frame},
    {"Invalid control frame payload length", kJetty, either, bad_control_frame},
    {"A WebSocket text frame was received that could not be decoded to UTF-8", kTomcat, either,
     text_not_utf8},
    {"The decoded text message was too big for the output buffer and the endpoint does not support "
     "partial messages",
     kTomcat, either, message_too_big,
     "The limit is maxTextMessageBufferSize, 8192 characters unless set "
     "(ServletServerContainerFactoryBean in Spring)."},
    {"No async message support and buffer too small", kTomcat, either, message_too_big,
     "The limit is maxBinaryMessageBufferSize, 8192 octets unless set."},
    {"The client frame set the reserved bits to [%] for a message with opCode [%]", kTomcat, server,
     reserved_bits},
    {"The client frame was not masked but all client frames must be masked", kTomcat, server,
     unmasked_by_client},
    {"A new message was started when a continuation frame was expected", kTomcat, either,
     broken_fragments},
    {"A WebSocket frame was sent with an unrecognised opCode of [%]", kTomcat, either,
     unknown_opcode},
    {"New frame received after a close control frame", kTomcat, either, frame_after_close},
    {"The remote endpoint was in state [%] which is an invalid state for called method", kTomcat,
     either, concurrent_use,
     "TEXT_FULL_WRITING in the brackets: another thread is still sending. In Spring wrap the "
     "session in ConcurrentWebSocketSessionDecorator."},
    {"The WebSocket session [%] idle timeout expired", kTomcat, either, idle_too_long},
    {"The HTTP response from the server [%] did not permit the HTTP upgrade to WebSocket",
     "Tomcat as a client (Spring)", client, refused_with_status},
    {"Message will not be sent because the WebSocket session has been closed", kTomcat, either,
     sent_after_close},
    {"Handshake failed due to invalid Upgrade header: %", kSpring, server, not_an_upgrade,
     "'null' at the end: the header is missing, so a proxy removed it.", 400},
    {"Handshake failed due to invalid Connection header", kSpring, server, not_an_upgrade, "", 400},
    {"Send time % (ms) for session '%' exceeded the allowed limit %", kSpring, server, slow_reader,
     "setSendTimeLimit, 10 s unless set; the session is closed with 4500.", 4500},
    {"Buffer size % bytes for session '%' exceeds the allowed limit %", kSpring, server,
     slow_reader, "setSendBufferSizeLimit, 512 KiB unless set; the session is closed with 4500.",
     4500},
};
}  // namespace

std::span<const MessageText> jvm_messages() {
  return kJvmMessages;
}

}  // namespace wsspec::explain
