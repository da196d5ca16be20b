// What the server took, changed, dropped or left without an answer.
#include "diagnose/rule.h"

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Class;

constexpr Rule kOpenRules[] = {
    {Class::died,
     Want::any,
     0,
     0,
     {},
     "The server answers no fresh handshake after this scenario: one client can take it away from "
     "all others. Look for a crash, an endless loop or a blocked accept in its log."},
    {Class::hung,
     Want::any,
     0,
     0,
     {Cause::stuck, Cause::stuck_for_a_while, Cause::stuck_at_last_read, Cause::stuck_together},
     "The server still takes connections, but answers no handshake after this scenario: one client "
     "can "
     "block it for all others. Look for a lock that is not released, an endless loop or a worker "
     "pool that ran out."},
    {Class::leaks,
     Want::any,
     0,
     0,
     {Cause::slots_leaked_in_run},
     "{Detail} This scenario only met it. The server does not free what belongs to connections "
     "that "
     "end so, and one client can use up all of it. `limits/slots-are-free-*` on a fresh server "
     "show "
     "which kind of end it is."},
    {Class::leaks,
     Want::any,
     0,
     0,
     {Cause::slots_leaked},
     "{Detail} The server does not free what belongs to a connection that ends like this, and one "
     "client can use up all of it. Free it where the socket ends, not where a Close frame comes, "
     "and "
     "look for the count of connections or workers that is not taken back."},
    {Class::processed_after_fault,
     Want::any,
     0,
     0,
     {Cause::served_after_breach},
     "{Detail} Check first: a message that breaks {policy}, and what comes after it, is neither "
     "answered nor passed on."},
    {Class::processed_after_fault,
     Want::any,
     0,
     0,
     {Cause::served_in_part},
     "{Detail} Fragments are handed on as they come, and whether they break {policy} is known when "
     "the last one is there: collect the message, check it, and only then answer it or pass it "
     "on."},
    {Class::processed_after_fault,
     Want::text,
     0,
     0,
     {},
     "The server acted on the bad message, or on what came after it, before it closed: nothing "
     "may be processed from the fault on (RFC 6455 7.1.7). Validate before handing on."},
    {Class::processed_after_fault,
     Want::any,
     0,
     0,
     {},
     "The server went on reading after the fault and acted on it before it closed: nothing may be "
     "processed from the fault on (RFC 6455 7.1.7)."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {Cause::answered_twice},
     "The server answered one message more than once: a handler is registered twice, or a "
     "broadcast also reaches the sender."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {Cause::ping_answered_twice},
     "The server answered one ping with several pongs: the library answers pings by itself, and "
     "the "
     "application's handler does so again. Leave it to the library."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {Cause::pong_answered},
     "The server answered a pong with a pong: a pong earns no answer (RFC 6455 5.5.3), and two "
     "such "
     "endpoints answer each other without end. Answer pings alone."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {Cause::echoes_reordered},
     "The answers came in another order than the messages: several workers answer messages of one "
     "connection at once. Keep one queue for each connection."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {Cause::unsolicited_messages},
     "{Detail} An application gets more messages than were sent: the fragments of a message are "
     "handed on one by one, or what an earlier test left is delivered here. Is it a feed of the "
     "endpoint's own? Then say `chatty` in a target profile."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {Cause::flood},
     "The server floods the connection with messages that answer none, and was read no further. Is "
     "it a feed (then say `chatty` in a target profile), or does its sender run in a loop?"},
    {Class::repaired,
     Want::take,
     0,
     0,
     {Cause::echo_cut},
     "{Detail} Only the beginning of the message was taken: it was cut at a limit, at a NUL, at "
     "the "
     "border of a buffer, or after the first block of compressed data that is marked as final "
     "(RFC 7692 7.2.1: the next block follows)."},
    {Class::repaired,
     Want::take,
     0,
     0,
     {Cause::echo_differs, Cause::other_octets_answered},
     "{Detail} The server, or a proxy in between, changes what it relays: look for a length that "
     "does not fit its field, text that is decoded and encoded anew, normalising or trimming."},
    {Class::repaired,
     Want::take,
     0,
     0,
     {},
     "Valid data came back changed: the server, or a proxy in between, decodes and encodes it anew "
     "and loses octets. Echo the payload as it came, and look for normalising or trimming."},
    {Class::repaired,
     Want::bad_data,
     0,
     0,
     {},
     "The server answered with other octets than it was sent: bad ones were replaced, as by U+FFFD "
     "(lossy repair). Decode strictly and close with 1007; a repair hides faults from both sides."},
    {Class::repaired,
     Want::any,
     0,
     0,
     {},
     "The server answered with other octets than it was sent, where {wanted} was expected: it "
     "changes "
     "what it relays."},
    {Class::accepted,
     Want::bad_data,
     0,
     0,
     {Cause::waits_for_rest},
     "What was sent is already {subject}, and the server still waits for the rest: it "
     "checks whole messages only. Validate as octets arrive, so that bad data costs no memory."},
    {Class::accepted,
     Want::text,
     0,
     0,
     {},
     "The server took text that is not UTF-8 as if it were good (RFC 6455 8.1). Switch on UTF-8 "
     "validation in its WebSocket library (gorilla, coder: check in the application); until then "
     "it reaches every other client."},
    {Class::accepted,
     Want::reason,
     0,
     0,
     {},
     "The server took a Close reason that is not UTF-8 as if it were good (RFC 6455 5.5.1, 8.1). "
     "Validate reasons like text messages; they end up in logs and dashboards."},
    {Class::accepted,
     Want::deflate,
     0,
     0,
     {},
     "The server took corrupt compressed data as if it were good (RFC 7692 7.2.2). Check what "
     "inflate returns, and fail the connection on an error."},
    {Class::accepted,
     Want::policy,
     0,
     0,
     {},
     "The server went on where {policy} promises an end: the limit is not enforced, or counted "
     "elsewhere (per address, per token, in a proxy). Compare its settings with the profile."},
    {Class::accepted,
     Want::size,
     0,
     0,
     {},
     "The server did not refuse a size that calls for 1009: it has no limit, or does not enforce "
     "it, and one client can fill its memory. Set the maximum message size in its WebSocket "
     "library."},
    {Class::accepted,
     Want::type,
     0,
     0,
     {},
     "The server took a type of data that it promises to refuse with 1003. Check the message's "
     "opcode before the application reads it."},
    {Class::accepted,
     Want::protocol,
     0,
     0,
     {},
     "The server went on after a violation of the protocol ({spec}) that must fail the connection. "
     "Its WebSocket library reads too loosely: update it or switch on its strict mode."},
    {Class::accepted,
     Want::http,
     0,
     0,
     {},
     "The server accepted a handshake that it should refuse. The check (origin, token, version, "
     "headers) is missing, or done only after the 101, where no HTTP status can be sent."},
    {Class::accepted,
     Want::any,
     0,
     0,
     {},
     "The server went on as if nothing had happened, where {wanted} was expected."},
    {Class::hung,
     Want::any,
     0,
     0,
     {Cause::flood},
     "The server floods the connection with unsolicited messages, and was read no further. Is it "
     "a feed (then say `chatty` in a target profile), or does its sender run in a loop?"},
    {Class::hung,
     Want::any,
     0,
     0,
     {Cause::close_but_no_end},
     "The server sent its Close but keeps TCP open: each such client costs it a socket. The server "
     "ends TCP first (RFC 6455 7.1.1); set a close timeout in its WebSocket library."},
    {Class::hung,
     Want::bad_data,
     0,
     0,
     {},
     "The server neither closed nor answered: it dropped the bad message, or its reader died with "
     "the connection left open. Look for a decode error in its log; the socket stays occupied."},
    {Class::hung,
     Want::take,
     0,
     0,
     {Cause::no_reply, Cause::no_reply_but_pings},
     "The server took valid input without a Close, but then left the profile's harmless message "
     "without its reply: its application stopped, or `message.reply` says something else than it "
     "answers."},
    {Class::hung,
     Want::take,
     0,
     0,
     {Cause::no_pong_either},
     "The server answered neither the data nor a ping (RFC 6455 5.5.2): its reader is stuck. If it "
     "is made to answer nothing, say so: capabilities.ping=false, in a target profile or with "
     "--set."},
    {Class::hung,
     Want::take,
     0,
     0,
     {Cause::not_answered_but_pings},
     "Pings are answered but the data is not: the server's application is slow, filters the "
     "message, or is no echo (then declare `message.reply` in a target profile)."},
    {Class::hung,
     Want::take,
     0,
     0,
     {Cause::no_echo_here},
     "The scenario needs an echo and this target gives none: exclude it, or test an echo "
     "endpoint."},
    {Class::hung,
     Want::take,
     0,
     0,
     {},
     "The server left valid input without an answer: its reader is stuck or slower than the time "
     "allowed. If it is merely slow, raise --timeout."},
    {Class::hung,
     Want::http,
     0,
     0,
     {},
     "The server never answered the handshake and kept the connection: each such client costs it "
     "a socket. Set a handshake timeout, and answer bad requests with a status."},
    {Class::hung,
     Want::policy,
     0,
     0,
     {Cause::silent},
     "The server neither closed nor said anything, where {policy} promises an end: it does not "
     "enforce the policy, or its reader is stuck."},
    {Class::hung,
     Want::any,
     0,
     0,
     {},
     "The server neither closed nor answered, where {wanted} was expected. Its reader is stuck, or "
     "it "
     "drops faulty input without ending the connection."},
    {Class::drop,
     Want::any,
     0,
     0,
     {Cause::close_lost_to_reset},
     "{Detail} A socket that is closed while octets lie unread in it, or with SO_LINGER 0 "
     "(destroy, "
     "abort), sends a reset that throws the Close away: the client sees 1006. After the Close call "
     "shutdown(SHUT_WR), read until the end of the stream or a timeout, and only then close() (RFC "
     "6455 7.1.1)."},
    {Class::drop,
     Want::bad_data,
     0,
     0,
     {Cause::reset_without_close, Cause::reset_without_answer},
     "The server reset TCP without a Close frame: client APIs show 1006, and the client is not "
     "told why. "
     "Send Close 1007 and read until the client's Close before the socket is closed."},
    {Class::drop,
     Want::bad_data,
     0,
     0,
     {},
     "The server ended TCP without a Close frame (uWebSockets does so): client APIs show 1006, and "
     "the client is not told why. Send Close 1007 first."},
    {Class::drop,
     Want::policy,
     0,
     0,
     {},
     "The server enforces its policy by cutting TCP: client APIs show 1006, and clients reconnect "
     "at once. Send a Close first (or see whether a proxy in between does the cutting)."},
    {Class::drop,
     Want::http,
     0,
     0,
     {},
     "The server ended the connection instead of answering the handshake. An HTTP status would "
     "tell the client what is wrong."},
    {Class::drop,
     Want::take,
     0,
     0,
     {},
     "The server cut the connection on valid input without a Close frame: a crash in its handler, "
     "or a limit of a proxy in between. Its log should have the reason."},
    {Class::drop,
     Want::stay,
     0,
     0,
     {},
     "The connection ended without a Close frame although it should live on: an idle timeout of "
     "the server or of a proxy in between. Send pings, or raise the timeout."},
    {Class::drop,
     Want::any,
     0,
     0,
     {},
     "The server ended TCP without a Close frame, where {wanted} was expected: client APIs show "
     "1006, "
     "and the client is not told why."},
    {Class::limit,
     Want::any,
     1008,
     1008,
     {},
     "The server's own limit on fragments ended the message (npm ws: 16,384, maxFragments). Raise "
     "it to run this scenario; for most applications it is right as it is."},
    {Class::limit,
     Want::any,
     0,
     0,
     {},
     "The server's own size limit ended the message (defaults: Jetty, Tomcat 64 KiB, Python "
     "websockets 1 MiB, Tornado 10 MB). Raise it, or declare policy.message_bytes."},
    {Class::late,
     Want::any,
     0,
     0,
     {},
     "The server closed rightly, but only after the rest of the message had come: it validates "
     "whole messages. Legal; to fail fast, validate as octets arrive."},
};

}  // namespace

std::span<const Rule> rules_open() {
  return kOpenRules;
}

}  // namespace wsspec::diagnose
