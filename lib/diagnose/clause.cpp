#include "diagnose/clause.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Fact;

struct Row {
  Cause cause;
  const char* pattern;  ///< {names} stand for the members of a Fact
};

constexpr Row kRows[] = {
    {Cause::connect_refused, "cannot connect to {detail}: {errno}"},
    {Cause::connect_unreachable, "cannot connect to {detail}: {errno}"},
    {Cause::connect_denied, "cannot connect to {detail}: {errno}"},
    {Cause::no_such_socket, "cannot connect to {detail}: {errno}"},
    {Cause::connect_failed, "cannot connect to {detail}: {errno}"},
    {Cause::host_not_resolved, "{text}"},
    {Cause::out_of_descriptors, "cannot connect to {detail}: {errno}"},
    {Cause::no_source_address, "cannot connect to {detail}: {errno}"},
    {Cause::out_of_memory, "this machine does not serve the connection to {detail}: {errno}"},
    {Cause::own_lag,
     "what came may have come within {limit} ms: it may have waited {ms} ms for wsspec itself"},
    {Cause::not_set_up, "{text}"},
    {Cause::connect_timeout, "no connection within {limit} ms"},
    {Cause::proxy_failed, "{detail} {text}"},
    {Cause::proxy_silent, "{detail} made no connection within {limit} ms"},
    {Cause::start_failed, "--start: {text}"},
    {Cause::start_ended,
     "--start: the command ended before anything accepted connections on {detail}"},
    {Cause::start_timeout, "--start: nothing accepted connections on {detail} within {limit} ms"},
    {Cause::start_port_taken,
     "--start: something accepts connections on {detail} before the command is run"},
    {Cause::certificate_expired, "no TLS with {detail}: {text}"},
    {Cause::certificate_wrong_name, "no TLS with {detail}: {text}"},
    {Cause::certificate_self_signed, "no TLS with {detail}: {text}"},
    {Cause::certificate_untrusted, "no TLS with {detail}: {text}"},
    {Cause::certificate_not_accepted, "no TLS with {detail}: {text}"},
    {Cause::client_certificate_wanted, "no TLS with {detail}: {text}"},
    {Cause::not_tls, "no TLS with {detail}: {text}"},
    {Cause::tls_alert, "no TLS with {detail}: {text}"},
    {Cause::tls_protocol, "no TLS with {detail}: {text}"},
    {Cause::tls_cut, "no TLS with {detail}: {text}"},
    {Cause::tls_failed_later, "TLS with {detail} was open; then {text}"},
    {Cause::tls_timeout, "no end of the TLS handshake within {limit} ms"},
    {Cause::alpn_other_protocol, "the server chose another protocol than HTTP/1.1 (ALPN)"},
    {Cause::handshake_timeout, "no answer to the opening handshake within {limit} ms"},
    {Cause::head_unfinished,
     "the answer to the opening handshake began but was not complete within {limit} ms: {count} "
     "octets of its head came"},
    {Cause::interim_answers_alone,
     "only interim answers (1xx) to the opening handshake within {limit} ms"},
    {Cause::ended_before_answer, "the connection was {text} before the handshake was answered"},
    {Cause::tls_ended_before_answer,
     "the TLS connection was {text} before the handshake was answered"},
    {Cause::tls_port, "the answer looks like TLS (an alert record), not like HTTP"},
    {Cause::not_http, "{text}"},
    {Cause::malformed_head, "{text}"},
    {Cause::too_many_interim_answers,
     "the head is preceded by more than {count} interim answers (1xx)"},
    {Cause::upgrade_version, "the server's 101 breaks {section}: {text}"},
    {Cause::upgrade_header, "the server's 101 breaks {section}: {text}"},
    {Cause::connection_header, "the server's 101 breaks {section}: {text}"},
    {Cause::accept_header, "the server's 101 breaks {section}: {text}"},
    {Cause::extension_not_offered, "the server's 101 breaks {section}: {text}"},
    {Cause::subprotocol_not_offered, "the server's 101 breaks {section}: {text}"},
    {Cause::extension_malformed, "the server's 101 breaks {section}: {text}"},
    {Cause::deflate_answer, "the server's 101 breaks {section}: {text}"},
    {Cause::deflate_parameter_left_out, "the server's 101 breaks {section}: {text}"},
    {Cause::handshake_refused, "the opening handshake was refused with HTTP {status}"},
    {Cause::handshake_accepted, "the handshake was answered with HTTP {status}"},
    {Cause::other_status, "the handshake was answered with HTTP {status}"},
    {Cause::header_mismatch, "header {text} does not match /{detail}/"},
    {Cause::header_match, "header {text} matches /{detail}/"},
    {Cause::header_present, "there is a header {text}"},
    {Cause::no_interim_answer, "no HTTP {status} came before it"},
    {Cause::head_mismatch, "the answer's head does not match /{detail}/"},
    {Cause::head_match, "the answer's head matches /{detail}/"},
    {Cause::no_http_answer, "no HTTP answer"},
    {Cause::another_answer,
     "a further answer, HTTP {status}, came on the connection of the refused handshake"},
    {Cause::closed_without_answer, "the connection was closed without an HTTP answer"},
    {Cause::reset_without_answer, "the connection was reset without an HTTP answer"},
    {Cause::frame_unmasked, "the server sent {text} ({section})"},
    {Cause::frame_masked, "the server sent {text} ({section})"},
    {Cause::reserved_bits, "the server sent {text} ({section})"},
    {Cause::reserved_opcode, "the server sent {text} ({section})"},
    {Cause::length_not_shortest, "the server sent {text} ({section})"},
    {Cause::length_top_bit, "the server sent {text} ({section})"},
    {Cause::control_fragmented, "the server sent {text} ({section})"},
    {Cause::control_too_long, "the server sent {text} ({section})"},
    {Cause::continuation_without_start, "the server sent {text} ({section})"},
    {Cause::data_inside_fragmented, "the server sent {text} ({section})"},
    {Cause::output_not_utf8, "the server sent {text} ({section})"},
    {Cause::close_body_one_octet, "the server sent {text} ({section})"},
    {Cause::close_code_illegal, "the server sent {text} ({section})"},
    {Cause::close_reason_not_utf8, "the server sent {text} ({section})"},
    {Cause::close_reason_cut, "the server sent {text} ({section})"},
    {Cause::close_reason_too_long, "the server sent {text} ({section})"},
    {Cause::close_code_swapped, "the server sent {text} ({section})"},
    {Cause::close_code_left_out, "the server sent {text} ({section})"},
    {Cause::close_twice, "the server sent {text} ({section})"},
    {Cause::frame_after_close, "the server sent {text} ({section})"},
    {Cause::output_not_inflatable, "the server sent {text} ({section})"},
    {Cause::frame_cut_off, "the server sent {text} ({section})"},
    {Cause::message_too_long, "the server sent {text} ({section})"},
    {Cause::answer_not_http, "the server sent {text} ({section})"},
    {Cause::length_in_characters, "the server sent {text} ({section})"},
    {Cause::length_low_half_zero, "the server sent {text} ({section})"},
    {Cause::length_byte_swapped, "the server sent {text} ({section})"},
    {Cause::two_writers, "the server sent {text} ({section})"},
    {Cause::text_after_upgrade, "the server sent {text} ({section})"},
    {Cause::message_split, "the server sent {text} ({section})"},
    {Cause::other_close, "the server closed: {close}"},
    {Cause::code_too_generic, "the server closed: {close}"},
    {Cause::code_not_listed, "the server closed: {close}"},
    {Cause::own_limit, "the server closed with {code}: its own limit"},
    {Cause::processed_after_fault, "the server acted on what came after the fault {text}"},
    {Cause::processed_after_own_close, "the server acted on what came after our Close {text}"},
    {Cause::ended_without_close, "the server ended the connection without a Close frame"},
    {Cause::reset_without_close, "the server reset the connection without a Close frame"},
    {Cause::closed_too_early, "closed too early: after {ms} ms, not before {limit} ms was allowed"},
    {Cause::closed_too_late, "closed too late: after {ms} ms"},
    {Cause::answered_too_early,
     "answered too early: after {ms} ms, not before {limit} ms was allowed"},
    {Cause::answered_too_late, "answered too late: after {ms} ms"},
    {Cause::ended_too_early,
     "TCP ended too early: after {ms} ms, not before {limit} ms was allowed"},
    {Cause::ended_too_late, "TCP ended too late: after {ms} ms"},
    {Cause::served_after_breach,
     "the server served {count} {messages} from the breach on, before it closed"},
    {Cause::served_in_part,
     "the server answered with {count} of the {total} octets of a message that breaks the policy, "
     "before that message was complete"},
    {Cause::close_lost_to_reset,
     "a Close came on {count} of {total} connections; on {rest} the server reset TCP without one"},
    {Cause::reset_after_close,
     "the Close came on {total} connections, and on {rest} of them a reset followed it"},
    {Cause::too_few_messages, "closed too early: after {count} messages, {total} are allowed"},
    {Cause::too_many_messages,
     "closed too late: after {count} messages, the limit is {total}: {above} served after the "
     "breach"},
    {Cause::close_reason_mismatch, "the Close reason does not match /{detail}/"},
    {Cause::close_reason_match, "the Close reason matches /{detail}/"},
    {Cause::only_after_release, "only after the withheld octets were sent"},
    {Cause::tcp_ended_late, "TCP ended after {ms} ms"},
    {Cause::tcp_reset, "TCP was reset: what was still on its way may be lost"},
    {Cause::tcp_ended_in_order, "TCP ended in order"},
    {Cause::no_close_notify, "the stream ended without a close_notify"},
    {Cause::close_but_no_end, "the server sent its Close, but never ended the connection"},
    {Cause::refused_but_no_end, "the server refused the handshake, but left the connection open"},
    {Cause::tcp_refused, "TCP refused"},
    {Cause::closed_inside_repeat, "the server closed in the middle of the script"},
    {Cause::fault_echoed, "the server echoed it as if it were good"},
    {Cause::faulty_ping_answered, "the server answered the ping as if it were good"},
    {Cause::answered_after_own_close, "the server answered data that was sent after our Close"},
    {Cause::fault_answered, "the server answered it with a message, as if it were good"},
    {Cause::other_octets_answered,
     "the server answered with other octets than it was sent{difference}"},
    {Cause::passed_on_repaired, "the server passed it on with U+FFFD for the bad octets"},
    {Cause::answered_and_open, "the server answered and did not close"},
    {Cause::open_and_alive, "the server did not close and still answers pings"},
    {Cause::silent, "neither a Close nor any answer came"},
    {Cause::waits_for_rest, "the server went on waiting for the rest of the frame"},
    {Cause::stopped_reading, "the server stopped reading"},
    {Cause::echo_differs, "the echo differs from what was sent{difference}"},
    {Cause::echo_cut, "the echo differs from what was sent{difference}"},
    {Cause::not_answered, "{count} of {total} messages answered"},
    {Cause::not_answered_but_pings, "{count} of {total} messages answered, though pings are"},
    {Cause::no_reply, "no reply to the profile's message"},
    {Cause::no_reply_but_pings, "no reply to the profile's message, though pings are answered"},
    {Cause::no_pong_either, "neither an echo nor a pong came"},
    {Cause::no_answer_at_all, "no answer, not even to a ping"},
    {Cause::no_echo_here, "the target does not echo"},
    {Cause::answers_too_slow, "slow: 99 of 100 answers took up to {ms} ms, {limit} ms are allowed"},
    {Cause::close_overtook_echo, "the Close overtook the echo"},
    {Cause::answered_twice, "{count} messages were answered more than once"},
    {Cause::slots_leaked,
     "after {count} connections of this kind had ended, a new one was {detail}"},
    {Cause::slots_leaked_in_run,
     "of {total} connections {count} had ended without a closing handshake; from then on the "
     "server "
     "{detail}, however long it was given"},
    {Cause::unsolicited_messages, "the server sent {count} messages that answer none of ours"},
    {Cause::echoes_reordered, "the echoes came in another order than the messages"},
    {Cause::flood, "the server floods: it sends far more than it was asked for"},
    {Cause::no_pong, "no pong for the last ping"},
    {Cause::some_pings_unanswered, "{count} of {total} pings were answered"},
    {Cause::pongs_reordered, "the pongs came in another order than the pings"},
    {Cause::echo_before_pong,
     "an echo came before the pong for a ping that was sent before it ended"},
    {Cause::pong_answered, "the server answered a pong (RFC 6455 5.5.3)"},
    {Cause::ping_answered_twice, "the server answered a ping more than once"},
    {Cause::no_such_message, "no such message came"},
    {Cause::no_message_fits, "{count} other {messages} came, none that fits"},
    {Cause::other_message_first, "another message came first"},
    {Cause::message_before_close, "a message came first"},
    {Cause::not_silent, "something arrived where silence was expected"},
    {Cause::not_so_many_connections, "{count} of {total} connections: {text}"},
    {Cause::redirected,
     "the opening handshake was answered with HTTP {status}, a redirect to {text}"},
    {Cause::address_dead, "{text}; a client that tries this address first waits for it"},
    {Cause::certificate_expires_soon, "the certificate of {text} expires in {detail}"},
    {Cause::answered_in_http10, "the answer is HTTP/1.0, in which there is no upgrade"},
    {Cause::idle_cut, "the connection was {text} after {detail} without traffic"},
    {Cause::closed_unasked, "the server closed: {close}{text}"},
    {Cause::close_not_answered, "the server did not answer our Close within {limit} ms"},
    {Cause::tcp_left_open,
     "the server answered our Close and did not end TCP within {limit} ms (RFC 6455 7.1.1)"},
    {Cause::extensions_declined, "permessage-deflate was offered and not agreed to"},
    {Cause::died, "{before}after this scenario {text}the server does not answer a fresh handshake"},
    {Cause::stuck,
     "{before}after this scenario {text}the server is stuck: a fresh connection is opened, "
     "but a message "
     "on "
     "it gets no answer"},
    {Cause::died_for_a_while,
     "{before}after this scenario the server does not answer a fresh handshake, for a "
     "while"},
    {Cause::stuck_for_a_while,
     "{before}after this scenario the server is stuck for a while: a fresh connection is "
     "opened, "
     "but a "
     "message on it gets no answer"},
    {Cause::died_at_last_read,
     "{before}while this and {count} more ran, the server stopped answering fresh "
     "handshakes; of all of them it had read this one's octets last, and answered nothing"},
    {Cause::stuck_at_last_read,
     "{before}while this and {count} more ran, the server got stuck: a fresh connection "
     "is opened, but a message on it gets no answer; only this one's octets were not answered"},
    {Cause::died_together,
     "{before}while this and {count} more ran, the server stopped answering fresh "
     "handshakes; none of them does it alone, all at the same time did it again"},
    {Cause::stuck_together,
     "{before}while this and {count} more ran, the server got stuck: a fresh connection "
     "is opened, but a message on it gets no answer; none of them does it alone, all at the same "
     "time did it again"},
    {Cause::control_failed, "sanity check failed: valid {text} was not accepted{of}"},
    {Cause::prologue_failed, "the profile's prologue failed{step}{of}"},
    {Cause::trigger_failed, "the profile's {text} failed{of}"},
    {Cause::nothing_to_capture,
     "nothing to capture as '{text}' at {detail} in the server's message"},
    {Cause::profile_value_missing, "the profile's {text}"},
    {Cause::scenario_problem, "{text}"},
    {Cause::out_of_time, "out of time (--max-time)"},
    {Cause::interrupted, "interrupted"},
    {Cause::deflate_declined,
     "the server did not agree to the permessage-deflate that was offered"},
    {Cause::parameters_declined, "the server did not agree to what was offered: {or no extension}"},
    {Cause::died_among_others,
     "while this and {count} more ran, the server stopped answering fresh handshakes, "
     "and "
     "it stayed down"},
    {Cause::stuck_among_others,
     "while this and {count} more ran, the server got stuck, and it stayed so: a fresh "
     "connection is opened, but a message on it gets no answer"},
    {Cause::died_not_repeated,
     "while this and {count} more ran, the server went down once; neither one of them "
     "alone nor all at the same time did it again"},
    {Cause::no_new_connections,
     "the server takes TCP connections and answers no handshake on them, after {count} of {total} "
     "connections had ended without a closing handshake"},
    {Cause::no_such_token, "{text}"},
    {Cause::policy_not_declared, "the target declares no {text}"},
    {Cause::policy_declared, "the target declares {text}"},
    {Cause::trigger_not_declared, "the target's profile has no {text}"},
    {Cause::capability_missing, "the target has no capability '{text}'"},
    {Cause::capability_present,
     "the target has the capability '{text}', and this is about one without it"},
    {Cause::source_address_out_of_reach,
     "it connects from {text}, which reaches only a target on 127.0.0.0/8"},
    {Cause::connections_promised, "{text}"},
    {Cause::message_above_promise,
     "it sends a message of {count} octets, and policy.message_bytes.limit is {total}"},
    {Cause::frame_above_promise,
     "it sends a frame of {count} octets, and policy.frame_bytes.limit is {total}"},
    {Cause::fragments_above_promise,
     "it sends a message in {count} frames, and policy.fragments.limit is {total}"},
    {Cause::burst_above_promise, "it sends {count} {detail} at once, and {text}.limit is {total}"},
    {Cause::waits_above_promise,
     "it sends {count} {detail}, which takes long where {text}.limit is {total}"},
    {Cause::life_above_promise,
     "it takes longer than a connection lasts here: {text} is {limit} ms"},
    {Cause::subprotocol_promised,
     "it offers none of the subprotocols that policy.subprotocol.required names"},
    {Cause::carrier_cannot_wrap, "the profile's carrier cannot wrap {text}"},
    {Cause::login_too_late,
     "it sends data before the profile's prologue can run, in the handshake's own write"},
    {Cause::otherwise_directly, "allowed, but not what comes without the proxy"},
    {Cause::not_judged_directly, "there is nothing to compare it with: without the proxy {text}"},
    {Cause::not_run, "not run (--fail-fast)"},
    {Cause::slots_gone, "not run: the server takes no more connections, their slots are gone"},
    {Cause::server_down, "not run: the server went down and did not come back"},
    {Cause::target_unreachable, "not run: the target could not be tested{of}"},
};

