// What a raw result becomes at the border: no secret in any text or octet, its diagnosis made.
#include "report/border.h"

#include <doctest/doctest.h>

#include <random>

#include "samples.h"
#include "text/escape.h"

using namespace wsspec;
using namespace wsspec::report;

namespace {

constexpr std::string_view kSecret = "s3cr3t-token-of-a-user";

text::Secrets secrets() {
  text::Secrets out;
  out.add(kSecret);
  return out;
}

/// Every text that a report may show.
std::vector<Printable> texts_of(const Result& result) {
  std::vector<Printable> out{
      result.name,           result.suite,   result.id,          result.title,
      result.rule,           result.spec,    result.cause,       result.observed.reason,
      result.diagnosis,      result.because, result.failed_step, result.fault.why,
      result.observed.detail};
  for (const Printable& tag : result.tags) out.push_back(tag);
  for (const Expected& expected : result.expected) {
    out.push_back(expected.text);
    out.push_back(expected.json);
  }
  if (result.observed.tls) out.push_back(result.observed.tls->version);
  for (const TranscriptLine& line : result.transcript) out.push_back(line.what);
  return out;
}

TEST_CASE("what a built-in scenario is called is no secret, and stays as it is") {
  result::ScenarioResult raw;
  raw.name = "handshake/" + std::string(kSecret);
  raw.suite = "handshake";
  raw.title = kSecret;
  CHECK(shown(raw, secrets()).id.for_json() == "***");
  raw.built_in = true;
  CHECK(shown(raw, secrets()).id.for_json() == kSecret);
  CHECK(shown(raw, secrets()).title.for_json() == kSecret);
}

TEST_CASE("what a scenario of the user calls its rule is a secret in the diagnosis too") {
  result::ScenarioResult raw;
  raw.verdict = result::Verdict::fail;
  raw.cls = result::Class::accepted;
  raw.spec = "RFC of " + std::string(kSecret);
  scenario::Outcome wanted;
  wanted.kind = scenario::Outcome::Kind::close;
  wanted.codes.ranges = {{1002, 1002}};
  raw.expected = {wanted};
  const std::string diagnosis = shown(raw, secrets()).diagnosis.for_json();
  CHECK(diagnosis.find("(RFC of ***)") != std::string::npos);
}

TEST_CASE("the words of a diagnosis are no secret, what they quote may be") {
  text::Secrets known;
  known.add("two-writers");
  result::ScenarioResult raw;
  raw.verdict = result::Verdict::fail;
  raw.cls = result::Class::broken;
  raw.fact = {.cause = result::Cause::two_writers, .detail = "It said two-writers."};
  const std::string diagnosis = shown(raw, known).diagnosis.for_json();
  CHECK(diagnosis.find("two writers use the connection") != std::string::npos);
  CHECK(diagnosis.find("two-writers") == std::string::npos);
}

/// With the secret in every text and payload.
result::ScenarioResult leaking() {
  const std::string leak = "<" + std::string(kSecret) + ">";
  result::ScenarioResult out;
  out.name = "suite/" + leak;
  out.suite = "suite";
  for (std::string* text : {&out.title, &out.rule, &out.spec, &out.because, &out.failed_step,
                            &out.observed.reason, &out.fact.text, &out.fact.detail})
    *text = leak;
  out.fact.cause = result::Cause::header_mismatch;
  out.fact.of = {result::fact(result::Cause::scenario_problem, leak)};
  out.tags = {leak};
  out.level = scenario::Level::must;
  out.verdict = result::Verdict::fail;
  out.cls = result::Class::other_code;
  out.observed.code = 1002;
  out.observed.closer = result::Closer::server;
  scenario::Outcome wanted;
  wanted.kind = scenario::Outcome::Kind::close;
  wanted.codes.ranges = {{1007, 1007}};
  wanted.because = leak;
  out.expected = {wanted};
  out.fault.present = true;
  out.fault.octets = wire::to_vector(leak);
  result::TranscriptLine line;
  line.what = leak;
  line.octets = wire::to_vector(leak);
  line.length = line.octets.size();
  out.transcript = {line};
  return out;
}

}  // namespace

TEST_CASE("no secret passes the border, in no text and no payload") {
  const Result result = shown(leaking(), secrets());
  for (const Printable& text : texts_of(result))
    CHECK_MESSAGE(text.for_json().find("s3cr3t") == std::string::npos, text.for_json());
  CHECK(result.observed.reason.for_json() == "<***>");
  CHECK(wire::as_chars(result.fault.octets).find("s3cr3t") == std::string_view::npos);
  CHECK(wire::as_chars(result.transcript[0].octets) ==
        "<" + std::string(kSecret.size(), '*') + ">");
  CHECK(result.transcript[0].octets.size() == kSecret.size() + 2);  // masked, not cut
}

