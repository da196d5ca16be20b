// Registered codes above 3000, and the ranges of RFC 6455 7.4.2. Single codes first: the first
// entry that covers a number explains it.
#include "explain/code_texts.h"

namespace wsspec::explain {

namespace {
const std::vector<CodeText> kCodeTextsRanges = {
    {.from = 3000,
     .to = 3000,
     .name = "unauthorized",
     .meaning = "The endpoint wants authorisation and did not get any that it accepts. The "
                "counterpart of HTTP 401.",
     .sender = "the server, after the upgrade",
     .reconnect = "yes, with new credentials",
     .seen = {"the token travels in the first message, so that it can only be judged after the 101",
              "a token that is missing, malformed, expired, or meant for another service",
              "browser clients, which cannot set an Authorization header"},
     .server =
         {"prefer HTTP 401 where the credentials are in the handshake",
          "say in the reason whether the token was missing, expired or wrong, but never repeat it"},
     .client = {"fetch a new token and connect once more; stop after the second refusal",
                "see that the token goes where the service wants it: header, query, cookie, "
                "subprotocol or first message"},
     .related = {3003, 1008, 401},
     .spec = "IANA registry",
     .links = {kLinkRegistry}},
    {.from = 3003,
     .to = 3003,
     .name = "forbidden",
     .meaning = "The endpoint knows who asks, and the answer is no. The counterpart of HTTP 403.",
     .sender = "the server, after the upgrade",
     .reconnect = "not before the right is granted",
     .seen = {"a subscription to a channel that the account may not see",
              "a role or plan without this feature", "a right that was withdrawn in mid session"},
     .server = {"prefer HTTP 403 where it is known at the handshake",
                "name the missing right in the reason"},
     .client = {"do not retry with the same account; ask for the right"},
     .related = {3000, 1008, 403},
     .spec = "IANA registry",
     .links = {kLinkRegistry}},
    {.from = 3008,
     .to = 3008,
     .name = "timeout",
     .meaning = "The endpoint waited too long for something the other side owed it. The "
                "counterpart of HTTP 408.",
     .sender = "the server, after the upgrade",
     .reconnect = "yes, at once if the client was just slow",
     .seen = {"no login message within the time allowed after the 101",
              "no application heartbeat within its interval",
              "a message whose fragments never came to an end"},
     .server = {"say in the reason what was awaited and for how long",
                "start the clock when the 101 is out, not at the TCP connection"},
     .client = {"send the first message right after the handshake",
                "send the heartbeat from a timer of its own; browsers throttle timers in "
                "background tabs to once a minute"},
     .related = {1001, 1008, 408},
     .spec = "IANA registry",
     .links = {kLinkRegistry}},
    {.from = 0,
     .to = 999,
     .name = "not a close code",
     .meaning = "Numbers below 1000 are not used as close codes at all (RFC 6455 7.4.2).",
     .sender = "a program with a bug",
     .reconnect = "the code says nothing about it",
     .on_the_wire = "May not stand in a Close frame; a receiver that checks answers 1002.",
     .seen = {"an HTTP status passed to close(): close(401). If you meant the status of a refused "
              "upgrade, explain knows 200, 301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 408, "
              "426, 429, 500, 502, 503, 504 and 505",
              "an exit code, an errno or zero passed through by mistake",
              "octets swapped: the code is written in network byte order, 1000 is 03 e8"},
     .server = {"map HTTP statuses: 401 to 3000, 403 to 3003 or 1008, 429 to 1008, 500 to 1011, "
                "503 to 1013; or use 4000 + status, as many services do"},
     .client = {"the same; browsers let close() take 1000 and 3000-4999 only, and throw otherwise"},
     .related = {1002, 4000},
     .spec = "RFC 6455 7.4.2",
     .links = {kLinkRanges}},
    {.from = 1016,
     .to = 2999,
     .name = "unassigned",
     .meaning = "Reserved for future versions of the protocol and its extensions. None of these "
                "numbers has a meaning today.",
     .sender = "a program that invents codes in the wrong range",
     .reconnect = "the code says nothing about it; read the reason",
     .on_the_wire = "May not stand in a Close frame before a standard assigns it; many receivers "
                    "answer 1002, some report it as it is.",
     .seen = {"an application with codes of its own in 1016-2999 instead of 4000-4999",
              "a typing error: 1100 for 1000, 2000 as an 'OK'"},
     .server = {"move your own codes to 4000-4999"},
     .client = {"accept what you get and log it, but do not build on it"},
     .related = {4000, 3000, 1002},
     .spec = "RFC 6455 7.4.2",
     .links = {kLinkRanges, kLinkRegistry}},
    {.from = 3000,
     .to = 3999,
     .name = "registered for libraries",
     .meaning = "For libraries, frameworks and applications that register their code with IANA "
                "(first come, first served). Registered so far, among others: 3000 unauthorized, "
                "3003 forbidden, 3008 timeout.",
     .sender = "a framework, on either side",
     .reconnect = "as the framework's documentation says",
     .seen = {"a framework's own errors; the number is the key to search its documentation with",
              "applications that use this range without registering: the next library may use the "
              "same number for something else"},
     .server = {"use a registered code where one fits",
                "for your own service take 4000-4999: no registration, no clash"},
     .client = {"map by server or subprotocol, not by number alone"},
     .related = {3000, 3003, 3008, 4000},
     .spec = "RFC 6455 7.4.2",
     .links = {kLinkRanges, kLinkRegistry}},
    {.from = 4000,
     .to = 4999,
     .name = "private use",
     .meaning = "Free for each service to define. The number means what this service's "
                "documentation says, and something else at the next one.",
     .sender = "the application, usually on the server",
     .reconnect = "as the service's documentation says; services often have some codes that allow "
                  "it and some that forbid it",
     .seen = {"Discord: 4004 authentication failed, 4008 rate limited",
              "4000 + an HTTP status: 4401 not logged in, 4403 not allowed, 4429 too many (a "
              "widespread habit, not a standard)",
              "GraphQL over WebSocket (graphql-transport-ws): 4400 invalid message, 4401 "
              "unauthorized, 4409 subscriber already exists, 4429 too many initialisations"},
     .server = {"document every code with its cause and whether to reconnect",
                "keep to 1007, 1009, 1011 and 1013 where they say the same: generic clients and "
                "monitoring know them",
                "still send a reason: a number in a log is not self-explaining"},
     .client = {"look the number up in the service's documentation, not on the web at large",
                "treat unknown 4xxx as final, or you may hammer a server that has banned you"},
     .related = {1008, 3000, 3003},
     .spec = "RFC 6455 7.4.2",
     .links = {kLinkRanges}},
    {.from = 5000,
     .to = 65535,
     .name = "not a close code",
     .meaning = "The protocol has no codes above 4999, although the two octets have room for them.",
     .sender = "a program with a bug",
     .reconnect = "the code says nothing about it",
     .on_the_wire = "May not stand in a Close frame; a receiver that checks answers 1002.",
     .seen = {"octets swapped: 1000 is 03 e8 in network byte order, e8 03 reads as 59395",
              "ASCII where the code should be: a body of 'bye' reads as 25209",
              "a code of the application that was never checked against the range"},
     .server = {"write the code in network byte order, before the reason",
                "use 4000-4999 for your own codes"},
     .client = {"the same; answer such a Close with 1002"},
     .related = {1002, 4000},
     .spec = "RFC 6455 7.4.2",
     .links = {kLinkRanges}},
};
}  // namespace

const std::vector<CodeText>& code_texts_ranges() {
  return kCodeTextsRanges;
}

}  // namespace wsspec::explain
