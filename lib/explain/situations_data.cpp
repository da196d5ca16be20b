// What a receiver found wrong in the frames and messages of its peer.
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
using enum Situation;

const std::vector<SituationText> kDataSituations = {
    {.id = text_not_utf8,
     .name = "text-not-utf8",
     .found_in = "in a text message that it received",
     .meaning = "A text message (opcode 1) holds octets that are not UTF-8. RFC 6455 8.1 demands "
                "that the receiver fails the connection.",
     .causes = {"binary data (msgpack, protocol buffers, compressed or encrypted octets, terminal "
                "output) sent with the call for text",
                "text in another encoding: Latin-1, Windows-1252, GBK",
                "a text cut at a number of octets, inside a character, and sent as two messages",
                "two threads that write to one socket: the header of one frame lands in the "
                "payload of another",
                "a buffer sent with its capacity instead of the length of the text"},
     .by_role = true,
     .first = {"send binary data as a binary message; encode text to UTF-8 explicitly",
               "cut messages between characters, or not at all",
               "one writer a connection: send under one lock"},
     .second = {"log the offset of the first bad octet; do not switch the check off",
                "close with 1007"},
     .code = 1007,
     .selectors = "utf8 binary-as-text"},
    {.id = close_reason_not_utf8,
     .name = "close-reason-not-utf8",
     .found_in = "in a Close frame that it received",
     .meaning = "The reason in a Close frame is not UTF-8 (RFC 6455 5.5.1).",
     .causes = {"a reason cut at 123 octets inside a character",
                "an error text of the system in a local encoding, used as the reason"},
     .by_role = true,
     .first = {"cut the reason between two characters, at 123 octets at most",
               "use short ASCII reasons"},
     .second = {"close with 1007 or 1002; do not print the reason raw"},
     .code = 1007,
     .selectors = "close-reason"},
    {.id = reserved_bits,
     .name = "reserved-bits",
     .found_in = "in the first octet of a frame that it received",
     .meaning = "RSV1, RSV2 or RSV3 is set, but no extension that uses the bit was agreed on (RFC "
                "6455 5.2). RSV1 marks a compressed message (permessage-deflate).",
     .causes =
         {"the peer compresses although permessage-deflate was not agreed on, often because a "
          "proxy removed or changed Sec-WebSocket-Extensions",
          "the frames are out of step: a wrong length before, or two writers without a lock, so "
          "that payload is read as a header",
          "octets that are not WebSocket at all after the 101: a log line, a second HTTP response"},
     .by_role = true,
     .first = {"set RSV1 only if the response had Sec-WebSocket-Extensions: permessage-deflate",
               "compare each frame's declared length with its payload",
               "one writer a connection: send under one lock"},
     .second = {"try with permessage-deflate off; if the error goes, look at the proxy between",
                "log the first 16 octets of the frame: readable text or a shifted header tells the "
                "cause"},
     .code = 1002,
     .selectors = "deflate-negotiation framing"},
    {.id = unknown_opcode,
     .name = "unknown-opcode",
     .found_in = "in the first octet of a frame that it received",
     .meaning =
         "The opcode is reserved (3-7, 11-15), or not one that may come here (RFC 6455 5.2).",
     .causes =
         {"the frames are out of step: a wrong length before, so that payload is read as a header",
          "two writers without a lock", "octets after the 101 that are not WebSocket"},
     .by_role = true,
     .first = {"check the length field of the frame before: 126 and 127 announce 16 and 64 bits, "
               "in network byte order, counted in octets",
               "one writer a connection: send under one lock"},
     .second = {"log the first 16 octets of the frame and the length of the one before",
                "close with 1002"},
     .code = 1002,
     .selectors = "framing"},
    {.id = masked_by_server,
     .name = "masked-by-server",
     .found_in = "in a frame that it received",
     .meaning = "A frame from the server has the MASK bit. Only clients mask (RFC 6455 5.1).",
     .causes = {"a server that uses its client's code to write frames",
                "a handwritten server that sets bit 7 of the length octet (0x80 + length)",
                "a relay that copies a client's frames to other clients without unmasking them",
                "frames out of step"},
     .by_role = true,
     .first = {"write the length octet without bit 7 and no masking key",
               "unmask what comes from one client before it goes to another"},
     .second = {"close with 1002 (RFC 6455 5.1)"},
     .code = 1002,
     .selectors = "framing"},
    {.id = unmasked_by_client,
     .name = "unmasked-by-client",
     .found_in = "in a frame that it received",
     .meaning =
         "A frame from the client has no masking key. Clients mask every frame (RFC 6455 5.1).",
     .causes = {"a handwritten client", "a proxy or test tool that replays a server's frames",
                "frames out of step"},
     .by_role = true,
     .first = {"mask every frame with a fresh random key; libraries do"},
     .second = {"close with 1002 (RFC 6455 5.1), and read on until the end of the stream: a reset "
                "would destroy the Close on its way"},
     .code = 1002,
     .selectors = "masking"},
    {.id = bad_length,
     .name = "bad-length",
     .found_in = "in the header of a frame that it received",
     .meaning =
         "The frame's header breaks a rule of its own: a length that is not in its shortest form "
         "or above 2^63 - 1, or a control frame that is long or fragmented (RFC 6455 5.2, 5.5).",
     .causes = {"a length counted in characters instead of octets: the rest of the payload is read "
                "as the next header",
                "a 16 bit length in the byte order of the machine",
                "a Close reason or ping longer than 125 octets",
                "octets after the 101 that are not WebSocket", "two writers without a lock"},
     .by_role = true,
     .first = {"count octets after encoding; write lengths in network byte order and in the "
               "shortest of the three forms",
               "keep Close reasons to 123 octets"},
     .second =
         {"capture the octets around the failure: tcpdump for ws, the browser's net log for wss"},
     .code = 1002,
     .selectors = "framing control"},
    {.id = bad_control_frame,
     .name = "bad-control-frame",
     .found_in = "in a control frame that it received",
     .meaning = "A ping, pong or Close is fragmented or has more than 125 octets (RFC 6455 5.5).",
     .causes = {"a Close with a long reason, such as a stack trace",
                "a ping with a large payload of the application", "frames out of step"},
     .by_role = true,
     .first = {"keep control frames to 125 octets (Close reasons to 123), with FIN set"},
     .second = {"close with 1002"},
     .code = 1002,
     .selectors = "control close-reason"},
    {.id = broken_fragments,
     .name = "broken-fragments",
     .found_in = "in the order of the frames that it received",
     .meaning = "A continuation frame came without a message to continue, or a new message began "
                "before the last one had its FIN (RFC 6455 5.4).",
     .causes = {"two threads or tasks that send fragmented messages at the same time",
                "a sender that forgot FIN on the last frame, or opcode 0 on the later ones",
                "a relay that drops frames"},
     .by_role = true,
     .first = {"finish one message before the next begins: one lock a message, not a frame",
               "first frame: opcode 1 or 2; others: opcode 0; FIN on the last alone"},
     .second = {"close with 1002"},
     .code = 1002,
     .selectors = "fragmentation"},
    {.id = bad_close_frame,
     .name = "bad-close-frame",
     .found_in = "in a Close frame that it received",
     .meaning = "The Close has a body of one octet, or a code that may not travel: below 1000, "
                "1004 to 1006, 1015, unassigned ones up to 2999, above 4999 (RFC 6455 7.4).",
     .causes = {"the application passes a received 1005 or 1006 on to close()",
                "an HTTP status or an exit code as a close code",
                "a code written in the byte order of the machine", "frames out of step"},
     .by_role = true,
     .first = {"map 1005 to 'no code' and 1006 to 1011 or 1001 before sending",
               "use 4000-4999 for codes of your own"},
     .second = {"close with 1002"},
     .code = 1002,
     .selectors = "close-codes"},
    {.id = frame_after_close,
     .name = "frame-after-close",
     .found_in = "after the Close that it had received",
     .meaning =
         "The peer sent a frame after its own Close. Nothing may follow a Close (RFC 6455 5.5.1).",
     .causes = {"a writer that still had messages in its queue when another part sent the Close",
                "a heartbeat timer that is not stopped by close()"},
     .by_role = true,
     .first = {"stop all writers and timers before the Close is queued"},
     .second = {"ignore it or close with 1002; the connection is over either way"},
     .code = 1002,
     .selectors = "close"},
    {.id = message_too_big,
     .name = "message-too-big",
     .found_in = "in the length of a message that it received",
     .meaning = "A message is larger than the receiver's limit; for a compressed one its size "
                "after inflating counts.",
     .causes = {"a default limit: 8 KiB in Tomcat, 64 KiB in Netty (a frame), Jetty and Spring "
                "Gateway, 1 MiB in Python websockets, 4 MiB in aiohttp, 10 MiB in Tornado, 100 MiB "
                "in npm ws, 32 KiB in Go coder/websocket",
                "a message that grows with use: a list, an image in base64, a full state instead "
                "of a difference",
                "frames out of step, so that payload is read as a length"},
     .by_role = true,
     .first = {"send smaller messages; fragments do not help, the limit holds for the message",
               "transfer files by HTTP and send a reference"},
     .second = {"raise the limit where it is needed, in every proxy on the way too",
                "say the limit in the reason of the 1009 and in the documentation"},
     .code = 1009,
     .selectors = "limits"},
    {.id = too_many_fragments,
     .name = "too-many-fragments",
     .found_in = "in the number of frames of one message",
     .meaning = "One message came in more frames than the receiver is willing to hold; millions of "
                "tiny fragments would exhaust its memory.",
     .causes = {"a sender that makes a frame of each small write",
                "an attack on the memory of the receiver"},
     .by_role = true,
     .first = {"collect small writes into larger frames"},
     .second = {"raise the limit if the sender is yours (npm ws: maxFragments, maxBufferedChunks)"},
     .code = 1008,
     .selectors = "limits policy"},
    {.id = inflate_failed,
     .name = "inflate-failed",
     .found_in = "in a compressed message that it received",
     .meaning =
         "The message is marked as compressed (RSV1) and its data is not valid DEFLATE (RFC 7692).",
     .causes = {"one side resets its compression window with each message, the other does not: "
                "no_context_takeover was lost on the way",
                "the tail 00 00 ff ff was not removed, or not added again",
                "a message that was dropped or reordered between two compressed ones",
                "a proxy that changes Sec-WebSocket-Extensions"},
     .by_role = true,
     .first = {"use the parameters of the response, not those of the request"},
     .second = {"try with permessage-deflate off; if the error goes, compare the header on both "
                "sides of the proxy",
                "close with 1007 (npm ws) or 1002; both are used"},
     .code = 1007,
     .selectors = "deflate-data deflate-negotiation"},
};
}  // namespace

const std::vector<SituationText>& data_situations() {
  return kDataSituations;
}

}  // namespace wsspec::explain
