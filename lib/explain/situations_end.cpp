// How connections end, and the mistakes of a program with its own library.
#include "explain/message_texts.h"

namespace wsspec::explain {

namespace {
using enum Situation;

const std::vector<SituationText> kEndSituations = {
    {.id = lost_without_close,
     .name = "lost-without-close",
     .found_in = "at the end of the TCP connection",
     .meaning = "TCP ended (FIN or RST) or the network failed, and no Close frame came before: "
                "what APIs report as 1006.",
     .causes = {"an idle limit of a proxy or load balancer; the lifetime tells which (wsspec "
                "explain 1006)",
                "the peer's process crashed, was killed, or was redeployed without a drain",
                "a peer that drops instead of sending 1007, 1008 or 1009 (Tornado and uWebSockets "
                "drop on text that is not UTF-8)",
                "the peer sent a Close, and the reset that followed destroyed it",
                "a phone or laptop that slept, or changed its network"},
     .first = {"send pings every 20 to 30 s, below the shortest idle limit on the way",
               "send a Close before the process ends, and read until the client's Close or the end "
               "of the stream",
               "look for an exception in the log at that second"},
     .second = {"log lifetime and time since the last message; reconnect with jitter",
                "test without the proxy; tcpdump shows FIN or RST (wsspec explain 1006)"},
     .code = 1006,
     .selectors = "close"},
    {.id = close_not_answered,
     .name = "close-not-answered",
     .found_in = "after its own Close",
     .meaning = "This side sent a Close, and no Close came back: the closing handshake is "
                "incomplete (RFC 6455 7.1.2). The code that was sent tells why it closed.",
     .causes = {"the peer or the network was already dead; the Close was the last attempt",
                "the peer ends TCP as soon as it sees a Close, without an answer",
                "the peer does not read: its event loop is blocked or its queue is full"},
     .first = {"answer each Close with a Close before TCP ends; libraries do if the application "
               "keeps reading"},
     .second = {"read on after close() until the answer or a timeout of some seconds",
                "for the cause look at the code and reason that this side sent"},
     .code = 1006,
     .selectors = "close"},
    {.id = peer_closed,
     .name = "peer-closed",
     .found_in = "in the Close frame that it received",
     .meaning = "The peer sent a Close, with the code and the reason that the message shows. The "
                "connection ended in order; the code says why.",
     .causes = {"read the code and the reason: 1000 and 1001 are normal ends, others blame one of "
                "the sides"},
     .first = {"send a code and a reason that name the cause"},
     .second = {"branch on the code, not on the text; treat unknown 4000-4999 as final"},
     .code = 0,
     .selectors = "close close-codes"},
    {.id = ping_unanswered,
     .name = "ping-unanswered",
     .found_in = "in the silence after its ping",
     .meaning = "This side sent a ping and no pong came within its limit: the peer or the network "
                "is dead, or the peer does not read.",
     .causes = {"the peer's event loop is blocked by long work, or it waits and does not read: a "
                "client that does not read cannot answer pings",
                "a phone that slept, a browser tab that is frozen, a network that was lost",
                "so much data queued in front of the ping that it is late",
                "a proxy that answers or swallows pings"},
     .first = {"do not block the event loop; run long work elsewhere",
               "raise the ping timeout for slow clients rather than switching pings off"},
     .second = {"read all the time, also while you work", "reconnect with jitter"},
     .code = 1011,
     .selectors = "control"},
    {.id = idle_too_long,
     .name = "idle-too-long",
     .found_in = "in the time since the last octet",
     .meaning = "Nothing was received (or sent) for longer than the idle timeout of the side that "
                "logs it.",
     .causes = {"a quiet application without pings",
                "pings that a proxy answers itself, so that they do not reach this side",
                "a peer that is gone without FIN: phone, laptop, NAT"},
     .first = {"send pings well below the timeout, or raise it",
               "log it as normal, not as an error"},
     .second = {"send a heartbeat; reconnect when the connection is needed again"},
     .code = 1001,
     .selectors = "policy --slow"},
    {.id = slow_reader,
     .name = "slow-reader",
     .found_in = "in its queue of outgoing messages",
     .meaning = "The peer reads more slowly than this side sends, and the limit of the send queue "
                "or send time was reached.",
     .causes = {"a client on a slow or dead network, or one whose handler is slow",
                "a broadcast that sends every change to everybody"},
     .first = {"send less: join updates, drop what is outdated; keep the limit",
               "close with 1013 or 1008 and say so in the reason"},
     .second = {"read and queue in one task, work in another; subscribe to less"},
     .code = 1013,
     .selectors = "limits"},
};
}  // namespace

const std::vector<SituationText>& end_situations() {
  return kEndSituations;
}

namespace {

const std::vector<SituationText> kUseSituations = {
    {.id = sent_after_close,
     .name = "sent-after-close",
     .found_in = "in a call of its own program",
     .meaning = "The program sends or receives on a connection that is already closing or closed. "
                "Nothing goes over the wire; the message that matters came before this one.",
     .causes = {"a timer, a queue or another task still sends after the Close",
                "the connection was lost and the program did not handle the close event",
                "in ASGI: the handler goes on after close() or after the client left"},
     .first = {"stop writers when the connection closes; catch this error and end the handler",
               "find the first close event or error in the log: it tells the cause"},
     .second = {"check the state before send(); clear timers in the close handler"},
     .code = 1006,
     .selectors = "close"},
    {.id = used_before_open,
     .name = "used-before-open",
     .found_in = "in a call of its own program",
     .meaning = "The program sends or receives before the opening handshake is complete.",
     .causes = {"send() right after the constructor, instead of in the open event",
                "in ASGI: accept() was not called, or the connection is already over"},
     .first = {"call accept() first, once"},
     .second = {"send in the open event, or queue until then"},
     .code = 0,
     .selectors = "handshake"},
    {.id = closed_while_connecting,
     .name = "closed-while-connecting",
     .found_in = "in a call of its own program",
     .meaning = "The program itself called close() while the opening handshake was under way. The "
                "server is not at fault.",
     .causes = {"a page or component that is left at once: React StrictMode mounts twice",
                "a timeout of the application that is shorter than the handshake",
                "two parts that each open and close a connection"},
     .first = {"nothing to fix; answer handshakes fast"},
     .second = {"close in the open event when the connection is no longer wanted",
                "raise the timeout; keep one connection outside the component"},
     .code = 1006,
     .selectors = "handshake"},
    {.id = concurrent_use,
     .name = "concurrent-use",
     .found_in = "in a call of its own program",
     .meaning = "Two tasks or threads use one connection for the same thing at once. Where a "
                "library does not check that, frames of two messages get mixed on the wire.",
     .causes = {"a handler and a broadcast that both send", "two tasks that both receive",
                "a receive that is started again while the last one waits"},
     .first = {"one reader and one writer a connection; others hand their messages over a queue or "
               "take a lock"},
     .second = {"the same"},
     .code = 1002,
     .selectors = "framing"},
    {.id = reason_too_long,
     .name = "reason-too-long",
     .found_in = "in a call of its own program",
     .meaning = "The reason given to close() has more than 123 octets in UTF-8: a control frame "
                "has room for 125, and the code takes two (RFC 6455 5.5).",
     .causes = {"an exception's text as the reason",
                "a reason counted in characters: others than ASCII take 2 to 4 octets"},
     .first = {"use short constant reasons; send details in a message before the Close",
               "cut at 123 octets, between two characters"},
     .second = {"the same"},
     .code = 1002,
     .selectors = "close-reason"},
    {.id = code_not_allowed,
     .name = "code-not-allowed",
     .found_in = "in a call of its own program",
     .meaning = "The code given to close() may not be sent: browsers allow 1000 and 3000-4999, "
                "others what RFC 6455 7.4 allows.",
     .causes = {"1001, 1008 or 1011 in a browser",
                "a received 1005 or 1006 that is passed on to close()",
                "an HTTP status or exit code as a close code"},
     .first = {"use 1000 to 1014 without 1004, 1005 and 1006, or 3000-4999"},
     .second = {"in a browser use 1000 or 4000-4999"},
     .code = 0,
     .selectors = "close-codes"},
};
}  // namespace

const std::vector<SituationText>& use_situations() {
  return kUseSituations;
}

}  // namespace wsspec::explain
