#include "diagnose/clause.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Fact;

/// A pattern with {names} for the members of a Fact.
const char* pattern(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "";
    case Cause::connect_refused:
    case Cause::connect_unreachable:
    case Cause::connect_denied:
    case Cause::no_such_socket:
    case Cause::connect_failed:
    case Cause::out_of_descriptors:
    case Cause::no_source_address:
      return "cannot connect to {detail}: {errno}";
    case Cause::connect_timeout:
      return "no connection within {limit} ms";
    case Cause::certificate_expired:
    case Cause::certificate_wrong_name:
    case Cause::certificate_self_signed:
    case Cause::certificate_untrusted:
    case Cause::certificate_not_accepted:
    case Cause::client_certificate_wanted:
    case Cause::not_tls:
    case Cause::tls_alert:
    case Cause::tls_protocol:
    case Cause::tls_cut:
      return "no TLS with {detail}: {text}";
    case Cause::tls_timeout:
      return "no end of the TLS handshake within {limit} ms";
    case Cause::alpn_other_protocol:
      return "the server chose another protocol than HTTP/1.1 (ALPN)";
    case Cause::handshake_timeout:
      return "no answer to the opening handshake within {limit} ms";
    case Cause::ended_before_answer:
      return "the connection was {text} before the handshake was answered";
    case Cause::tls_ended_before_answer:
      return "the TLS connection was {text} before the handshake was answered";
    case Cause::tls_port:
      return "the answer looks like TLS (an alert record), not like HTTP";
    case Cause::not_http:
    case Cause::malformed_head:
      return "{text}";
    case Cause::too_many_interim_answers:
      return "the head is preceded by more than {count} interim answers (1xx)";
    case Cause::upgrade_version:
    case Cause::upgrade_header:
    case Cause::connection_header:
    case Cause::accept_header:
    case Cause::extension_not_offered:
    case Cause::subprotocol_not_offered:
    case Cause::extension_malformed:
    case Cause::deflate_answer:
    case Cause::deflate_parameter_left_out:
      return "the server's 101 breaks {section}: {text}";
    case Cause::handshake_refused:
      return "the opening handshake was refused with HTTP {status}";
    case Cause::handshake_accepted:
    case Cause::other_status:
      return "the handshake was answered with HTTP {status}";
    case Cause::header_mismatch:
      return "header {text} does not match /{detail}/";
    case Cause::header_present:
      return "there is a header {text}";
    case Cause::no_interim_answer:
      return "no HTTP {status} came before it";
    case Cause::head_mismatch:
      return "the answer's head does not match /{detail}/";
    case Cause::head_match:
      return "the answer's head matches /{detail}/";
    case Cause::no_http_answer:
      return "no HTTP answer";
    case Cause::closed_without_answer:
      return "the connection was closed without an HTTP answer";
    case Cause::reset_without_answer:
      return "the connection was reset without an HTTP answer";
    case Cause::frame_unmasked:
    case Cause::frame_masked:
    case Cause::reserved_bits:
    case Cause::reserved_opcode:
    case Cause::length_not_shortest:
    case Cause::length_top_bit:
    case Cause::control_fragmented:
    case Cause::control_too_long:
    case Cause::continuation_without_start:
    case Cause::data_inside_fragmented:
    case Cause::output_not_utf8:
    case Cause::close_body_one_octet:
    case Cause::close_code_illegal:
    case Cause::close_reason_not_utf8:
    case Cause::close_reason_cut:
    case Cause::close_reason_too_long:
    case Cause::frame_after_close:
    case Cause::output_not_inflatable:
    case Cause::frame_cut_off:
    case Cause::message_too_long:
    case Cause::answer_not_http:
    case Cause::length_in_characters:
    case Cause::length_low_half_zero:
    case Cause::length_byte_swapped:
    case Cause::two_writers:
    case Cause::text_after_upgrade:
    case Cause::message_split:
      return "the server sent {text} ({section})";
    case Cause::other_close:
      return "the server closed: {close}";
    case Cause::own_limit:
      return "the server closed with {code}: its own limit";
    case Cause::processed_after_fault:
      return "the server acted on what came after the fault {text}";
    case Cause::processed_after_own_close:
      return "the server acted on what came after our Close {text}";
    case Cause::ended_without_close:
      return "the server ended the connection without a Close frame";
    case Cause::reset_without_close:
      return "the server reset the connection without a Close frame";
    case Cause::closed_too_early:
      return "closed too early: after {ms} ms, not before {limit} ms was allowed";
    case Cause::closed_too_late:
      return "closed too late: after {ms} ms";
    case Cause::answered_too_early:
      return "answered too early: after {ms} ms, not before {limit} ms was allowed";
    case Cause::answered_too_late:
      return "answered too late: after {ms} ms";
    case Cause::ended_too_early:
      return "TCP ended too early: after {ms} ms, not before {limit} ms was allowed";
    case Cause::ended_too_late:
      return "TCP ended too late: after {ms} ms";
    case Cause::too_few_messages:
      return "closed too early: after {count} messages, {total} are allowed";
    case Cause::too_many_messages:
      return "closed too late: after {count} messages, the limit is {total}";
    case Cause::close_reason_mismatch:
      return "the Close reason does not match /{detail}/";
    case Cause::close_reason_match:
      return "the Close reason matches /{detail}/";
    case Cause::only_after_release:
      return "only after the withheld octets were sent";
    case Cause::tcp_ended_late:
      return "TCP ended after {ms} ms";
    case Cause::tcp_reset:
      return "TCP was reset: what was still on its way may be lost";
    case Cause::tcp_ended_in_order:
      return "TCP ended in order";
    case Cause::no_close_notify:
      return "the stream ended without a close_notify";
    case Cause::close_but_no_end:
      return "the server sent its Close, but never ended the connection";
    case Cause::refused_but_no_end:
      return "the server refused the handshake, but left the connection open";
    case Cause::tcp_refused:
      return "TCP refused";
    case Cause::closed_inside_repeat:
      return "the server closed in the middle of the script";
    case Cause::fault_echoed:
      return "the server echoed it as if it were good";
    case Cause::faulty_ping_answered:
      return "the server answered the ping as if it were good";
    case Cause::answered_after_own_close:
      return "the server answered data that was sent after our Close";
    case Cause::fault_answered:
      return "the server answered it with a message, as if it were good";
    case Cause::other_octets_answered:
      return "the server answered with other octets than it was sent{difference}";
    case Cause::passed_on_repaired:
      return "the server passed it on with U+FFFD for the bad octets";
    case Cause::answered_and_open:
      return "the server answered and did not close";
    case Cause::open_and_alive:
      return "the server did not close and still answers pings";
    case Cause::silent:
      return "neither a Close nor any answer came";
    case Cause::waits_for_rest:
      return "the server went on waiting for the rest of the frame";
    case Cause::stopped_reading:
      return "the server stopped reading";
    case Cause::echo_differs:
    case Cause::echo_cut:
      return "the echo differs from what was sent{difference}";
    case Cause::not_answered:
      return "{count} of {total} messages answered";
    case Cause::not_answered_but_pings:
      return "{count} of {total} messages answered, though pings are";
    case Cause::no_reply:
      return "no reply to the profile's message";
    case Cause::no_reply_but_pings:
      return "no reply to the profile's message, though pings are answered";
    case Cause::no_pong_either:
      return "neither an echo nor a pong came";
    case Cause::no_answer_at_all:
      return "no answer, not even to a ping";
    case Cause::no_echo_here:
      return "the target does not echo";
    case Cause::answers_too_slow:
      return "slow: 99 of 100 answers took up to {ms} ms, {limit} ms are allowed";
    case Cause::close_overtook_echo:
      return "the Close overtook the echo";
    case Cause::answered_twice:
      return "{count} messages were answered more than once";
    case Cause::echoes_reordered:
      return "the echoes came in another order than the messages";
    case Cause::flood:
      return "the server floods: it sends far more than it was asked for";
    case Cause::no_pong:
      return "no pong for the last ping";
    case Cause::some_pings_unanswered:
      return "{count} of {total} pings were answered";
    case Cause::pongs_reordered:
      return "the pongs came in another order than the pings";
    case Cause::echo_before_pong:
      return "an echo came before the pong for a ping that was sent before it ended";
    case Cause::pong_answered:
      return "the server answered a pong (RFC 6455 5.5.3)";
    case Cause::ping_answered_twice:
      return "the server answered a ping more than once";
    case Cause::no_such_message:
      return "no such message came";
    case Cause::other_message_first:
      return "another message came first";
    case Cause::message_before_close:
      return "a message came first";
    case Cause::not_silent:
      return "something arrived where silence was expected";
    case Cause::not_so_many_connections:
      return "{count} of {total} connections: {text}";
    case Cause::died:
      return "{before}after this scenario {text}the server does not answer a fresh handshake";
    case Cause::stuck:
      return "{before}after this scenario {text}the server is stuck: a fresh connection is opened, "
             "but a message "
             "on "
             "it gets no answer";
    case Cause::died_for_a_while:
      return "{before}after this scenario the server does not answer a fresh handshake, for a "
             "while";
    case Cause::stuck_for_a_while:
      return "{before}after this scenario the server is stuck for a while: a fresh connection is "
             "opened, "
             "but a "
             "message on it gets no answer";
    case Cause::died_among_others:
      return "{before}while this and {count} other scenarios ran, the server stopped answering "
             "fresh "
             "handshakes";
    case Cause::stuck_among_others:
      return "{before}while this and {count} other scenarios ran, the server got stuck: a fresh "
             "connection "
             "is "
             "opened, but a message on it gets no answer";
    case Cause::control_failed:
      return "sanity check failed: valid {text} was not accepted{of}";
    case Cause::prologue_failed:
      return "the profile's prologue failed{step}{of}";
    case Cause::trigger_failed:
      return "the profile's {text} failed{of}";
    case Cause::nothing_to_capture:
      return "nothing to capture as '{text}' at {detail} in the server's message";
    case Cause::profile_value_missing:
      return "the profile's {text}";
    case Cause::scenario_problem:
      return "{text}";
    case Cause::server_down:
      return "the server is down";
    case Cause::out_of_time:
      return "out of time (--max-time)";
    case Cause::interrupted:
      return "interrupted";
    case Cause::deflate_declined:
      return "the server did not agree to the permessage-deflate that was offered";
    case Cause::parameters_declined:
      return "the server did not agree to what was offered: {or no extension}";
    case Cause::policy_not_declared:
      return "the target declares no {text}";
    case Cause::policy_declared:
      return "the target declares {text}";
    case Cause::trigger_not_declared:
      return "the target's profile has no {text}";
    case Cause::capability_missing:
      return "the target has no capability '{text}'";
    case Cause::source_address_out_of_reach:
      return "it connects from {text}, which reaches only a target on 127.0.0.0/8";
    case Cause::connections_promised:
      return "{text}";
    case Cause::not_run:
      return "not run (--fail-fast)";
  }
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
  if (name == "ms") return fmt::format("{:.0f}", fact.ms);
  if (name == "limit") return std::to_string(fact.limit_ms);
  if (name == "code") return std::to_string(fact.code);
  if (name == "status") return std::to_string(fact.status);
  if (name == "close")
    return fact.code == 1005 ? "a Close without a code" : fmt::format("Close {}", fact.code);
  if (name == "errno") return fact.error != 0 ? std::strerror(fact.error) : fact.text;
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
