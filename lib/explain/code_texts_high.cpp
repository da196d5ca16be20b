// 1007 to 1015: refused data, refused clients, trouble of the server.
#include "explain/code_texts.h"

namespace wsspec::explain {

namespace {
const std::vector<CodeText> kCodeTextsHigh = {
    {.from = 1007,
     .to = 1007,
     .name = "invalid frame payload data",
     .meaning = "The data does not fit the type its message claims: nearly always a text message "
                "whose octets are not UTF-8. The frame was well formed, its content was not.",
     .sender = "the side that received the data",
     .reconnect = "yes, but the same message earns the same Close: fix the encoding first",
     .seen = {"binary data through a call for text: msgpack or protocol buffers without the binary "
              "flag, ciphertext, a compressed stream, an image",
              "text in another encoding: Latin-1, Windows-1252, GBK, raw terminal output",
              "a text cut at a fixed number of octets, in the middle of a character, and sent as "
              "two messages (fragments of one message may be cut anywhere)",
              "a buffer sent with its capacity instead of the encoded length: zeros or old octets "
              "after the text",
              "UTF-16 surrogates written as UTF-8 (CESU-8, Java's modified UTF-8), or NUL as c0 80",
              "corrupt permessage-deflate data: some servers answer it with 1007, some with 1002",
              "services that mean 'bad request': Gemini Live sends 1007 for invalid arguments, so "
              "read the reason text before you look for bad octets",
              "with fragments, npm ws reports it only at the end of the message; others at the "
              "first octet that cannot be right",
              "with 1002 in its place: Chromium and some gateways close bad text so; with no Close "
              "at all: uWebSockets and Tornado drop the connection (1006)"},
     .server =
         {"log offset and octets of the first ill-formed sequence: 'c0 af at 17' tells more than "
          "the code",
          "send 1007 and not a bare TCP close, which clients see as 1006",
          "check that validation is on: libwebsockets needs LWS_SERVER_OPTION_VALIDATE_UTF8, npm "
          "ws has skipUTF8Validation, gorilla and coder/websocket leave it to the application",
          "do not pass bad text on: each strict receiver closes with 1007, so that one sender can "
          "disconnect all others (an IRC server had this denial of service)",
          "for a well-formed message with bad values use 1008 or a code from 4000-4999, or better "
          "an error message"},
     .client = {"send binary data in binary messages (opcode 2)",
                "encode to UTF-8 explicitly and send exactly the length that the encoder returned",
                "never split a text into messages by octets; split by characters or fragment",
                "capture the message and check it: iconv -f utf-8 -t utf-8 FILE names the offset; "
                "so does wsspec"},
     .related = {1008, 1003, 1002},
     .spec = "RFC 6455 7.4.1 and 8.1",
     .links = {kLinkCodes, "https://www.rfc-editor.org/rfc/rfc6455#section-8.1",
               "https://www.rfc-editor.org/rfc/rfc3629"}},
    {.from = 1008,
     .to = 1008,
     .name = "policy violation",
     .meaning = "The traffic was valid WebSocket, but it broke a rule of the service: who may "
                "connect, how often, what may be said. RFC 6455 7.4.1 also gives it for 'no better "
                "code fits' and for a policy whose details the server needs to hide.",
     .sender = "nearly always the server",
     .reconnect = "not without a change: renew the token, slow down or drop the offending message "
                  "first; a blind retry may earn a ban",
     .seen = {"right after the 101 with an empty reason: authentication, an unknown caller, or a "
              "plan that does not include this API",
              "a token that expired in mid session, or was revoked",
              "too many messages or octets in a window: rippled sends 1008 'threshold exceeded'. "
              "Many services use other means: Discord 4008, BitMEX HTTP 429 at the handshake, "
              "others 1000, or a bare drop for slow consumers (HitBTC)",
              "a message that is too large for a rule, or too many fragments (npm ws closes 1008 "
              "above 16384 fragments)",
              "an Origin that is not allowed, checked after instead of before the upgrade",
              "a forbidden topic, command or word; messages before the login message",
              "FastAPI and Starlette: close(1008) before accept() becomes HTTP 403, and the "
              "browser shows 1006"},
     .server = {"write the broken rule into the reason (at most 123 octets): 'rate: 20 msg/s'",
                "where the details would help an attacker (who is banned, which token exists) "
                "leave the reason empty and log them: 7.4.1 allows for that",
                "call accept() before close() if the client is to see the code",
                "after the Close, read until the client's Close or the end of stream: with data "
                "unread, the kernel sends a reset and the client sees 1006 instead of 1008",
                "prefer 1009 for size, 1007 for encoding, 1013 for your own overload, 401 or 403 "
                "where you already know at the handshake"},
     .client = {"read the reason; then check token, plan, Origin and subprotocol in this order",
                "count what you sent in the last second before the Close",
                "renew the token before it expires; do not reconnect in a loop"},
     .related = {1006, 1007, 1009, 1013, 3000, 3003, 4000, 403, 429},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1009,
     .to = 1009,
     .name = "message too big",
     .meaning = "A message is larger than the receiver is willing to take.",
     .sender = "the side that received the message",
     .reconnect = "yes; send smaller messages",
     .seen =
         {"above 64 KiB: the default of Java stacks such as Jetty, Netty (a frame) and Spring "
          "Gateway; above 8 KiB: the default buffer of Tomcat",
          "above 32 KiB: Go coder/websocket (SetReadLimit); above 4 MiB: aiohttp (max_msg_size)",
          "above 1 MiB: python websockets (max_size), already at the frame's header, before the "
          "payload was sent",
          "above 100 MiB: npm ws (maxPayload)",
          "a small compressed message that inflates to a large one: the limit holds for the "
          "inflated size",
          "instead of 1009 some servers just drop: then the client sees 1006"},
     .server = {"state the limit in the reason and in the documentation",
                "raise it where it is needed: maxPayload, max_size, setMaxTextMessageBufferSize; "
                "and in every proxy on the way",
                "count the whole message, not the frame: fragments are no way around a limit"},
     .client = {"split at the level of the application; fragments do not help, since the limit "
                "holds for the message",
                "compress only where the receiver limits the size on the wire",
                "transfer files by HTTP and send a reference"},
     .related = {1008, 1002, 1013},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1010,
     .to = 1010,
     .name = "mandatory extension",
     .meaning = "The client needs an extension that the server did not agree to in the opening "
                "handshake. Only clients send it: a server refuses the handshake instead.",
     .sender = "the client only",
     .reconnect = "not before the server offers the extension or the client does without",
     .seen = {"a client that insists on permessage-deflate or on certain window parameters",
              "a proxy that removes Sec-WebSocket-Extensions from the request or the response",
              "rare: most libraries go on without the extension"},
     .server = {"enable the extension that the reason names",
                "see whether Sec-WebSocket-Extensions reaches the server and comes back unchanged",
                "never send 1010 from a server"},
     .client = {"list the missing extensions in the reason (RFC 6455 7.4.1 asks for it)",
                "make the extension optional"},
     .related = {1002, 400},
     .spec = "RFC 6455 7.4.1 and 9.1",
     .links = {kLinkCodes, "https://www.rfc-editor.org/rfc/rfc6455#section-9.1"}},
    {.from = 1011,
     .to = 1011,
     .name = "internal error",
     .meaning = "The sender hit something it did not foresee and cannot go on. The WebSocket "
                "counterpart of HTTP 500.",
     .sender = "usually the server; some libraries use it on either side",
     .reconnect = "yes, with a growing delay; if the same message triggers it, stop sending that",
     .seen = {"an exception in the message handler: the framework closes with 1011",
              "reason 'keepalive ping timeout' after about 40 s: the peer did not answer a ping "
              "(uvicorn and python websockets ping after 20 s and wait 20 s); here 1011 says that "
              "the peer or its event loop was stuck",
              "a backend (database, broker, model) that the server depends on failed",
              "data that should have earned 1007 or 1003 but threw in a parser first"},
     .server = {"find the exception in the log at the time of the Close; log connection and "
                "message with it",
                "catch errors of bad input and answer 1007, 1003 or 1008: 1011 blames yourself",
                "for ping timeouts: do not block the event loop, and raise ping_timeout for slow "
                "clients"},
     .client = {"report time and reason to the server's operators",
                "for ping timeouts: read all the time, also while you work; a client that does not "
                "read cannot answer pings. A browser tab in the background may be frozen"},
     .related = {1012, 1013, 1014, 500},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1012,
     .to = 1012,
     .name = "service restart",
     .meaning = "The server restarts; the client may come back. More precise than 1001.",
     .sender = "the server",
     .reconnect = "yes, after a random delay (the registration suggests 5 to 30 s), so that not "
                  "all come at once",
     .seen = {"a deployment or a reload of the configuration: uvicorn sends 1012 on shutdown",
              "a hosted service that moves a session to another machine",
              "old clients that know only RFC 6455's own codes may report it as an error"},
     .server = {"spread it: close the clients over some seconds, not all in one instant",
                "be ready to accept again before the first ones return, or send 1013 instead"},
     .client = {"treat it as planned; reconnect with jitter, without an alarm",
                "do not reject the code: 1012 to 1014 are registered since RFC 6455"},
     .related = {1001, 1013, 1006},
     .spec = "IANA registry (after RFC 6455)",
     .links = {kLinkRegistry}},
    {.from = 1013,
     .to = 1013,
     .name = "try again later",
     .meaning = "The server is overloaded and sheds this client. The client did nothing wrong. The "
                "counterpart of HTTP 503.",
     .sender = "the server",
     .reconnect =
         "yes, but later and slower: a growing delay, or another address if there are several",
     .seen = {"a limit on connections or on memory was reached after the upgrade",
              "a consumer too slow for its feed: the queue for it is full",
              "a backend that is down for a known while",
              "wrongly, for a client's own rate limit, where 1008 or 4xxx says whose fault it is"},
     .server = {"better refuse before the upgrade (503 with Retry-After) when you know by then",
                "say in the reason how long to wait",
                "use 1008 if this one client exceeded a rule that others keep"},
     .client = {"back off exponentially with jitter; never reconnect at once",
                "if it comes in mid stream: read faster, or subscribe to less"},
     .related = {1008, 1011, 1012, 503},
     .spec = "IANA registry (after RFC 6455)",
     .links = {kLinkRegistry}},
    {.from = 1014,
     .to = 1014,
     .name = "bad gateway",
     .meaning = "A gateway or proxy got an invalid answer from the server behind it. The "
                "counterpart of HTTP 502.",
     .sender = "a gateway or proxy that itself speaks WebSocket",
     .reconnect = "yes, with a growing delay: another upstream may be healthy",
     .seen =
         {"a WebSocket gateway whose upstream died or broke the protocol in mid session",
          "rare: most proxies just cut TCP (1006), or answer 502 while it is still a handshake"},
     .server = {"look at the gateway's log for the upstream and at that upstream's log for its end",
                "check keepalive and timeouts between gateway and upstream"},
     .client = {"nothing to fix; retry with a delay and report the time"},
     .related = {1011, 1013, 502},
     .spec = "IANA registry (after RFC 6455)",
     .links = {kLinkRegistry}},
    {.from = 1015,
     .to = 1015,
     .name = "TLS handshake",
     .meaning = "The TLS handshake failed, so that there never was a WebSocket connection. A "
                "library may report 1015; many report 1006 instead.",
     .sender = "neither side: the client's library reports it to its program",
     .reconnect = "pointless until certificate, name or versions are put right",
     .on_the_wire = "1015 never travels. What happened is a TLS alert, or an end of the TCP "
                    "connection, before the first octet of HTTP.",
     .seen = {"a certificate that expired, is self-signed, or has another host's name",
              "an intermediate certificate that the server does not send",
              "no common TLS version or cipher; SNI missing",
              "wss:// to a port that speaks plain HTTP, or ws:// to one that speaks TLS",
              "a client certificate that is demanded but not given"},
     .server = {"look at what is served: openssl s_client -connect HOST:443 -servername HOST",
                "send the whole chain; renew in time; reload the proxy after renewing"},
     .client = {"use the name that stands in the certificate, not the IP address",
                "trust the private authority explicitly instead of switching the check off",
                "never give 1015 to close(): it may not travel"},
     .related = {1006, 1005},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
};
}  // namespace

const std::vector<CodeText>& code_texts_high() {
  return kCodeTextsHigh;
}

}  // namespace wsspec::explain