const char* pattern(Cause cause) {
  for (const Row& row : kRows)
    if (row.cause == cause) return row.pattern;
  return "";
}

std::string difference(const Fact& fact) {
  const auto& [known, at, sent, got] = fact.difference;
  if (sent == 0 && got == 0) return {};
  if (!known) return fmt::format(": {} octets were sent, {} came back", sent, got);
  return fmt::format(": {} octets were sent, {} came back, octet {} is the first that differs",
                     sent, got, at);
}

std::string member(std::string_view name, const Fact& fact) {
  if (name == "text") return fact.text;
  if (name == "detail") return fact.detail;
  if (name == "section") return fact.section;
  if (name == "count") return std::to_string(fact.count);
  if (name == "total") return std::to_string(fact.total);
  if (name == "above") return std::to_string(fact.count - std::min(fact.count, fact.total));
  if (name == "rest") return std::to_string(fact.total - std::min(fact.count, fact.total));
  if (name == "messages") return fact.count == 1 ? "message" : "messages";
  if (name == "ms") return fmt::format("{:.0f}", fact.ms);
  if (name == "limit") return std::to_string(fact.limit_ms);
  if (name == "code") return std::to_string(fact.code);
  if (name == "status") return std::to_string(fact.status);
  if (name == "close")
    return fact.code == 1005 ? "a Close without a code" : fmt::format("Close {}", fact.code);
  if (name == "errno") {
    if (fact.error != 0) return std::strerror(fact.error);
    return fact.text.empty() ? "the system does not say why" : fact.text;
  }
  if (name == "difference") return difference(fact);
  if (name == "of") return fact.of.empty() ? std::string() : ": " + clause(fact.of.front());
  if (name == "before") return fact.of.empty() ? std::string() : clause(fact.of.front()) + "; ";
  if (name == "step")
    return fact.count == 0 ? std::string() : fmt::format(" at step {}, {}", fact.count, fact.text);
  if (name == "or no extension") return fact.text.empty() ? "no extension" : fact.text;
  return {};
}

}  // namespace

std::string clause(const Fact& fact) {
  std::string out;
  for (std::string_view rest = pattern(fact.cause); !rest.empty();) {
    const std::size_t open = std::min(rest.find('{'), rest.size());
    out += rest.substr(0, open);
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const std::size_t end = rest.find('}');
    out += member(rest.substr(1, end - 1), fact);
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  if (text.back() != '.' && text.back() != '?' && text.back() != '!') text += '.';
  return text;
}

}  // namespace wsspec::diagnose
