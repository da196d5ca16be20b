// Every situation has its words. The texts stand in golden_diagnoses.txt, one a line, so that a
// change of wording is read as prose in a review; WSSPEC_UPDATE_GOLDEN=1 writes it anew.
#include "diagnose/diagnosis.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <utility>
#include <vector>

#include "source_dir.h"
#include "text/escape.h"

using namespace wsspec;
using result::Cause;
using result::Class;
using result::Fact;
using result::ScenarioResult;
using result::Verdict;
using scenario::Outcome;

namespace {

Outcome outcome(Outcome::Kind kind) {
  Outcome out;
  out.kind = kind;
  return out;
}

Outcome closed(std::vector<scenario::CodeRange> ranges) {
  Outcome out = outcome(Outcome::Kind::close);
  out.codes.ranges = std::move(ranges);
  return out;
}
Outcome closed(int code) {
  return closed({{code, code}});
}

Outcome http(int status) {
  Outcome out = outcome(Outcome::Kind::http);
  out.http.statuses = {status};
  return out;
}

Outcome policy(const char* key) {
  Outcome out = outcome(Outcome::Kind::by_policy);
  out.policy_key = key;
  return out;
}

ScenarioResult failed(Class cls, Outcome wanted, int code = 0, Fact fact = {}) {
  ScenarioResult out;
  out.spec = "RFC 6455 8.1";
  out.verdict = Verdict::fail;
  out.cls = cls;
  out.fact = std::move(fact);
  out.expected = {std::move(wanted)};
  out.own_fault = wire::ViolationKind::text_not_utf8;
  if (code != 0) {
    out.observed.code = code;
    if (out.fact.cause == Cause::none) out.fact = {.cause = Cause::other_close, .code = code};
  }
  return out;
}
ScenarioResult failed(Class cls, Outcome wanted, Cause cause) {
  return failed(cls, std::move(wanted), 0, result::fact(cause));
}

/// What we sent breaks this rule, or none.
ScenarioResult sent(ScenarioResult out, std::optional<wire::ViolationKind> own_fault) {
  out.own_fault = own_fault;
  return out;
}
ScenarioResult with_spec(ScenarioResult out, const char* spec) {
  out.spec = spec;
  return out;
}
ScenarioResult with_reason(ScenarioResult out, const char* reason) {
  out.observed.reason = reason;
  return out;
}

ScenarioResult error(Fact fact) {
  ScenarioResult out;
  out.fact = std::move(fact);
  return out;
}
Fact tls(Cause cause, const char* text) {
  return {.cause = cause, .text = text, .detail = "127.0.0.1:9"};
}
Fact violation(wire::ViolationKind kind, const char* what, const char* section,
               bool truncated = false) {
  wire::Violation out;
  out.kind = kind;
  out.what = what;
  out.section = section;
  out.truncated = truncated;
  return result::fact_of(out);
}

std::vector<std::pair<std::string, ScenarioResult>> taken_or_dropped() {
  using Kind = wire::ViolationKind;
  const Outcome accepted = outcome(Outcome::Kind::accepted);
  const Outcome open = outcome(Outcome::Kind::open_for);
  const Outcome echo = outcome(Outcome::Kind::echo);
  ScenarioResult soon = failed(Class::drop, open, Cause::ended_without_close);
  soon.observed.eof_ms = 3;
  ScenarioResult idle = failed(Class::drop, open, Cause::ended_without_close);
  idle.observed.eof_ms = 60200;
  return {
      {"bad text accepted", failed(Class::accepted, closed(1007), Cause::fault_echoed)},
      {"bad text repaired", failed(Class::repaired, closed(1007), Cause::other_octets_answered)},
      {"bad text, fail fast", failed(Class::accepted, closed(1007), Cause::waits_for_rest)},
      {"bad text hung", failed(Class::hung, closed(1007), Cause::silent)},
      {"bad text, end of stream", failed(Class::drop, closed(1007), Cause::ended_without_close)},
      {"bad text, reset", failed(Class::drop, closed(1007), Cause::reset_without_close)},
      {"bad text in a scenario of RFC 7692",
       with_spec(failed(Class::accepted, closed(1007), Cause::fault_echoed), "RFC 7692 7.2.2")},
      {"bad reason accepted", sent(failed(Class::accepted, closed(1007), Cause::open_and_alive),
                                   Kind::close_reason_not_utf8)},
      {"bad reason echoed",
       sent(failed(Class::other_code, closed(1007), 1000), Kind::close_reason_not_utf8)},
      {"corrupt deflate accepted",
       sent(failed(Class::accepted, closed(1007), Cause::fault_echoed), Kind::deflate_data)},
      {"corrupt deflate 1011",
       sent(failed(Class::other_code, closed(1007), 1011), Kind::deflate_data)},
      {"late", failed(Class::late, closed(1007), 1007, result::fact(Cause::only_after_release))},
      {"processed", failed(Class::processed_after_fault, closed(1007), 1007,
                           result::fact(Cause::processed_after_fault, "before it closed"))},
      {"died", failed(Class::died, closed(1007), Cause::died)},
      {"stuck", failed(Class::hung, closed(1007), Cause::stuck)},
      {"limit 1009",
       failed(Class::limit, accepted, 1009, {.cause = Cause::own_limit, .code = 1009})},
      {"limit 1008",
       failed(Class::limit, accepted, 1008, {.cause = Cause::own_limit, .code = 1008})},
      {"policy accepted", failed(Class::accepted, policy("message_rate"), Cause::open_and_alive)},
      {"policy 1008 accepted", failed(Class::accepted, closed(1008), Cause::open_and_alive)},
      {"policy drop", failed(Class::drop, closed(1008), Cause::ended_without_close)},
      {"size accepted", failed(Class::accepted, closed(1009), Cause::fault_echoed)},
      {"protocol accepted",
       with_spec(failed(Class::accepted, closed(1002), Cause::open_and_alive), "RFC 6455 5.2")},
      {"valid text, other echo",
       sent(failed(Class::repaired, echo, 0,
                   {.cause = Cause::echo_differs,
                    .difference = {.known = true, .at = 65535, .sent = 65536, .got = 65535}}),
            std::nullopt)},
      {"valid text, drop", failed(Class::drop, accepted, Cause::ended_without_close)},
      {"valid text, hung",
       failed(Class::hung, accepted, 0, {.cause = Cause::not_answered_but_pings, .total = 1})},
      {"answered twice",
       failed(Class::repaired, echo, 0, {.cause = Cause::answered_twice, .count = 1})},
      {"slots leaked",
       failed(Class::leaks, accepted, 0,
              {.cause = Cause::slots_leaked, .detail = "refused with HTTP 503", .count = 61})},
      {"pong answered", failed(Class::repaired, echo, Cause::pong_answered)},
      {"ping answered twice", failed(Class::repaired, echo, Cause::ping_answered_twice)},
      {"echoes reordered", failed(Class::repaired, echo, Cause::echoes_reordered)},
      {"messages of its own",
       failed(Class::repaired, echo, 0, {.cause = Cause::unsolicited_messages, .count = 2})},
      {"flood", failed(Class::repaired, echo, Cause::flood)},
      {"open, drop at once", soon},
      {"open, 60 s", idle},
      {"http, accepted",
       failed(Class::accepted, http(401), 0, {.cause = Cause::handshake_accepted, .status = 101})},
      {"no rule", failed(Class::none, open, Cause::not_silent)},
  };
}

std::vector<std::pair<std::string, ScenarioResult>> broken() {
  using Kind = wire::ViolationKind;
  std::vector<std::pair<std::string, Fact>> facts = {
      {"masked", violation(Kind::masked, "a masked frame", "RFC 6455 5.1")},
      {"not UTF-8", violation(Kind::text_not_utf8, "text with 0xFF", "RFC 6455 8.1")},
      {"Close 1015", violation(Kind::close_code_invalid, "Close 1015", "RFC 6455 7.4.1")},
      {"Close 1016", violation(Kind::close_code_invalid, "Close 1016", "RFC 6455 7.4.2")},
      {"reason cut", violation(Kind::close_reason_not_utf8,
                               "a Close reason that ends inside a "
                               "character",
                               "RFC 6455 5.5.1", true)},
      {"reason in Latin-1",
       violation(Kind::close_reason_not_utf8, "a Close reason with 0xE9", "RFC 6455 5.5.1")},
      {"no HTTP", violation(Kind::http_answer, "an answer without a length", "RFC 9112 6.3")},
      {"Accept",
       {.cause = Cause::accept_header,
        .text = "there is no Sec-WebSocket-Accept header",
        .section = "RFC 6455 4.1"}},
      {"parameter left out",
       {.cause = Cause::deflate_parameter_left_out,
        .text = "the answer to permessage-deflate leaves out server_no_context_takeover, which was "
                "offered",
        .section = "RFC 7692 7.1.1.1"}},
      {"extension",
       {.cause = Cause::extension_not_offered,
        .text = "the extension \"x\" was not offered",
        .section = "RFC 6455 4.1"}},
  };
  std::vector<std::pair<std::string, ScenarioResult>> out;
  for (auto& [name, fact] : facts)
    out.emplace_back("broken, " + name, failed(Class::broken, closed(1007), 0, std::move(fact)));
  return out;
}

std::vector<std::pair<std::string, ScenarioResult>> refused() {
  const Outcome echo = outcome(Outcome::Kind::echo);
  const Outcome accepted = outcome(Outcome::Kind::accepted);
  const Outcome private_or_1008 = closed({{1008, 1008}, {4000, 4999}});
  std::vector<std::pair<std::string, ScenarioResult>> out = {
      {"policy 4008", failed(Class::other_code, closed(1008), 4008)},
      {"policy 1013", with_reason(failed(Class::other_code, closed(1008), 1013), "slow down")},
      {"policy 1000", failed(Class::other_code, private_or_1008, 1000)},
      {"policy 1011", failed(Class::other_code, closed(1008), 1011)},
      {"policy, a code that says too little",
       failed(Class::other_code, policy("text_only"), 1008,
              {.cause = Cause::code_too_generic, .code = 1008})},
      {"policy, a code that the profile does not list",
       failed(Class::other_code, policy("message_rate"), 4029,
              {.cause = Cause::code_not_listed, .code = 4029})},
      {"policy 1007", failed(Class::other_code, policy("text_only"), 1007)},
      {"policy 1002", failed(Class::other_code, policy("forbidden"), 1002)},
      {"policy served, then closed", failed(Class::processed_after_fault, policy("forbidden"), 1008,
                                            {.cause = Cause::served_after_breach, .count = 1})},
      {"policy silent", failed(Class::hung, policy("token"), Cause::silent)},
      {"policy too many served",
       failed(Class::none, policy("message_rate"), 1008,
              {.cause = Cause::too_many_messages, .count = 40, .total = 20})},
      {"policy too early", failed(Class::none, closed(1008), 1008,
                                  {.cause = Cause::too_few_messages, .count = 3, .total = 20})},
      {"close too early", failed(Class::none, closed(1000), 1000,
                                 {.cause = Cause::closed_too_early, .ms = 3, .limit_ms = 100})},
      {"close too late", failed(Class::none, closed(1007), 1007,
                                {.cause = Cause::closed_too_late, .ms = 3000, .limit_ms = 1000})},
      {"protocol 1007", with_spec(failed(Class::other_code, closed(1002), 1007), "RFC 6455 5.2")},
      {"valid text, 1007",
       sent(with_reason(failed(Class::other_code, echo, 1007), "bad \x1b[2J arg"), std::nullopt)},
      {"gzip as text where acceptance is expected, 1007",
       failed(Class::other_code, accepted, 1007)},
      {"valid text, 1003", failed(Class::other_code, echo, 1003)},
      {"valid text, 1009", failed(Class::other_code, echo, 1009)},
      {"valid text, full",
       failed(Class::other_code, echo, 0, {.cause = Cause::handshake_refused, .status = 503})},
      {"valid text, FastAPI",
       failed(Class::other_code, echo, 0, {.cause = Cause::handshake_refused, .status = 403})},
      {"http, 401 for 403",
       failed(Class::other_code, http(403), 0, {.cause = Cause::other_status, .status = 401})},
      {"http, 418 for 403",
       failed(Class::other_code, http(403), 0, {.cause = Cause::other_status, .status = 418})},
      {"http, header", failed(Class::other_code, http(403), 0,
                              {.cause = Cause::header_mismatch, .text = "Allow", .detail = "GET"})},
  };
  for (const int code : {1000, 1002, 1003, 1005, 1008, 1009, 1011, 4000})
    out.emplace_back("bad text, " + std::to_string(code),
                     failed(Class::other_code, closed(1007), code));
  return out;
}

std::vector<std::pair<std::string, ScenarioResult>> not_judged() {
  std::vector<std::pair<std::string, ScenarioResult>> out = {
      {"error refused",
       error({.cause = Cause::connect_refused, .detail = "127.0.0.1:9", .error = ECONNREFUSED})},
      {"error timeout", error({.cause = Cause::connect_timeout, .limit_ms = 3000})},
      {"error silent", error({.cause = Cause::handshake_timeout, .limit_ms = 3000})},
      {"error not http",
       error({.cause = Cause::not_http, .text = "the first line is not HTTP: \"SSH-2.0\""})},
      {"error tls", error(result::fact(Cause::tls_port))},
      {"error plain port", error(tls(Cause::not_tls,
                                     "the server does not speak TLS: it answered with plain text "
                                     "'HTTP/1.1 400 Bad Request'"))},
      {"error expired", error(tls(Cause::certificate_expired,
                                  "the server's certificate expired on 2024-01-02 03:04:05 UTC"))},
      {"error other host", error(tls(Cause::certificate_wrong_name,
                                     "the server's certificate is for 'a.example', not for "
                                     "'b.example'"))},
      {"error self-signed", error(tls(Cause::certificate_self_signed,
                                      "the server's certificate is self-signed (by 'x')"))},
      {"error client certificate",
       error(tls(Cause::client_certificate_wanted,
                 "the server ended TLS with the alert 'certificate required' (116): it asked for a "
                 "client certificate and got none"))},
      {"error head unfinished",
       error({.cause = Cause::head_unfinished, .count = 17, .limit_ms = 3000})},
      {"error interim answers", error({.cause = Cause::interim_answers_alone, .limit_ms = 3000})},
      {"error TLS later", error(tls(Cause::tls_failed_later, "a record does not decrypt"))},
      {"error TLS stalled", error({.cause = Cause::tls_timeout, .limit_ms = 3000})},
      {"error TLS hangup", error(result::fact(Cause::tls_ended_before_answer, "closed"))},
      {"error hangup", error(result::fact(Cause::ended_before_answer, "closed"))},
      {"error accept", error({.cause = Cause::accept_header,
                              .text = "there is no Sec-WebSocket-Accept header",
                              .section = "RFC 6455 4.1"})},
      {"error control", error({.cause = Cause::control_failed,
                               .text = "text",
                               .of = {{.cause = Cause::other_close, .code = 1003}}})},
      {"error prologue", error({.cause = Cause::prologue_failed,
                                .text = "{\"expect\":\"message\"}",
                                .count = 2,
                                .of = {result::fact(Cause::no_such_message)}})},
      {"error down", error({.cause = Cause::died_among_others, .count = 15})},
      {"error not repeated", error({.cause = Cause::died_not_repeated, .count = 15})},
      {"error no new ones", error({.cause = Cause::no_new_connections, .count = 61, .total = 300})},
  };
  for (const int status : {200, 301, 400, 401, 403, 404, 426, 429, 500, 502, 503, 505, 418})
    out.emplace_back("error " + std::to_string(status),
                     error({.cause = Cause::handshake_refused, .status = status}));
  return out;
}

std::vector<std::pair<std::string, ScenarioResult>> situations() {
  auto out = taken_or_dropped();
  for (auto& more : {broken(), refused(), not_judged()})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

bool harmless(const std::string& text) {
  for (std::string_view rest = text; !rest.empty();) {
    const auto c = text::first_character(rest);
    if (!c.well_formed || c.code < 0x20 || (c.code >= 0x7f && c.code <= 0x9f)) return false;
    if (c.code >= 0x2028 && c.code <= 0x202e) return false;
    rest.remove_prefix(c.size);
  }
  return true;
}

constexpr Class kClasses[] = {Class::none,
                              Class::exact,
                              Class::late,
                              Class::drop,
                              Class::repaired,
                              Class::accepted,
                              Class::limit,
                              Class::hung,
                              Class::died,
                              Class::leaks,
                              Class::broken,
                              Class::other_code,
                              Class::processed_after_fault};

}  // namespace

TEST_CASE("each situation gets its golden text") {
  const std::string path = source_dir() + "/tests/unit/diagnose/golden_diagnoses.txt";
  std::ostringstream now;
  for (const auto& [name, result] : situations())
    now << name << ": " << diagnose::diagnose(result) << '\n';
  if (std::getenv("WSSPEC_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << now.str();
    return;
  }
  std::ifstream file(path);
  REQUIRE(file.good());
  std::istringstream lines(now.str());
  std::string golden, line;
  while (std::getline(lines, line)) {
    REQUIRE(std::getline(file, golden));
    CHECK(line == golden);
  }
  CHECK_FALSE(std::getline(file, golden));
}

TEST_CASE("a plain pass needs no words") {
  ScenarioResult pass = failed(Class::exact, closed(1007), 1007);
  pass.verdict = Verdict::pass;
  CHECK(diagnose::diagnose(pass).empty());
}

TEST_CASE("every class, want and code has words of one bounded line") {
  const Outcome wants[] = {closed(1007),
                           closed(1008),
                           closed(1009),
                           closed(1003),
                           closed(1002),
                           closed({{4000, 4999}}),
                           policy("connections"),
                           http(403),
                           outcome(Outcome::Kind::accepted),
                           outcome(Outcome::Kind::drop),
                           outcome(Outcome::Kind::open_for),
                           outcome(Outcome::Kind::any_of)};
  for (const Class cls : kClasses)
    for (const Outcome& wanted : wants)
      for (const int code : {0, 1000, 1002, 1003, 1005, 1007, 1008, 1009, 1011, 1013, 4008})
        for (const auto own :
             {wire::ViolationKind::text_not_utf8, wire::ViolationKind::close_reason_not_utf8,
              wire::ViolationKind::deflate_data}) {
          const auto words = diagnose::diagnose(sent(failed(cls, wanted, code), own));
          CAPTURE(words);
          CHECK(words.size() > 20);
          CHECK(words.size() <= 280);
          CHECK(words.find('{') == std::string::npos);
        }
}

TEST_CASE("nothing of a server reaches the line raw") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string octets;
    for (auto n = random() % 80; n > 0; --n) octets += static_cast<char>(random() & 0xff);
    auto result = failed(kClasses[random() % std::size(kClasses)],
                         random() % 2 == 0 ? outcome(Outcome::Kind::accepted) : closed(1008), 1007);
    result.observed.reason = result.because = octets;
    result.spec = octets;
    result.fact.cause = static_cast<Cause>(random() % static_cast<unsigned>(result::kCauses));
    result.fact.text = result.fact.detail = octets;
    result.verdict = static_cast<Verdict>(random() % 5);
    const std::string words = diagnose::diagnose(result);
    CAPTURE(words);
    REQUIRE(harmless(words));
  }
}

TEST_CASE("complete() explains the fault, and names binary data that was taken") {
  auto result = failed(Class::accepted, closed(1007));
  result.fault.present = true;
  result.fault.octets = {0x1f, 0x8b, 0x08, 0x00, 0x00};
  result.fault.mark = 1;
  diagnose::complete(result);
  CHECK(result.fault.why == "0x8B is a continuation octet without a beginning");
  CHECK(result.diagnosis.ends_with("(The data looks like a gzip stream.)"));
  CHECK(result.diagnosis == diagnose::diagnose(result));
}
