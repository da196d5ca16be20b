// 1000 to 1006: the normal ends, the first two errors, and the codes that mean "there was none".
#include "explain/code_texts.h"

namespace wsspec::explain {

namespace {
const std::vector<CodeText> kCodeTextsLow = {
    {.from = 1000,
     .to = 1000,
     .name = "normal closure",
     .meaning = "The conversation served its purpose and one side ended it in good order. Not an "
                "error by itself.",
     .sender = "either side, when it is done",
     .reconnect = "only if the application has something new to say; a loop of 1000 and reconnect "
                  "means that one side thinks it is done and the other does not",
     .seen = {"a client called close(1000), or a library's disconnect()",
              "a server ended a stream that was complete, or an idle session",
              "some servers use 1000 for what is really a rejection, as old releases of rippled "
              "did when a client exceeded its limits, so read the reason text too"},
     .server = {"if the client asks why it was closed, 1000 was too polite: use 1008 for a broken "
                "rule, 1001 for a shutdown, 1013 for overload",
                "put a short reason into the Close; it costs nothing and ends the guessing"},
     .client = {"treat it as the end of the session, not as a failure to be retried at once",
                "answer the server's Close with one of your own, then wait for the end of the TCP "
                "connection"},
     .related = {1001, 1005, 1008},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1001,
     .to = 1001,
     .name = "going away",
     .meaning = "The sender is leaving: a server shuts down or a user leaves the page. It says "
                "nothing bad about the other side.",
     .sender = "a server that stops, or a browser whose page is left",
     .reconnect =
         "yes, with a random delay: all clients of a stopped server come back at the same moment",
     .seen = {"a deployment: the process got SIGTERM and closed its connections (python websockets "
              "sends 1001 on shutdown, uvicorn 1012)",
              "on a server: the user closed the tab, reloaded, or followed a link",
              "an idle timeout or a maximum session length of a service that prefers a soft word"},
     .server = {"send 1001 (or 1012) to every client before the process exits, and wait briefly "
                "for their answers; otherwise they all see 1006",
                "do not log a browser's 1001 as an error"},
     .client =
         {"reconnect with jitter and a growing delay",
          "resume by your application's own means (last event id): messages in flight may be lost"},
     .related = {1000, 1006, 1012},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1002,
     .to = 1002,
     .name = "protocol error",
     .meaning = "The octets received break the rules of framing: they are no WebSocket traffic as "
                "RFC 6455 defines it. What the payload says was not even looked at.",
     .sender = "the side that received the malformed frame",
     .reconnect = "connecting again works, but the same frame earns the same Close; look for the "
                  "bug or the proxy first",
     .seen = {"a reserved bit (RSV1 to RSV3) is set without a negotiated extension; if only after "
              "a proxy, it passes Sec-WebSocket-Extensions but mishandles permessage-deflate",
              "a client sent an unmasked frame, or a server a masked one",
              "a control frame (ping, pong, Close) is fragmented or longer than 125 octets",
              "a continuation frame without a beginning, or a new message inside an unfinished one",
              "a Close with a body of one octet, or with a code that may not travel (1005, 1006, "
              "1015, 0-999)",
              "two threads write to one connection without a lock, so that frames are mixed",
              "some servers answer 1002 where 1007 is due: gorilla closes so when a Close reason "
              "is not UTF-8"},
     .server = {"log the first octets of the offending frame: opcode, RSV bits and length tell the "
                "cause at a glance",
                "try with permessage-deflate switched off; if the error goes, look at the proxy or "
                "the extension's window parameters",
                "if the frame was fine but its text was not, close with 1007 instead"},
     .client = {"write whole frames under one lock",
                "mask every frame with a fresh key (RFC 6455 5.3); libraries do",
                "do not pass a close code of 1005, 1006 or 1015 to close()"},
     .related = {1007, 1003, 1009, 1010},
     .spec = "RFC 6455 5.1, 5.2, 5.4, 5.5 and 7.4.1",
     .links = {kLinkCodes, "https://www.rfc-editor.org/rfc/rfc6455#section-5"}},
    {.from = 1003,
     .to = 1003,
     .name = "unsupported data",
     .meaning = "The message's type is one that the endpoint does not take at all: usually a "
                "binary message where only text is understood, or the reverse.",
     .sender = "the side that received the message",
     .reconnect = "yes, but send the other type",
     .seen =
         {"a client library sends a byte buffer as a binary message to a server that speaks JSON "
          "in text messages",
          "a text message to a service for audio or protocol buffers",
          "a server that uses 1003 for unknown commands or bad JSON, where 1007 or 1008 says more"},
     .server = {"name the type you want in the Close reason: 'text messages only'",
                "use 1003 only for the type; text with broken encoding is 1007, a message that "
                "breaks a rule is 1008"},
     .client =
         {"check which call was used: sendText() or sendBinary(), send(string) or send(Uint8Array)",
          "check the subprotocol: it may choose between a text and a binary format"},
     .related = {1007, 1008, 1002},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1004,
     .to = 1004,
     .name = "reserved",
     .meaning = "Set aside in RFC 6455 for a meaning that was never defined. Nobody may use it.",
     .sender = "no correct implementation",
     .reconnect = "the code says nothing about it; treat it like 1002",
     .on_the_wire = "It may not stand in a Close frame. If it came in one, the sender has a bug "
                    "and a strict receiver answers 1002.",
     .seen = {"drafts older than RFC 6455 used 1004 for a frame too large: very old code, or a "
              "copied table of codes",
              "an application that passes numbers of its own to close()"},
     .server = {"replace it: 1009 for messages too large, 1008 for a broken rule, 4000-4999 for a "
                "meaning of your own"},
     .client = {"the same; and if a server sends it, report it with the octets of the frame"},
     .related = {1009, 1002, 4000},
     .spec = "RFC 6455 7.4.1",
     .links = {kLinkCodes, kLinkRegistry}},
    {.from = 1005,
     .to = 1005,
     .name = "no status received",
     .meaning = "A Close frame came and it had no code in it. Your library reports 1005 because it "
                "has to report some number; the peer did not send one.",
     .sender = "neither side: the receiving library reports it to its program",
     .reconnect = "as after 1000: the closing handshake itself was in order",
     .on_the_wire = "1005 never travels. What came is a Close frame with an empty body: octets 88 "
                    "00 from a server, 88 80 and a masking key from a client.",
     .seen =
         {"the peer called close() without arguments: browsers and npm ws then send an empty Close",
          "a library that never sends codes, or one that drops the code it was given",
          "a proxy that answers the Close itself and leaves the body out"},
     .server = {"pass a code wherever your code closes: close(1000, 'done')",
                "do not echo a received 1005 back as a code: an empty Close is answered with an "
                "empty Close"},
     .client = {"take it as 1000 without a word; do not count it as an error",
                "never give 1005 to close(): browsers throw, strict servers answer 1002"},
     .related = {1000, 1006, 1015},
     .spec = "RFC 6455 7.1.5 and 7.4.1",
     .links = {"https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5", kLinkCodes}},
    {.from = 1006,
     .to = 1006,
     .name = "abnormal closure",
     .meaning = "The connection ended without any Close frame. Your library reports 1006 because "
                "there is no code; it never tells what happened, only that no Close came. How long "
                "the connection lived is the best clue to the cause.",
     .sender =
         "neither side: the library of the side that lost the connection reports it to its program",
     .reconnect = "yes, with jitter and a growing delay; if every attempt ends so, the handshake "
                  "is being refused",
     .on_the_wire =
         "1006 never travels. What happened is an end of stream (FIN), a reset (RST), a timeout of "
         "the network, or, in a browser, a refused handshake whose HTTP status is hidden.",
     .seen = {"at once, on every attempt: the handshake was refused (401, 403, 404, 426 ...); see "
              "the HTTP status with `wsspec run` or curl, since browsers hide it",
              "30 s even while busy, pings not counted: Google Cloud load balancer (timeoutSec of "
              "the backend)",
              "30 or 50 s, equal to its client timeout: HAProxy without `timeout tunnel`",
              "about 40 s, or 1011 'keepalive ping timeout': uvicorn's ping after 20 s and its 20 "
              "s of patience",
              "55 s of silence: the router of Heroku (H15 in its log)",
              "60 s of silence: nginx proxy_read_timeout, or the idle timeout of an AWS "
              "Application Load Balancer",
              "100 s of silence: the Cloudflare edge",
              "4 min of silence: Azure Load Balancer; it forgets the connection without a FIN or "
              "RST unless TCP reset is enabled, so that the end shows only at the next send",
              "10 min of silence, or 2 h in all: AWS API Gateway",
              "after the screen of a phone or the lid of a laptop was closed: the device slept or "
              "changed its network. It reports 1006 when it wakes; the server notices by an "
              "unanswered ping, or not at all",
              "on one large message: a size limit of a server or proxy that drops instead of "
              "sending 1009 (Tornado's default is 10 MB)",
              "after text that is not UTF-8: a server that drops instead of sending 1007 "
              "(uWebSockets and Tornado do)",
              "after a burst of messages: the server sent 1008, and a reset destroyed it on its "
              "way (wsspec explain 1006 1008)",
              "for slow readers of a fast feed: a full send queue (exchanges drop slow consumers)",
              "the process crashed, was killed for memory, or was redeployed without a drain"},
     .who_closed =
         {"run on the client's host, and on the server's if you can: tcpdump -ni any 'tcp port 443 "
          "and tcp[tcpflags] & (tcp-fin|tcp-rst) != 0' (the flags can be read under TLS too; for "
          "IPv6 leave them out of the filter)",
          "the first line with F or R among its Flags [...] names the side that ended it: the "
          "address on the left. Seen as sent at one host and not at the other: a proxy or firewall "
          "between made it up",
          "[F.] is a FIN: the program or a proxy closed the socket in order, often after an idle "
          "limit or at its exit",
          "[R] or [R.] is a reset: the socket was closed with data unread, the process was killed "
          "with data pending, or a box on the way no longer knew the connection",
          "neither, only retransmissions: the network or the device is gone"},
     .server = {"send a ping every 20 to 30 s, below the shortest timeout on the way",
                "raise the proxy's timeouts: proxy_read_timeout (nginx), timeout tunnel (HAProxy), "
                "timeoutSec (Google Cloud), idle_timeout (AWS ALB)",
                "on shutdown send 1001 or 1012 to all clients and wait for the answers",
                "after a Close keep reading until the client's Close or the end of stream: closing "
                "a socket with unread data sends a reset, which can destroy the Close on its way"},
     .client = {"log the lifetime and the time since the last message with every 1006",
                "reconnect with jitter; give up loudly when the handshake never succeeds",
                "test without the proxy: if the 1006 goes away, it was the proxy's"},
     .related = {1001, 1005, 1008, 1011, 1015},
     .spec = "RFC 6455 7.1.5 and 7.4.1",
     .links = {"https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5", kLinkCodes}},
};
}  // namespace

const std::vector<CodeText>& code_texts_low() {
  return kCodeTextsLow;
}

}  // namespace wsspec::explain
