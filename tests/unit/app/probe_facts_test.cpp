// A probe's facts as figures, an exit code, and metrics.
#include "app/probe_facts.h"

#include <doctest/doctest.h>

#include "app/options.h"
#include "app/probe_text.h"

using namespace wsspec;
using result::Cause;

namespace {

ProbeFacts sample() {
  ProbeFacts facts;
  facts.url = "wss://a.example/x\"y?token=sesame-open-1";
  facts.started = 1'800'000'000;
  facts.opened = true;
  facts.dns_ms = 1.5;
  facts.pongs = {5, 1, 3, 2, 4};
  facts.close_code = 1000;
  facts.chain = {{"CN=a", "CN=b", {}, 1'700'000'000, 1'800'000'000 + 3 * 86'400 + 5}};
  return facts;
}

}  // namespace

TEST_CASE("round trips: the fastest, the median, the slowest") {
  const ProbeFacts facts = sample();
  CHECK(facts.ping(0) == 1);
  CHECK(facts.ping(0.5) == 3);
  CHECK(facts.ping(1) == 5);
  CHECK(ProbeFacts().ping(0.5) == 0);
}

TEST_CASE("the exit code is the gravest of what was found") {
  ProbeFacts facts = sample();
  CHECK(facts.exit_code() == kExitGood);
  facts.findings.push_back(result::fact(Cause::no_pong));
  CHECK(facts.exit_code() == kExitFindings);
  facts.unreachable = true;
  CHECK(facts.exit_code() == kExitNotJudged);
  facts.interrupted = true;
  CHECK(facts.exit_code() == kExitInterrupted);
}

TEST_CASE("days are counted down, and below zero once a certificate has expired") {
  const auto own = sample().chain.front();
  CHECK(days_left(own, 1'800'000'000) == 3);
  CHECK(days_left(own, own.not_after) == 0);
  CHECK(days_left(own, own.not_after + 1) == -1);
}

TEST_CASE("a Close is explained by its code; 1008 without a reason by what earns it") {
  CHECK(finding_text({.cause = Cause::closed_unasked, .code = 1008}).find("token") !=
        std::string::npos);
  CHECK(finding_text({.cause = Cause::closed_unasked, .code = 1007}).find("UTF-8") !=
        std::string::npos);
  CHECK(finding_text({.cause = Cause::idle_cut, .ms = 60'000}).find("nginx") != std::string::npos);
}

TEST_CASE("metrics: each line is one of Prometheus' text format, labels escaped, no secret") {
  const text::Secrets none;
  const std::string text = probe_metrics(sample(), {.secrets = none});
  CHECK(text.find("wsspec_up{target=\"wss://a.example/x\\\"y?token=***\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("phase=\"dns\"} 0.0015\n") != std::string::npos);
  CHECK(text.find("wsspec_certificate_expiry_timestamp_seconds") != std::string::npos);
  CHECK(text.find("sesame") == std::string::npos);
  CHECK(text.find("phase=\"tls\"") == std::string::npos);  // it did not come to its end
}
