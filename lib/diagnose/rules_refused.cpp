// A Close code, a status or a time other than the expected one.
#include "diagnose/rule.h"

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Class;

constexpr Rule kRefusedRules[] = {
    {Class::other_code,
     Want::any,
     0,
     0,
     {Cause::close_reason_mismatch, Cause::close_reason_match},
     "{Detail} The code is right, but the reason says something else than promised.{reason}"},
    {Class::other_code,
     Want::reason,
     1000,
     1001,
     {},
     "The server answered the Close as if its reason were good UTF-8 (RFC 6455 5.5.1, 8.1). "
     "Validate reasons like text messages; they end up in logs and dashboards."},
    {Class::other_code,
     Want::reason,
     1005,
     1005,
     {},
     "The server answered with an empty Close, as if the reason were good UTF-8 (RFC 6455 5.5.1, "
     "8.1). Validate reasons like text messages and answer 1007."},
    {Class::other_code,
     Want::bad_data,
     1002,
     1002,
     {},
     "Refused, but with a code that misleads: 1002 says the framing is wrong, yet only the data "
     "is. {section} demands only to fail the connection; 1007 follows from RFC 6455 7.4.1 "
     "(wsspec's ruling)."},
    {Class::other_code,
     Want::bad_data,
     1003,
     1003,
     {},
     "Refused, but with a code that misleads: 1003 refuses a type of message. For "
     "{subject}, RFC 6455 7.4.1 has 1007 (wsspec's ruling: {section} demands only to fail the "
     "connection)."},
    {Class::other_code,
     Want::bad_data,
     1011,
     1011,
     {},
     "Refused, but with a code that misleads: 1011 blames the server, so an unhandled decode error "
     "ran into its exception handler. Catch it and close with 1007 (RFC 6455 7.4.1; wsspec's "
     "ruling)."},
    {Class::other_code,
     Want::bad_data,
     1008,
     1008,
     {},
     "Refused, but with a code that misleads: 1008 is for what a policy forbids. For {subject}, "
     "RFC 6455 7.4.1 has 1007 (wsspec's ruling)."},
    {Class::other_code,
     Want::bad_data,
     1000,
     1001,
     {},
     "Refused, but {code} makes a fault look like an ordinary end, and the sender will not learn "
     "of it. For {subject}, RFC 6455 7.4.1 has 1007 (wsspec's ruling)."},
    {Class::other_code,
     Want::bad_data,
     1005,
     1005,
     {},
     "Refused, but with a Close that has no code, so the client cannot tell why. For {subject}, "
     "RFC 6455 7.4.1 has 1007: pass it to the close call."},
    {Class::other_code,
     Want::bad_data,
     1009,
     1009,
     {},
     "The server's size limit closed with 1009 before it looked at the data. Raise the limit, or "
     "the check for {subject} cannot be tested."},
    {Class::other_code,
     Want::bad_data,
     3000,
     4999,
     {},
     "Refused, but with {n}, a code of the application's own that other clients cannot read. For "
     "{subject}, RFC 6455 7.4.1 has 1007 (wsspec's ruling).{reason}"},
    {Class::other_code,
     Want::any,
     0,
     0,
     {Cause::code_too_generic},
     "The policy is enforced, but {code} says too little: it is for when no other code suits (RFC "
     "6455 7.4.1), and {wanted} has one of its own. If it is intended, declare it: \"close\": "
     "[{n}] in the target profile's policy.{reason}"},
    {Class::other_code,
     Want::any,
     0,
     0,
     {Cause::code_not_listed},
     "The policy is enforced with {code}, which says nothing that is not so, but the profile does "
     "not list it. If it is intended, declare it: \"close\": [{n}] in the target profile's "
     "policy.{reason}"},
    {Class::other_code,
     Want::policy,
     1000,
     1000,
     {},
     "The policy is enforced, but with a code that says something else than what happened: 1000 "
     "is an ordinary end, and the client does not learn that it broke a rule. Close with 1008 "
     "(RFC 6455 7.4.1).{reason}"},
    {Class::other_code,
     Want::policy,
     1011,
     1011,
     {},
     "The policy is enforced, but with a code that says something else than what happened: 1011 "
     "blames the server, so an exception raised by the check ran into its handler. Catch it and "
     "close with 1008."},
    {Class::other_code,
     Want::policy,
     1007,
     1007,
     {},
     "The server closed with a code that says something else than what happened: 1007 is for data "
     "that does not fit its message's type, and {wanted} was expected. Does the application "
     "understand the test message (`message` in the profile)?{reason}"},
    {Class::other_code,
     Want::policy,
     1002,
     1002,
     {},
     "The server closed with a code that says something else than what happened: 1002 blames the "
     "protocol, and {wanted} was expected. A proxy or library may have run into a limit of its own "
     "first.{reason}"},
    {Class::other_code,
     Want::policy,
     1003,
     1003,
     {},
     "The server closed with a code that says something else than what happened: 1003 refuses a "
     "type of data, and {wanted} was expected. If it takes only text or only binary, say so in the "
     "target profile.{reason}"},
    {Class::other_code,
     Want::policy,
     1009,
     1009,
     {},
     "A size limit (1009) struck before the policy did, or its code misleads. If that is intended, "
     "declare it: \"close\": [1009] in the target profile's policy."},
    {Class::other_code,
     Want::policy,
     1005,
     1005,
     {},
     "The server enforces its policy, but its Close has no code, so a client cannot tell a policy "
     "from an ordinary end. Pass 1008 to the close call."},
    {Class::other_code,
     Want::policy,
     0,
     0,
     {},
     "The server enforces its policy with {code}, not {wanted}. If that is intended, declare it: "
     "\"close\": [{n}] in the target profile's policy; else use 1008.{reason}"},
    {Class::other_code,
     Want::size,
     1008,
     1008,
     {},
     "The size limit is enforced, but with 1008 (policy violation): 1009 says exactly what is "
     "wrong (RFC 6455 7.4.1). If 1008 is intended, declare it in the profile."},
    {Class::other_code,
     Want::size,
     1011,
     1011,
     {},
     "The size limit is enforced by an unhandled exception: 1011 blames the server. Catch it and "
     "close with 1009."},
    {Class::other_code,
     Want::protocol,
     1007,
     1007,
     {},
     "Refused, but with a code that misleads: 1007 blames a message's data, yet the frame itself "
     "breaks the protocol ({spec}). RFC 6455 7.4.1 has 1002 for that."},
    {Class::other_code,
     Want::protocol,
     1011,
     1011,
     {},
     "Refused, but 1011 blames the server: the violation ran into its exception handler. Catch it "
     "and close with 1002 (RFC 6455 7.4.1)."},
    {Class::other_code,
     Want::protocol,
     1009,
     1009,
     {},
     "The server's size limit closed with 1009 before the violation of the protocol was seen; it "
     "should be found in the frame's header, which comes first."},
    {Class::other_code,
     Want::protocol,
     1000,
     1001,
     {},
     "Closed, but {code} makes a violation of the protocol look like an ordinary end. RFC 6455 "
     "7.4.1 has 1002 for it."},
    {Class::other_code,
     Want::protocol,
     0,
     0,
     {},
     "Refused, but with {code} where {wanted} was expected: the frame breaks the protocol "
     "({spec}), and "
     "RFC 6455 7.4.1 has 1002 for that.{reason}"},
    {Class::other_code,
     Want::http,
     0,
     0,
     {Cause::header_mismatch, Cause::header_match, Cause::header_present, Cause::head_mismatch,
      Cause::head_match},
     "{Detail} The status is right, the answer is not what was promised."},
    {Class::other_code,
     Want::http,
     1000,
     4999,
     {},
     "The server accepted the handshake and closed with {code} afterwards, where {wanted} was "
     "expected: "
     "refuse before the 101, so that the client sees a status.{reason}"},
    {Class::other_code,
     Want::take,
     1007,
     1007,
     {},
     "The server refused valid UTF-8: its validator is too strict (NUL, noncharacters and U+FEFF "
     "are allowed), checks each fragment alone, or uses 1007 for bad arguments.{reason}"},
    {Class::other_code,
     Want::take,
     1003,
     1003,
     {},
     "The server does not take this type of message (1003). If it is made so, declare it "
     "(`text_only`, or capability binary) in the target profile.{reason}"},
    {Class::other_code,
     Want::take,
     1009,
     1009,
     {},
     "The server refused valid data for its size (defaults: Jetty, Tomcat 64 KiB, Python "
     "websockets "
     "1 MiB). Raise its limit, or declare policy.message_bytes."},
    {Class::other_code,
     Want::take,
     1008,
     1008,
     {},
     "The server refused valid data by a policy: a rate limit (then lower --jobs), a missing "
     "token, "
     "or a format that it demands (see `message` and `carrier`).{reason}"},
    {Class::other_code,
     Want::take,
     1002,
     1002,
     {},
     "The server calls valid frames a protocol error. Its WebSocket library is wrong about {spec}, "
     "or a proxy passes on an extension that it mishandles.{reason}"},
    {Class::other_code,
     Want::take,
     1011,
     1011,
     {},
     "Valid data made the server fail (1011): an unhandled exception in its application. Its log "
     "should have the trace.{reason}"},
    {Class::other_code,
     Want::take,
     1005,
     1005,
     {},
     "The server closed, without a code, where valid input should be accepted. Its log should say "
     "why."},
    {Class::other_code,
     Want::take,
     0,
     0,
     {Cause::handshake_refused},
     "{Detail} A server that is full says so, and one that never gives back the slots of "
     "connections that ended: what was connected before?"},
    {Class::other_code,
     Want::take,
     0,
     0,
     {},
     "The server closed with {code} on valid input. Does its application want another message (see "
     "`message` and `carrier` in the profile) or a login?{reason}"},
    {Class::other_code,
     Want::stay,
     1011,
     1011,
     {},
     "The server closed with 1011 on an idle connection: often a keepalive whose pong it missed "
     "(uvicorn: 20 s + 20 s).{reason}"},
    {Class::other_code,
     Want::stay,
     0,
     0,
     {},
     "The server closed with {code} although the connection should live on: an idle or session "
     "timeout. Raise it, or declare it in the profile's policy.{reason}"},
    {Class::other_code,
     Want::any,
     1000,
     4999,
     {},
     "The server closed with {code}, where {wanted} was expected.{reason}"},
    {Class::none,
     Want::any,
     0,
     0,
     {Cause::another_answer},
     "{Detail} Where a proxy takes the connection for upgraded, an attacker's requests reach the "
     "server past the proxy's rules. Answer what asks for an upgrade and is refused with "
     "Connection: close, and end the connection."},
    {Class::none,
     Want::any,
     0,
     0,
     {Cause::reset_after_close},
     "{Detail} It came through to a client that reads at once; over a network, or while the client "
     "is still sending, the reset can take it away (1006). After the Close call shutdown(SHUT_WR), "
     "read until the end of the stream or a timeout, and only then close() (RFC 6455 7.1.1)."},
    {Class::none,
     Want::policy,
     0,
     0,
     {Cause::closed_too_early, Cause::too_few_messages},
     "{Detail} The server's limit is stricter than the profile says, or was partly used up: honest "
     "clients are cut off. Compare both settings."},
    {Class::none,
     Want::policy,
     0,
     0,
     {Cause::closed_too_late, Cause::too_many_messages},
     "{Detail} The server's limit is looser than the profile says, or checked too rarely. Compare "
     "both settings."},
    {Class::none,
     Want::any,
     0,
     0,
     {Cause::closed_too_early, Cause::too_few_messages},
     "{Detail} The Close came before it was due: something else than what is tested ended the "
     "connection. Its log should say what."},
    {Class::none,
     Want::any,
     0,
     0,
     {Cause::closed_too_late, Cause::too_many_messages},
     "{Detail} The code is right, the time is not: the server was slow to decide, or the machine "
     "to "
     "serve it. If slowness is no fault here, raise --timeout-factor."},
    {Class::none,
     Want::any,
     0,
     0,
     {Cause::policy_not_declared},
     "{Detail} Declare it in the target profile, or leave this scenario out."},
};

}  // namespace

std::span<const Rule> rules_refused() {
  return kRefusedRules;
}

}  // namespace wsspec::diagnose