TEST_CASE("what a diagnosis cuts holds no piece of a secret") {
  for (std::size_t pad = 0; pad < 420; ++pad) {
    result::ScenarioResult raw = leaking();
    raw.observed.reason = std::string(pad % 125, 'x') + std::string(kSecret);
    raw.fact.text = std::string(pad, 'y') + std::string(kSecret);
    raw.because = raw.fact.text;
    for (const auto verdict : {result::Verdict::fail, result::Verdict::error}) {
      raw.verdict = verdict;
      CHECK(shown(raw, secrets()).diagnosis.for_terminal().find("s3") == std::string::npos);
    }
  }
}

TEST_CASE("without a secret everything is told as it is") {
  const Result result = shown(leaking(), {});
  CHECK(result.observed.reason.for_json() == "<s3cr3t-token-of-a-user>");
  CHECK(result.id.for_json() == "<s3cr3t-token-of-a-user>");
  CHECK(result.suite.for_json() == "suite");
  CHECK(result.verdict == result::Verdict::fail);
  CHECK(result.cls == result::Class::other_code);
  CHECK(result.observed.code == 1002);
  CHECK(!result.diagnosis.empty());
}

TEST_CASE("a cause stays what it is, whatever the secrets are") {
  result::ScenarioResult raw = leaking();
  raw.fact = result::fact(result::Cause::close_reason_not_utf8);
  text::Secrets like_it;
  like_it.add("close-reason-not-utf8");
  CHECK(shown(raw, like_it).cause.for_json() == "close-reason-not-utf8");
}

TEST_CASE("a secret in an expected pattern takes the pattern away, the kind stays") {
  result::ScenarioResult raw = leaking();
  raw.expected[0].kind = scenario::Outcome::Kind::message;
  raw.expected[0].message.json = {{"/token", "\"" + std::string(kSecret) + "\""}};
  const Result result = shown(raw, secrets());
  REQUIRE(result.expected.size() == 1);
  CHECK(result.expected[0].kind == scenario::Outcome::Kind::message);
  CHECK(result.expected[0].json.for_json().find("s3cr3t") == std::string::npos);
}

TEST_CASE("a check that the server does not make is known by our own fault") {
  using result::Cause;
  using result::Class;
  using wire::ViolationKind;
  const auto unchecked = [](std::optional<ViolationKind> own, Class cls, Cause cause,
                            result::Verdict verdict = result::Verdict::fail) {
    result::ScenarioResult raw = leaking();
    raw.own_fault = own;
    raw.cls = cls;
    raw.fact = result::fact(cause);
    raw.verdict = verdict;
    return shown(raw, {}).unchecked;
  };
  const auto text = ViolationKind::text_not_utf8, reason = ViolationKind::close_reason_not_utf8;
  CHECK(unchecked(text, Class::accepted, Cause::fault_echoed) == text);
  CHECK(unchecked(text, Class::processed_after_fault, Cause::processed_after_fault) == text);
  CHECK(unchecked(text, Class::broken, Cause::output_not_utf8) == text);
  CHECK(unchecked(reason, Class::broken, Cause::close_reason_cut) == reason);
  CHECK_FALSE(unchecked(text, Class::broken, Cause::frame_masked));  // a fault of its own
  CHECK_FALSE(unchecked(text, Class::other_code, Cause::other_close));
  CHECK_FALSE(unchecked({}, Class::accepted, Cause::fault_echoed));
  CHECK_FALSE(unchecked(text, Class::accepted, Cause::fault_echoed, result::Verdict::tolerated));
}

TEST_CASE("the URL's secrets go, the Server header is shown") {
  result::RunInfo info;
  info.url = "wss://h/chat?token=***&x=" + std::string(kSecret);
  info.server = "nginx " + std::string(kSecret) + "\x1b[2J";
  info.version = "0.1.0";
  const Run run = shown(info, secrets());
  CHECK(run.url.for_terminal() == "wss://h/chat?token=***&x=***");
  CHECK(run.server.for_terminal() == "nginx ***\\x1B[2J");
}

TEST_CASE("texts of any length and octets are bounded and printable") {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    result::ScenarioResult raw = leaking();
    raw.observed.reason = samples::hostile(random);
    raw.fact.cause = result::Cause::scenario_problem;
    raw.fact.text = std::string(100000, 'z') + samples::hostile(random);
    raw.title = samples::hostile(random);
    const Result result = shown(raw, {});
    for (const Printable& text : texts_of(result)) {
      const std::string line = text.for_terminal();
      CHECK(text::printable(line, line.size()) == line);
      CHECK(text.for_json().size() <= 4 * text::kShown + 40);
    }
  }
}

TEST_CASE("a skip without a server is known as one, whatever took the server away") {
  using result::Cause;
  for (const auto& row : {std::pair{Cause::server_down, true},
                          {Cause::slots_gone, true},
                          {Cause::target_unreachable, true},
                          {Cause::capability_missing, false},
                          {Cause::not_run, false}}) {
    CAPTURE(result::cause_name(row.first));
    result::ScenarioResult raw;
    raw.verdict = result::Verdict::skipped;
    raw.fact.cause = row.first;
    CHECK(shown(raw, {}).without_server == row.second);
    raw.verdict = result::Verdict::pass;
    CHECK_FALSE(shown(raw, {}).without_server);
  }
}
