// Class x what was wanted x the Close code x a piece of the engine's clause: the first rule that
// fits gives the words. Within a class the rules stand from the particular to the general; what
// no rule fits gets diagnosis.cpp's plain words.
//
// The words name whose side it is ("the server", "a proxy", "your application") and end with what
// to do. They hold nothing that differs between two scenarios with the same fault, or reports could
// not group them; only a Close reason is quoted where it is the evidence.
#include "diagnose/rules.h"

#include <cmath>

namespace wsspec::diagnose {
namespace {

using result::Class;

struct Rule {
  Class cls;
  Want want;
  int from, to;     ///< Close code; 0, 0 = any or none
  const char* has;  ///< in observed.detail; nullptr = whatever it says
  const char* words;
};

constexpr Rule kRules[] = {
    {Class::died, Want::any, 0, 0, nullptr,
     "The server answers no fresh handshake after this scenario: one client can take it away from "
     "all others. Look for a crash, an endless loop or a blocked accept in its log."},

    {Class::hung, Want::any, 0, 0, "is stuck",
     "The server still takes connections, but serves nobody after this scenario: one client can "
     "block it for all others. Look for a lock that is not released, an endless loop or a worker "
     "pool that ran out."},

    {Class::broken, Want::any, 0, 0, "was not offered",
     "{Detail} A client fails the connection at such an answer (a browser too): the server must "
     "choose from what the request lists, or leave the header out."},
    {Class::broken, Want::any, 0, 0, "101",
     "{Detail} A client fails the connection at such an answer (a browser too)."},
    {Class::broken, Want::any, 0, 0, "HTTP",
     "{Detail} What refuses a handshake is an HTTP answer, and this one is none that a client or a "
     "proxy can read."},
    {Class::broken, Want::any, 0, 0, "RFC 911",
     "{Detail} What refuses a handshake is an HTTP answer, and this one is none that a client or a "
     "proxy can read."},
    {Class::broken, Want::any, 0, 0, "UTF-8",
     "{Detail} Its own output is not UTF-8, often what another client sent: a strict client closes "
     "with 1007. Validate what comes in, and send binary data as binary."},
    {Class::broken, Want::any, 0, 0, nullptr,
     "{Detail} The server's own frames break the protocol and a strict client fails the "
     "connection. The fault is in its WebSocket library or a proxy in between."},

    {Class::processed_after_fault, Want::text, 0, 0, nullptr,
     "The server acted on the bad message, or on what came behind it, before it closed: nothing "
     "may be processed from the fault on (RFC 6455 7.1.7). Validate before handing on."},
    {Class::processed_after_fault, Want::any, 0, 0, nullptr,
     "The server went on reading behind the fault and acted on it before it closed: nothing may be "
     "processed from the fault on (RFC 6455 7.1.7)."},

    {Class::repaired, Want::any, 0, 0, "more than once",
     "The server answered one message more than once: a handler is registered twice, or a "
     "broadcast "
     "also reaches the sender."},
    {Class::repaired, Want::any, 0, 0, "floods",
     "The server floods the connection with messages that answer none, and was read no further. Is "
     "it a feed (then say `chatty` in a target profile), or does its sender run in a loop?"},
    {Class::repaired, Want::take, 0, 0, nullptr,
     "Valid data came back changed: the server, or a proxy in between, decodes and encodes it anew "
     "and loses octets. Echo the payload as it came, and look for normalising or trimming."},
    {Class::repaired, Want::bad_data, 0, 0, nullptr,
     "The server answered with other octets than it was sent: bad ones were replaced, as by U+FFFD "
     "(lossy repair). Decode strictly and close with 1007; a repair hides faults from both sides."},
    {Class::repaired, Want::any, 0, 0, nullptr,
     "The server answered with other octets than it was sent, where {wanted} was due: it changes "
     "what it relays."},

    {Class::accepted, Want::bad_data, 0, 0, "waiting for the rest",
     "What was sent is already {subject}, and the server still waits for the rest: it "
     "checks whole messages only. Validate as octets arrive, so that bad data costs no memory."},
    {Class::accepted, Want::text, 0, 0, nullptr,
     "The server took text that is not UTF-8 as if it were good (RFC 6455 8.1). Switch on UTF-8 "
     "validation in its WebSocket library (gorilla, coder: check in the application); until then "
     "it reaches every other client."},
    {Class::accepted, Want::reason, 0, 0, nullptr,
     "The server took a Close reason that is not UTF-8 as if it were good (RFC 6455 5.5.1, 8.1). "
     "Validate reasons like text messages; they end up in logs and dashboards."},
    {Class::accepted, Want::deflate, 0, 0, nullptr,
     "The server took corrupt compressed data as if it were good (RFC 7692 7.2.2). Check what "
     "inflate returns, and fail the connection on an error."},
    {Class::accepted, Want::policy, 0, 0, nullptr,
     "The server went on where {policy} promises an end: the limit is not enforced, or counted "
     "elsewhere (per address, per token, in a proxy). Compare its settings with the profile."},
    {Class::accepted, Want::size, 0, 0, nullptr,
     "The server did not refuse a size that 1009 is due for: it has no limit, or does not enforce "
     "it, and one client can fill its memory. Set the maximum message size in its WebSocket "
     "library."},
    {Class::accepted, Want::type, 0, 0, nullptr,
     "The server took a type of data that it promises to refuse with 1003. Check the message's "
     "opcode before the application reads it."},
    {Class::accepted, Want::protocol, 0, 0, nullptr,
     "The server went on after a violation of the protocol ({spec}) that must fail the connection. "
     "Its WebSocket library reads too loosely: update it or switch on its strict mode."},
    {Class::accepted, Want::http, 0, 0, nullptr,
     "The server accepted a handshake that it should refuse. The check (origin, token, version, "
     "headers) is missing, or done only after the 101, where no HTTP status can be sent."},
    {Class::accepted, Want::any, 0, 0, nullptr,
     "The server went on as if nothing had happened, where {wanted} was due."},

    {Class::hung, Want::any, 0, 0, "floods",
     "The server floods the connection with what nobody asked for, and was read no further. Is it "
     "a feed (then say `chatty` in a target profile), or does its sender run in a loop?"},
    {Class::hung, Want::any, 0, 0, "never ended the connection",
     "The server sent its Close but keeps TCP open: each such client costs it a socket. The server "
     "ends TCP first (RFC 6455 7.1.1); set a close timeout in its WebSocket library."},
    {Class::hung, Want::bad_data, 0, 0, nullptr,
     "The server neither closed nor answered: it dropped the bad message, or its reader died with "
     "the connection left open. Look for a decode error in its log; the socket stays occupied."},
    {Class::hung, Want::take, 0, 0, "harmless message",
     "The server took valid input without a Close, but then left the profile's harmless message "
     "without its reply: its application stopped, or `message.reply` says something else than it "
     "answers."},
    {Class::hung, Want::take, 0, 0, "neither an echo nor a pong",
     "The server answered neither the data nor a ping (RFC 6455 5.5.2): its reader is stuck. If it "
     "is made to answer nothing, say so: capabilities.ping=false, in a target profile or with "
     "--set."},
    {Class::hung, Want::take, 0, 0, "though pings are",
     "Pings are answered but the data is not: the server's application is slow, filters the "
     "message, or is no echo (then declare `message.reply` in a target profile)."},
    {Class::hung, Want::take, 0, 0, "does not echo",
     "The scenario needs an echo and this target gives none: exclude it, or test an echo "
     "endpoint."},
    {Class::hung, Want::take, 0, 0, nullptr,
     "The server left valid input without an answer: its reader is stuck or slower than the time "
     "allowed. If it is merely slow, raise --timeout."},
    {Class::hung, Want::http, 0, 0, nullptr,
     "The server never answered the handshake and kept the connection: each such client costs it "
     "a socket. Set a handshake timeout, and answer bad requests with a status."},
    {Class::hung, Want::any, 0, 0, nullptr,
     "The server neither closed nor answered, where {wanted} was due. Its reader is stuck, or it "
     "drops faulty input without ending the connection."},

    {Class::drop, Want::bad_data, 0, 0, "reset",
     "The server reset TCP without a Close frame: client APIs show 1006, and nobody learns why. "
     "Send Close 1007 and read until the client's Close before the socket is closed."},
    {Class::drop, Want::bad_data, 0, 0, nullptr,
     "The server ended TCP without a Close frame (uWebSockets does so): client APIs show 1006, and "
     "nobody learns why. Send Close 1007 first."},
    {Class::drop, Want::policy, 0, 0, nullptr,
     "The server enforces its policy by cutting TCP: client APIs show 1006, and clients reconnect "
     "at once. Send a Close first (or see whether a proxy in between does the cutting)."},
    {Class::drop, Want::http, 0, 0, nullptr,
     "The server ended the connection instead of answering the handshake. An HTTP status would "
     "tell the client what is wrong."},
    {Class::drop, Want::take, 0, 0, nullptr,
     "The server cut the connection on valid input without a Close frame: a crash in its handler, "
     "or a limit of a proxy in between. Its log should have the reason."},
    {Class::drop, Want::stay, 0, 0, nullptr,
     "The connection ended without a Close frame although it should live on: an idle timeout of "
     "the server or of a proxy in between. Send pings, or raise the timeout."},
    {Class::drop, Want::any, 0, 0, nullptr,
     "The server ended TCP without a Close frame, where {wanted} was due: client APIs show 1006, "
     "and nobody learns why."},

    {Class::limit, Want::any, 1008, 1008, nullptr,
     "The server's own limit on fragments ended the message (npm ws: 16,384, maxFragments). Raise "
     "it to run this scenario; for most applications it is right as it is."},
    {Class::limit, Want::any, 0, 0, nullptr,
     "The server's own size limit ended the message (defaults: Jetty, Tomcat 64 KiB, Python "
     "websockets 1 MiB, Tornado 10 MB). Raise it, or declare policy.message_bytes."},

    {Class::late, Want::any, 0, 0, nullptr,
     "The server closed rightly, but only after the rest of the message had come: it validates "
     "whole messages. Legal; to fail fast, validate as octets arrive."},

    // The right code with the wrong reason text.
    {Class::other_code, Want::any, 0, 0, "the Close reason",
     "{Detail} The code is right, but the reason says something else than promised.{reason}"},

    {Class::other_code, Want::reason, 1000, 1001, nullptr,
     "The server answered the Close as if its reason were good UTF-8 (RFC 6455 5.5.1, 8.1). "
     "Validate reasons like text messages; they end up in logs and dashboards."},
    {Class::other_code, Want::reason, 1005, 1005, nullptr,
     "The server answered with an empty Close, as if the reason were good UTF-8 (RFC 6455 5.5.1, "
     "8.1). Validate reasons like text messages and answer 1007."},
    {Class::other_code, Want::bad_data, 1002, 1002, nullptr,
     "Refused, but with a code that misleads: 1002 says the framing is wrong, yet only the data "
     "is. {section} demands only to fail the connection; 1007 follows from RFC 6455 7.4.1 "
     "(wsspec's ruling)."},
    {Class::other_code, Want::bad_data, 1003, 1003, nullptr,
     "Refused, but with a code that misleads: 1003 refuses a type of message. For "
     "{subject}, RFC 6455 7.4.1 has 1007 (wsspec's ruling: {section} demands only to fail the "
     "connection)."},
    {Class::other_code, Want::bad_data, 1011, 1011, nullptr,
     "Refused, but with a code that misleads: 1011 blames the server, so an unhandled decode error "
     "ran into its exception handler. Catch it and close with 1007 (RFC 6455 7.4.1; wsspec's "
     "ruling)."},
    {Class::other_code, Want::bad_data, 1008, 1008, nullptr,
     "Refused, but with a code that misleads: 1008 is for what a policy forbids. For {subject}, "
     "RFC 6455 7.4.1 has 1007 (wsspec's ruling)."},
    {Class::other_code, Want::bad_data, 1000, 1001, nullptr,
     "Refused, but {code} makes a fault look like an ordinary end, and the sender will not learn "
     "of it. For {subject}, RFC 6455 7.4.1 has 1007 (wsspec's ruling)."},
    {Class::other_code, Want::bad_data, 1005, 1005, nullptr,
     "Refused, but with a Close that has no code, so the client cannot tell why. For {subject}, "
     "RFC 6455 7.4.1 has 1007: pass it to the close call."},
    {Class::other_code, Want::bad_data, 1009, 1009, nullptr,
     "The server's size limit closed with 1009 before it looked at the data. Raise the limit, or "
     "the check for {subject} cannot be tested."},
    {Class::other_code, Want::bad_data, 3000, 4999, nullptr,
     "Refused, but with {n}, a code of the application's own that other clients cannot read. For "
     "{subject}, RFC 6455 7.4.1 has 1007 (wsspec's ruling).{reason}"},

    {Class::other_code, Want::policy, 1011, 1011, nullptr,
     "The server enforces its policy, but with 1011, as if it had failed itself: an exception "
     "raised by the check ran into its handler. Catch it and close with 1008."},
    {Class::other_code, Want::policy, 1007, 1007, nullptr,
     "The server closed with 1007, which blames the data, where {wanted} was due. Is the test "
     "message text that this application understands? See `message` in the profile.{reason}"},
    {Class::other_code, Want::policy, 1002, 1002, nullptr,
     "The server closed with 1002, which blames the protocol, where {wanted} was due: a proxy or "
     "library ran into a limit of its own first.{reason}"},
    {Class::other_code, Want::policy, 1003, 1003, nullptr,
     "The server closed with 1003 (it does not take this type of data), where {wanted} was due. If "
     "it takes only text or only binary, say so in the target profile.{reason}"},
    {Class::other_code, Want::policy, 1009, 1009, nullptr,
     "A size limit (1009) struck before the policy did. If that is intended, declare it: "
     "\"close\": [1009] in the target profile's policy."},
    {Class::other_code, Want::policy, 1005, 1005, nullptr,
     "The server enforces its policy, but its Close has no code, so a client cannot tell a policy "
     "from an ordinary end. Pass 1008 to the close call."},
    {Class::other_code, Want::policy, 0, 0, nullptr,
     "The server enforces its policy with {code}, not {wanted}. If that is intended, declare it: "
     "\"close\": [{n}] in the target profile's policy; else use 1008.{reason}"},

    {Class::other_code, Want::size, 1008, 1008, nullptr,
     "The size limit is enforced, but with 1008 (policy violation): 1009 says exactly what is "
     "wrong (RFC 6455 7.4.1). If 1008 is intended, declare it in the profile."},
    {Class::other_code, Want::size, 1011, 1011, nullptr,
     "The size limit is enforced by an unhandled exception: 1011 blames the server. Catch it and "
     "close with 1009."},

    {Class::other_code, Want::protocol, 1007, 1007, nullptr,
     "Refused, but with a code that misleads: 1007 blames a message's data, yet the frame itself "
     "breaks the protocol ({spec}). RFC 6455 7.4.1 has 1002 for that."},
    {Class::other_code, Want::protocol, 1011, 1011, nullptr,
     "Refused, but 1011 blames the server: the violation ran into its exception handler. Catch it "
     "and close with 1002 (RFC 6455 7.4.1)."},
    {Class::other_code, Want::protocol, 1009, 1009, nullptr,
     "The server's size limit closed with 1009 before the violation of the protocol was seen; it "
     "should be found in the frame's header, which comes first."},
    {Class::other_code, Want::protocol, 1000, 1001, nullptr,
     "Closed, but {code} makes a violation of the protocol look like an ordinary end. RFC 6455 "
     "7.4.1 has 1002 for it."},
    {Class::other_code, Want::protocol, 0, 0, nullptr,
     "Refused, but with {code} where {wanted} was due: the frame breaks the protocol ({spec}), and "
     "RFC 6455 7.4.1 has 1002 for that.{reason}"},

    {Class::other_code, Want::http, 0, 0, "header",
     "{Detail} The status is right, the answer is not what was promised."},
    {Class::other_code, Want::http, 1000, 4999, nullptr,
     "The server accepted the handshake and closed with {code} afterwards, where {wanted} was due: "
     "refuse before the 101, so that the client sees a status.{reason}"},

    {Class::other_code, Want::take, 1007, 1007, nullptr,
     "The server refused valid UTF-8: its validator is too strict (NUL, noncharacters and U+FEFF "
     "are allowed), checks each fragment alone, or uses 1007 for bad arguments.{reason}"},
    {Class::other_code, Want::take, 1003, 1003, nullptr,
     "The server does not take this type of message (1003). If it is made so, declare it "
     "(`text_only`, or capability binary) in the target profile.{reason}"},
    {Class::other_code, Want::take, 1009, 1009, nullptr,
     "The server refused valid data for its size (defaults: Jetty, Tomcat 64 KiB, Python "
     "websockets "
     "1 MiB). Raise its limit, or declare policy.message_bytes."},
    {Class::other_code, Want::take, 1008, 1008, nullptr,
     "The server refused valid data by a policy: a rate limit (then lower --jobs), a missing "
     "token, "
     "or a format that it demands (see `message` and `carrier`).{reason}"},
    {Class::other_code, Want::take, 1002, 1002, nullptr,
     "The server calls valid frames a protocol error. Its WebSocket library is wrong about {spec}, "
     "or a proxy passes on an extension that it mishandles.{reason}"},
    {Class::other_code, Want::take, 1011, 1011, nullptr,
     "Valid data made the server fail (1011): an unhandled exception in its application. Its log "
     "should have the trace.{reason}"},
    {Class::other_code, Want::take, 1005, 1005, nullptr,
     "The server closed, without a code, where valid input should be accepted. Its log should say "
     "why."},
    {Class::other_code, Want::take, 0, 0, "refused with HTTP",
     "{Detail} A server that is full says so, and one that never gives back the slots of "
     "connections that ended: what was connected before?"},
    {Class::other_code, Want::take, 0, 0, nullptr,
     "The server closed with {code} on valid input. Does its application want another message (see "
     "`message` and `carrier` in the profile) or a login?{reason}"},

    {Class::other_code, Want::stay, 1011, 1011, nullptr,
     "The server closed with 1011 on an idle connection: often a keepalive whose pong it missed "
     "(uvicorn: 20 s + 20 s).{reason}"},
    {Class::other_code, Want::stay, 0, 0, nullptr,
     "The server closed with {code} although the connection should live on: an idle or session "
     "timeout. Raise it, or declare it in the profile's policy.{reason}"},
    {Class::other_code, Want::any, 1000, 4999, nullptr,
     "The server closed with {code}, where {wanted} was due.{reason}"},

    {Class::none, Want::policy, 0, 0, "closed too early",
     "{Detail} The server's limit is stricter than the profile says, or was partly used up: honest "
     "clients are cut off. Compare both settings."},
    {Class::none, Want::policy, 0, 0, "closed too late",
     "{Detail} The server's limit is looser than the profile says, or checked too rarely. Compare "
     "both settings."},
    {Class::none, Want::any, 0, 0, "closed too early",
     "{Detail} The Close came before it was due: something else than what is tested ended the "
     "connection. Its log should say what."},
    {Class::none, Want::any, 0, 0, "closed too late",
     "{Detail} The code is right, the time is not: the server was slow to decide, or the machine "
     "to "
     "serve it. If slowness is no fault here, raise --timeout-factor."},
    {Class::none, Want::any, 0, 0, "declares no policy",
     "{Detail} Declare it in the target profile, or leave this scenario out."},
};

bool fits(Want rule, Want want) {
  if (rule == Want::any || rule == want) return true;
  return rule == Want::bad_data &&
         (want == Want::text || want == Want::reason || want == Want::deflate);
}

bool fits(const Rule& rule, const Situation& situation) {
  if (rule.cls != situation.result.cls || !fits(rule.want, situation.want)) return false;
  if (rule.to != 0 && (situation.code < rule.from || situation.code > rule.to)) return false;
  return rule.has == nullptr ||
         situation.result.observed.detail.find(rule.has) != std::string::npos;
}

/// A connection that lived this long was probably ended by that.
struct Lifetime {
  double seconds;
  const char* words;
};

constexpr Lifetime kLifetimes[] = {
    {30, "Google Cloud's load balancer (timeoutSec, counts active time too) or HAProxy"},
    {40, "uvicorn's keepalive (ping after 20 s, 20 s to answer)"},
    {50, "HAProxy without `timeout tunnel`"},
    {60, "nginx's proxy_read_timeout"},
    {100, "Cloudflare's edge"},
    {600, "AWS API Gateway's idle limit"},
};

/// Only where an idle connection ended unasked: elsewhere the time says nothing.
std::string lifetime_words(const Situation& situation) {
  const auto& observed = situation.result.observed;
  if (situation.result.cls != Class::drop || situation.want != Want::stay || !observed.eof_ms)
    return {};
  for (const Lifetime& known : kLifetimes) {
    if (std::abs(*observed.eof_ms / 1000 - known.seconds) > 1.5) continue;
    return "The connection ended without a Close frame after about " +
           std::to_string(static_cast<int>(known.seconds)) + " s: looks like " + known.words +
           ". Raise it, or send pings more often.";
  }
  return {};
}

}  // namespace

std::string words_of_rules(const Situation& situation) {
  if (std::string words = lifetime_words(situation); !words.empty()) return words;
  for (const Rule& rule : kRules) {
    if (fits(rule, situation)) return situation.fill(rule.words);
  }
  return {};
}

}  // namespace wsspec::diagnose
