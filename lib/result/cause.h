// What was found, as a fact: a Cause and its data. Facts are made where something is known (a frame
// decoder, a socket, the judge) and turned into words in one place (diagnose/). Nothing in between
// reads a sentence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/message.h"

namespace wsspec::result {

// clang-format off
#define WSSPEC_CAUSES(X)                                                                          \
  X(none)                                                                                         \
  /* No connection. Fact::error is the errno where there is one. */                               \
  X(connect_refused) X(connect_unreachable) X(connect_denied) X(no_such_socket)                   \
  X(connect_failed) X(host_not_resolved) X(connect_timeout) X(out_of_descriptors) X(no_source_address)                 \
  /* --start. Fact::detail is the address. */                                                      \
  X(start_failed) X(start_ended) X(start_timeout) X(start_port_taken)                             \
  /* Fact::detail is "the proxy ADDRESS". */                                                       \
  X(proxy_failed) X(proxy_silent)                                                                 \
  /* No TLS. Fact::text is the particular of it. */                                               \
  X(certificate_expired) X(certificate_wrong_name) X(certificate_self_signed)                     \
  X(certificate_untrusted) X(certificate_not_accepted) X(client_certificate_wanted) X(not_tls)    \
  X(tls_alert) X(tls_protocol) X(tls_cut) X(tls_timeout) X(alpn_other_protocol) X(tls_failed_later) \
  /* The opening handshake: no answer, or one that is no HTTP. */                                 \
  X(handshake_timeout) X(head_unfinished) X(interim_answers_alone) X(ended_before_answer) X(tls_ended_before_answer) X(tls_port)             \
  X(not_http) X(malformed_head) X(too_many_interim_answers)                                                   \
  /* A 101 that a client must not take (RFC 6455 4.1). */                                         \
  X(upgrade_version) X(upgrade_header) X(connection_header) X(accept_header)                      \
  X(deflate_parameter_left_out) X(extension_not_offered) X(subprotocol_not_offered) X(extension_malformed) X(deflate_answer)    \
  /* Another answer than was expected. */                                                         \
  X(handshake_refused) X(handshake_accepted) X(other_status) X(header_mismatch) X(header_match)   \
  X(header_present) X(no_interim_answer) X(head_mismatch) X(head_match) X(no_http_answer)         \
  X(another_answer)                                                                               \
  X(closed_without_answer) X(reset_without_answer)                                                \
  /* The server's own octets break a rule: one cause for each wire::ViolationKind. */             \
  X(frame_unmasked) X(frame_masked) X(reserved_bits) X(reserved_opcode) X(length_not_shortest)    \
  X(length_top_bit) X(control_fragmented) X(control_too_long) X(continuation_without_start)       \
  X(data_inside_fragmented) X(output_not_utf8) X(close_body_one_octet) X(close_code_illegal)      \
  X(close_reason_not_utf8) X(frame_after_close) X(output_not_inflatable) X(frame_cut_off)         \
  X(message_too_long) X(answer_not_http)                                                          \
  /* What such octets show, where more than the rule is known. */                                 \
  X(length_in_characters) X(length_low_half_zero) X(length_byte_swapped) X(two_writers)           \
  X(close_code_swapped) X(close_code_left_out) X(close_twice)                                     \
  X(text_after_upgrade) X(close_reason_cut) X(close_reason_too_long) X(message_split)             \
  /* Close and end. */                                                                            \
  X(other_close) X(code_too_generic) X(code_not_listed) X(own_limit) X(processed_after_fault) X(processed_after_own_close)               \
  X(ended_without_close) X(reset_without_close) X(closed_too_early) X(closed_too_late)            \
  X(answered_too_early) X(answered_too_late) X(ended_too_early) X(ended_too_late)                 \
  X(served_after_breach) X(served_in_part) X(close_lost_to_reset) X(reset_after_close)            \
  X(too_few_messages) X(too_many_messages) X(close_reason_mismatch) X(close_reason_match)         \
  X(only_after_release) X(tcp_ended_late) X(tcp_reset) X(tcp_ended_in_order) X(no_close_notify)   \
  X(close_but_no_end) X(refused_but_no_end) X(tcp_refused) X(closed_inside_repeat)                \
  /* No Close where one was due. */                                                               \
  X(fault_echoed) X(faulty_ping_answered) X(answered_after_own_close) X(fault_answered)           \
  X(other_octets_answered) X(passed_on_repaired) X(answered_and_open) X(open_and_alive)           \
  X(silent) X(waits_for_rest) X(stopped_reading)                                                  \
  /* Answers. */                                                                                  \
  X(echo_differs) X(echo_cut) X(not_answered) X(not_answered_but_pings) X(no_reply)               \
  X(no_reply_but_pings) X(no_pong_either) X(no_answer_at_all) X(no_echo_here) X(answers_too_slow)                     \
  X(close_overtook_echo) X(slots_leaked) X(slots_leaked_in_run) X(unsolicited_messages) X(answered_twice) X(echoes_reordered) X(flood) X(no_pong)                \
  X(some_pings_unanswered) X(pongs_reordered) X(echo_before_pong) X(pong_answered)                \
  X(ping_answered_twice) X(no_such_message) X(no_message_fits) X(other_message_first) X(message_before_close)        \
  X(not_silent) X(not_so_many_connections)                                                        \
  /* What `probe` finds. */                                                                       \
  X(redirected) X(address_dead) X(certificate_expires_soon) X(answered_in_http10) X(idle_cut)     \
  X(closed_unasked) X(close_not_answered) X(tcp_left_open) X(extensions_declined)                 \
  /* The server as a whole. */                                                                    \
  X(died) X(stuck) X(died_for_a_while) X(stuck_for_a_while) X(died_at_last_read)                  \
  X(stuck_at_last_read) X(died_together) X(stuck_together)                                        \
  /* Not judged. */                                                                               \
  X(control_failed) X(prologue_failed) X(trigger_failed) X(nothing_to_capture)                    \
  X(profile_value_missing) X(scenario_problem) X(out_of_time) X(interrupted)                      \
  X(deflate_declined) X(parameters_declined) X(died_among_others) X(stuck_among_others)           \
  X(died_not_repeated) X(no_new_connections)                                                      \
  /* Ours (see is_own); with out_of_descriptors and no_source_address. */                         \
  X(out_of_memory) X(own_lag) X(not_set_up)                                                       \
  /* Skipped. */                                                                                  \
  X(policy_not_declared) X(policy_declared) X(trigger_not_declared) X(capability_missing)         \
  X(no_such_token)                                                                                \
  /* Through a proxy. */                                                                          \
  X(otherwise_directly) X(not_judged_directly)                                                    \
  X(capability_present) X(source_address_out_of_reach) X(connections_promised)                    \
  X(message_above_promise) X(frame_above_promise) X(fragments_above_promise)                      \
  X(burst_above_promise) X(waits_above_promise) X(life_above_promise) X(subprotocol_promised)     \
  X(carrier_cannot_wrap) X(login_too_late) X(not_run) X(slots_gone) X(server_down)                \
  X(target_unreachable)
// clang-format on

enum class Cause : std::uint8_t {
#define WSSPEC_CAUSE(id) id,
  WSSPEC_CAUSES(WSSPEC_CAUSE)
#undef WSSPEC_CAUSE
};

/// As in the JSON report: "fault-echoed"; nullptr for none.
const char* cause_name(Cause cause);
/// How many there are, `none` included.
extern const int kCauses;

Cause cause_of(wire::ViolationKind kind);
/// Of a connect() that failed with this errno.
Cause cause_of_errno(int error);

/// A cause and what differs from one time to the next. Fields that a cause does not use are 0.
struct Fact {
  Cause cause = Cause::none;
  /// The particular of it, raw where the server chose it: a header's name, a wire clause ("a masked
  /// frame"), a TLS reason, the name of a policy.
  std::string text{};
  std::string detail{};   ///< a second particular: an address, the expression that was searched for
  std::string section{};  ///< where the broken rule stands: "RFC 6455 5.1"
  std::uint64_t count = 0, total = 0;
  double ms = 0;
  int limit_ms = 0;
  int code = 0;    ///< of a Close; 1005 = none
  int status = 0;  ///< HTTP
  int error = 0;   ///< errno
  /// Of echoes that differ: the first octet that does, and both lengths. `known` is false where the
  /// octets are no longer at hand.
  std::vector<Fact> of{};  ///< what it came from: the step of a prologue that failed, and why
  struct Difference {
    bool known = false;
    std::uint64_t at = 0, sent = 0, got = 0;
  } difference{};
};

/// It is this machine's or our own, and says nothing of the server: no descriptors, addresses or
/// memory left, or our loop was late. So does what came of it.
bool is_own(const Fact& fact);

inline Fact fact(Cause cause) {
  return {.cause = cause};
}
inline Fact fact(Cause cause, std::string text) {
  return {.cause = cause, .text = std::move(text)};
}
/// What the other side sent breaks a rule.
Fact fact_of(const wire::Violation& violation);

}  // namespace wsspec::result
