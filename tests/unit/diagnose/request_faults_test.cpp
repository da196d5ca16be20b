// A handshake that should have been refused: the diagnosis names the one rule that it breaks.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "diagnose/diagnosis.h"

using namespace wsspec;
using wire::RequestFault;

namespace {

constexpr RequestFault kAll[] = {
#define WSSPEC_REQUEST_FAULT(id) RequestFault::id,
    WSSPEC_REQUEST_FAULTS(WSSPEC_REQUEST_FAULT)
#undef WSSPEC_REQUEST_FAULT
};

std::string diagnosis_of(RequestFault fault) {
  result::ScenarioResult result;
  result.verdict = result::Verdict::fail;
  result.cls = result::Class::accepted;
  result.fact = {.cause = result::Cause::handshake_accepted, .status = 101};
  scenario::Outcome wanted;
  wanted.kind = scenario::Outcome::Kind::http;
  result.expected = {wanted};
  result.own_request_fault = fault;
  return diagnose::diagnose(result);
}

}  // namespace

TEST_CASE("each rule of a handshake that was broken and taken has words of its own") {
  std::set<std::string> seen;
  for (const RequestFault fault : kAll) {
    CAPTURE(static_cast<int>(fault));
    const std::string words = diagnosis_of(fault);
    CHECK(seen.insert(words).second);
    if (fault == RequestFault::none) {
      // It breaks none: what was not checked is a policy.
      CHECK(words.find("(origin, token, version, headers)") != std::string::npos);
      continue;
    }
    CHECK(words.starts_with("The server accepted a handshake "));
    CHECK(words.find("against RFC ") != std::string::npos);
    CHECK(words.find("nswer ") != std::string::npos);
    CHECK(words.back() == '.');
    CHECK(words.size() < 400);
  }
  CHECK(
      diagnosis_of(RequestFault::http_version) ==
      "The server accepted a handshake in another HTTP version than HTTP/1.1, against RFC 6455 "
      "4.1: "
      "HTTP/1.0 knows no Upgrade, and a proxy that speaks it passes no frames. Answer 505 or 426.");
}
