// The pieces that reports are made of.
#include <doctest/doctest.h>

#include "report/text.h"
#include "samples.h"
#include "screen.h"
#include "text/escape.h"

using namespace wsspec;
using namespace wsspec::report;

TEST_CASE("text: what was observed") {
  Result result;
  result.verdict = result::Verdict::fail;
  Observed& seen = result.observed;
  CHECK(observed_text(result) == "no Close, the connection stays open");
  seen.sent = 1;
  CHECK(observed_text(result) == "no Close, the connection stays open; 0 of 1 message answered");
  seen.answered = 1;
  seen.evidence = result::Evidence::ping;
  const std::string open = "no Close, the connection stays open; 1 of 1 message answered";
  CHECK(observed_text(result) == open + " (only evidence: a pong)");
  seen.evidence = result::Evidence::message;
  CHECK(observed_text(result) == open + " (evidence: the reply to the profile's message)");
  seen.evidence = result::Evidence::silence;
  CHECK(observed_text(result) == open + " (only evidence: the connection stayed open)");
  seen = {};
  seen.end = result::End::reset;
  seen.eof_ms = 1500;
  CHECK(observed_text(result) == "connection reset without a Close after 1.50 s");
  seen = {};
  seen.http_status = 403;
  CHECK(observed_text(result) == "HTTP 403");
  seen = {};
  seen.code = 1005;
  CHECK(observed_text(result) == "Close without a code by server, TCP left open");
  seen.code = 1008;
  seen.closer = result::Closer::server;
  seen.reason = samples::text("slow down");
  seen.close_ms = 340.4;
  seen.end = result::End::reset;
  seen.sent = 40;
  seen.answered = 20;
  seen.detail = samples::text("reset by peer");
  CHECK(observed_text(result) ==
        "Close 1008 (policy violation) \"slow down\" by server after 340 ms, then a reset; "
        "20 of 40 messages answered; reset by peer");
}

TEST_CASE("text: where nothing was connected, nothing was observed but the detail") {
  Result result = samples::error("utf8/a");
  CHECK(observed_text(result) == "HTTP 503");
  result.observed = {};
  CHECK(observed_text(result).empty());
  result.observed.detail = samples::text("connection refused");
  CHECK(observed_text(result) == "connection refused");
  result.observed.sent = 1;
  CHECK(observed_text(result).starts_with("no Close, the connection stays open; 0 of 1 message"));
}

TEST_CASE("text: the caret stands under the proving octet, in whichever row") {
  FaultExcerpt fault;
  CHECK(excerpt_lines(fault).empty());
  fault.present = true;
  fault.octets.assign(33, 0x41);
  fault.offset = 100;
  for (std::size_t mark = 0; mark <= 33; ++mark) {
    fault.mark = mark;
    fault.at = 100 + mark;
    fault.truncated = mark == 33;
    const std::vector<std::string> lines = excerpt_lines(fault);
    REQUIRE(lines.size() == 4);
    const std::size_t row = mark / 16;
    CHECK(lines[row].starts_with("   " + std::to_string(100 + row * 16)));
    CHECK(lines[row + 1].find('^') == 8 + (mark - row * 16) * 3);
  }
  fault.octets.assign(16, 0x41);
  fault.mark = 16;
  fault.truncated = true;
  CHECK(excerpt_lines(fault).back().find('^') == 8 + 16 * 3);
}

TEST_CASE("text: a name that a shell would take apart is quoted") {
  CHECK(shell_word("utf8/valid-split-1") == "utf8/valid-split-1");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
}
