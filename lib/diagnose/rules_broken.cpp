// The server's own octets break a rule: in its frames, its Close, or its HTTP answer.
#include "diagnose/rule.h"

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Class;

constexpr Rule kBrokenRules[] = {
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::extension_not_offered, Cause::subprotocol_not_offered},
     "{Detail} A client fails the connection at such an answer (a browser too): the server must "
     "choose from what the request lists, or leave the header out."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::deflate_parameter_left_out},
     "{Detail} A server that cannot do what an offer asks for declines that offer. Browsers never "
     "ask for this, so it stays unnoticed until another client does."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::deflate_answer},
     "{Detail} A client fails the connection at such an answer (a browser too). See the "
     "permessage-deflate negotiation of its WebSocket library."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::upgrade_version, Cause::upgrade_header, Cause::connection_header,
      Cause::accept_header},
     "{Detail} A client fails the connection at such an answer (a browser too)."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::extension_malformed},
     "{Detail} A client fails the connection at such an answer (a browser too)."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::answer_not_http, Cause::not_http, Cause::malformed_head,
      Cause::too_many_interim_answers},
     "{Detail} The answer that refuses a handshake must be HTTP, and no client or proxy can read "
     "this one."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::tls_port},
     "{Detail} Something in front of the server answers plain text with TLS."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::output_not_utf8},
     "{Detail} Its own output is not UTF-8, often what another client sent: a strict client closes "
     "with 1007. Validate what comes in, and send binary data as binary."},
    {Class::broken,
     Want::reason,
     0,
     0,
     {Cause::close_reason_cut, Cause::close_reason_not_utf8},
     "The server sent back our Close reason, which is not UTF-8, as if it were good (RFC 6455 "
     "5.5.1, "
     "8.1). Validate reasons like text messages; they end up in logs and dashboards."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_reason_cut},
     "{Detail} The reason was cut inside a character, as a rule to fit its 123 octets. Cut it "
     "between two characters, and send a short reason instead of an error text."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_reason_too_long},
     "{Detail} A Close reason has at most 123 octets (RFC 6455 5.5): an error text or a stack "
     "trace "
     "was passed to the close call. Send a short reason and log the rest."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_reason_not_utf8},
     "{Detail} A Close reason is text in UTF-8 (RFC 6455 5.5.1): the text passed to the close call "
     "is in another encoding, or is no text."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_code_swapped},
     "{Detail} The code of a Close is written in network byte order (RFC 6455 5.5.1), the high "
     "octet first: see how the server puts it into the payload."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_code_left_out},
     "{Detail} Where a Close has a payload, its first two octets are the code (RFC 6455 5.5.1): a "
     "reason alone was passed as the whole payload."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_twice},
     "{Detail} After its Close an endpoint sends nothing more: two parts of the server close the "
     "same connection. Remember that the Close is out, and send no other."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::close_code_illegal},
     "{Detail} That code never travels in a Close frame (RFC 6455 7.4.1, 7.4.2): a client fails "
     "the "
     "connection with 1002. Codes that an API shows for a lost connection (1005, 1006, 1015) are "
     "not for sending; use 1000, 1011, or 3000 to 4999."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::two_writers},
     "{Detail} A frame header stands inside the payload of another frame: two writers use the "
     "connection without a lock, or a write that took only a part was not continued. Serialise "
     "all writes of a connection."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::text_after_upgrade},
     "{Detail} What follows the 101 is text, not a frame: output of the program (a notice, a debug "
     "print, one CR LF too many) gets into the connection."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::length_in_characters},
     "{Detail} The header's length counts characters instead of octets: it is too short for text "
     "beyond ASCII. Encode the text first and take the length of the octets."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::length_low_half_zero, Cause::length_byte_swapped},
     "{Detail} The header's length is not written in network byte order (RFC 6455 5.2): see how "
     "the "
     "16-bit and 64-bit lengths are encoded."},
    {Class::broken,
     Want::any,
     0,
     0,
     {Cause::message_split},
     "{Detail} One message comes back as several: the server hands on each piece that it reads as "
     "a "
     "message of its own. Collect a message up to its FIN, or send the pieces as fragments."},
    {Class::broken,
     Want::any,
     0,
     0,
     {},
     "{Detail} The server's own frames break the protocol and a strict client fails the "
     "connection. The fault is in its WebSocket library or a proxy in between."},
};

}  // namespace

std::span<const Rule> rules_broken() {
  return kBrokenRules;
}

}  // namespace wsspec::diagnose
