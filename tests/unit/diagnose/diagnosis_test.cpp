// Every situation has its words. The texts stand in golden_diagnoses.txt, one a line, so that a
// change of wording is read as prose in a review; WSSPEC_UPDATE_GOLDEN=1 writes it anew.
#include "diagnose/diagnosis.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <utility>
#include <vector>

#include "text/escape.h"

using namespace wsspec;
using result::Class;
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

ScenarioResult failed(Class cls, Outcome wanted, int code = 0) {
  ScenarioResult out;
  out.spec = "RFC 6455 8.1";
  out.verdict = Verdict::fail;
  out.cls = cls;
  out.expected = {std::move(wanted)};
  if (code != 0) out.observed.code = code;
  return out;
}

ScenarioResult with_detail(ScenarioResult out, const char* detail) {
  out.observed.detail = detail;
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

ScenarioResult error(const char* because, int status = 0) {
  ScenarioResult out;
  out.because = because;
  if (status != 0) out.observed.http_status = status;
  return out;
}

std::vector<std::pair<std::string, ScenarioResult>> situations() {
  const Outcome accepted = outcome(Outcome::Kind::accepted);
  const Outcome open = outcome(Outcome::Kind::open_for);
  const Outcome echo = outcome(Outcome::Kind::echo);
  const Outcome private_or_1008 = closed({{1008, 1008}, {4000, 4999}});
  std::vector<std::pair<std::string, ScenarioResult>> out = {
      {"bad text accepted", failed(Class::accepted, closed(1007))},
      {"bad text repaired", failed(Class::repaired, closed(1007))},
      {"bad text, fail fast", with_detail(failed(Class::accepted, closed(1007)),
                                          "the server went on waiting for the rest of the frame")},
      {"bad text hung", failed(Class::hung, closed(1007))},
      {"bad text, end of stream", failed(Class::drop, closed(1007))},
      {"bad text, reset", with_detail(failed(Class::drop, closed(1007)),
                                      "the server reset the connection without a Close frame")},
      {"bad reason accepted", with_spec(failed(Class::accepted, closed(1007)), "RFC 6455 5.5.1")},
      {"bad reason echoed",
       with_spec(failed(Class::other_code, closed(1007), 1000), "RFC 6455 5.5.1")},
      {"corrupt deflate accepted", with_spec(failed(Class::accepted, closed(1007)), "RFC 7692")},
      {"corrupt deflate 1011",
       with_spec(failed(Class::other_code, closed(1007), 1011), "RFC 7692")},
      {"late", failed(Class::late, closed(1007), 1007)},
      {"processed", failed(Class::processed_after_fault, closed(1007), 1007)},
      {"died", failed(Class::died, closed(1007))},
      {"broken", with_detail(failed(Class::broken, closed(1007)),
                             "the server sent a masked frame (RFC 6455 5.1)")},
      {"limit 1009", failed(Class::limit, accepted, 1009)},
      {"limit 1008", failed(Class::limit, accepted, 1008)},
      {"policy accepted", failed(Class::accepted, policy("message_rate"))},
      {"policy 1008 accepted", failed(Class::accepted, closed(1008))},
      {"policy 4008", failed(Class::other_code, closed(1008), 4008)},
      {"policy 1013", with_reason(failed(Class::other_code, closed(1008), 1013), "slow down")},
      {"policy 1000", failed(Class::other_code, private_or_1008, 1000)},
      {"policy 1011", failed(Class::other_code, closed(1008), 1011)},
      {"policy drop", failed(Class::drop, closed(1008))},
      {"policy too early", with_detail(failed(Class::none, closed(1008), 1008),
                                       "closed too early: after 3 messages, 20 are allowed")},
      {"close too early",
       with_detail(failed(Class::none, closed(1000), 1000),
                   "closed too early: after 3 ms, not before 100 ms was allowed")},
      {"close too late",
       with_detail(failed(Class::none, closed(1007), 1007), "closed too late: after 3000 ms")},
      {"size accepted", failed(Class::accepted, closed(1009))},
      {"protocol accepted", with_spec(failed(Class::accepted, closed(1002)), "RFC 6455 5.2")},
      {"protocol 1007", with_spec(failed(Class::other_code, closed(1002), 1007), "RFC 6455 5.2")},
      {"valid text, 1007", with_reason(failed(Class::other_code, echo, 1007), "bad \x1b[2J arg")},
      {"valid text, 1003", failed(Class::other_code, echo, 1003)},
      {"valid text, 1009", failed(Class::other_code, echo, 1009)},
      {"valid text, full", with_detail(failed(Class::other_code, echo),
                                       "the opening handshake was refused with HTTP 503")},
      {"valid text, other echo", failed(Class::repaired, echo)},
      {"valid text, drop", failed(Class::drop, accepted)},
      {"valid text, hung",
       with_detail(failed(Class::hung, accepted), "0 of 1 messages answered, though pings are")},
      {"open, drop", failed(Class::drop, open)},
      {"http, other status", failed(Class::other_code, http(403))},
      {"http, accepted", failed(Class::accepted, http(401))},
      {"no rule", with_detail(failed(Class::none, open), "something arrived")},
      {"error 3xx", error("the opening handshake was refused with HTTP 301", 301)},
      {"error refused", error("cannot connect to 127.0.0.1:9: Connection refused")},
      {"error timeout", error("no connection within 3000 ms")},
      {"error silent", error("no answer to the opening handshake within 3000 ms")},
      {"error not http", error("the first line is not HTTP: \"SSH-2.0\"")},
      {"error tls", error("the first line is not HTTP: \"\\x15\\x03\" (looks like TLS)")},
      {"error plain port", error("no TLS with 127.0.0.1:9: the server does not speak TLS: it "
                                 "answered with plain text 'HTTP/1.1 400 Bad Request'")},
      {"error expired", error("no TLS with 127.0.0.1:9: the server's certificate expired on "
                              "2024-01-02 03:04:05 UTC")},
      {"error other host", error("no TLS with 127.0.0.1:9: the server's certificate is for "
                                 "'a.example', not for 'b.example'")},
      {"error self-signed",
       error("no TLS with 127.0.0.1:9: the server's certificate is self-signed (by 'x')")},
      {"error client certificate",
       error("no TLS with 127.0.0.1:9: the server ended TLS with the alert 'certificate required' "
             "(116): it asked for a client certificate and got none")},
      {"error TLS stalled", error("no end of the TLS handshake within 3000 ms")},
      {"error TLS hangup",
       error("the TLS connection was closed before the handshake was answered")},
      {"error hangup", error("the connection was closed before the handshake was answered")},
      {"error accept", error("there is no Sec-WebSocket-Accept header")},
      {"error control", error("the control failed, valid text is not accepted: Close 1003")},
      {"error unknown", error("something new")},
  };
  for (const int code : {1000, 1002, 1003, 1005, 1008, 1009, 1011, 4000})
    out.emplace_back("bad text, " + std::to_string(code),
                     failed(Class::other_code, closed(1007), code));
  for (const int status : {200, 400, 401, 403, 404, 426, 429, 500, 502, 503, 505, 418})
    out.emplace_back(
        "error " + std::to_string(status),
        error(("the opening handshake was refused with HTTP " + std::to_string(status)).c_str(),
              status));
  out.back().second.observed.http_status = 418;
  ScenarioResult other = failed(Class::other_code, http(403));
  other.observed.http_status = 401;
  out.emplace_back("http, 401 for 403", other);
  ScenarioResult idle = failed(Class::drop, open);
  idle.observed.eof_ms = 60200;
  out.emplace_back("open, 60 s", idle);
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

constexpr Class kClasses[] = {Class::none,   Class::exact,      Class::late,
                              Class::drop,   Class::repaired,   Class::accepted,
                              Class::limit,  Class::hung,       Class::died,
                              Class::broken, Class::other_code, Class::processed_after_fault};

}  // namespace

TEST_CASE("each situation gets its golden text") {
  const std::string path = std::string(SOURCE_DIR) + "/tests/unit/diagnose/golden_diagnoses.txt";
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
        for (const char* spec : {"RFC 6455 8.1", "RFC 6455 5.5.1", "RFC 7692 7.2.2"}) {
          const auto words = diagnose::diagnose(with_spec(failed(cls, wanted, code), spec));
          CAPTURE(words);
          CHECK(words.size() > 20);
          CHECK(words.size() <= 240);
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
    result.observed.reason = result.observed.detail = result.because = octets;
    result.spec = octets;
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
