// JUnit XML against the schema, with xmllint as a judge that is none of ours.
#include "report/junit.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "samples.h"

using namespace wsspec;
using namespace wsspec::report;

namespace {

/// True when xmllint finds the text well-formed and valid by tests/e2e/junit.xsd.
bool valid(const std::string& document, bool show_errors = true) {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("wsspec-junit-" + std::to_string(::getpid()) + ".xml"))
                               .string();
  std::ofstream(path, std::ios::binary) << document;
  const std::string command = "xmllint --noout --schema " SOURCE_DIR "/tests/e2e/junit.xsd '" +
                              path + "' 2>'" + path + ".err'";
  const bool good = std::system(command.c_str()) == 0;
  if (!good && show_errors) {
    std::ifstream errors(path + ".err");
    MESSAGE(std::string(std::istreambuf_iterator<char>(errors), {}).substr(0, 2000));
  }
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".err");
  return good;
}

std::string run(std::initializer_list<result::ScenarioResult> results, bool strict = false,
                bool interrupted = false) {
  JUnitReport report;
  result::RunInfo info = samples::run_info(results.size());
  info.strict = strict;
  report.on_start(info);
  for (const result::ScenarioResult& result : results) report.on_result(result);
  report.on_end(samples::summary_of(results), interrupted);
  return report.document();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the JUnit report of a small run") {
  const std::string document =
      run({samples::pass("utf8/a"), samples::fail("utf8/b"), samples::skipped("rate/c"),
           samples::error("rate/d"), samples::tolerated("utf8/e")});
  CHECK(valid(document));
  CHECK(document == R"GOLD(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="wsspec" tests="5" failures="1" errors="1" skipped="1" time="1.235">
  <testsuite name="utf8" tests="3" failures="1" errors="0" skipped="0" time="0.037" timestamp="2025-01-02T03:04:05" hostname="localhost">
    <properties>
      <property name="wsspec.version" value="0.1.0"/>
      <property name="target.url" value="ws://127.0.0.1:9001"/>
      <property name="target.server" value="uvicorn"/>
      <property name="scenario_set" value="00ff"/>
    </properties>
    <testcase name="a" classname="wsspec.utf8" time="0.012"/>
    <testcase name="b" classname="wsspec.utf8" time="0.012">
      <failure type="other-code" message="refused, but with a code that misleads">expected: Close 1007
observed: Close 1002 (protocol error) &quot;bad \x1B[2J&quot; by server after 2.1 ms, then end of stream
diagnosis: refused, but with a code that misleads
requirement: RFC 6455 8.1 (must)
step: step 2: {&quot;expect&quot;:{&quot;close&quot;:1007}}
     0  48 65 6c 6c 6f 20 c0 af 21                       |Hello ..!|
                          ^^ octet 6: 0xC0 can never occur in UTF-8
</failure>
    </testcase>
    <testcase name="e" classname="wsspec.utf8" time="0.012"/>
  </testsuite>
  <testsuite name="rate" tests="2" failures="0" errors="1" skipped="1" time="0.025" timestamp="2025-01-02T03:04:05" hostname="localhost">
    <properties>
      <property name="wsspec.version" value="0.1.0"/>
      <property name="target.url" value="ws://127.0.0.1:9001"/>
      <property name="target.server" value="uvicorn"/>
      <property name="scenario_set" value="00ff"/>
    </properties>
    <testcase name="c" classname="wsspec.rate" time="0.012">
      <skipped message="the target declares no policy.message_rate"/>
    </testcase>
    <testcase name="d" classname="wsspec.rate" time="0.012">
      <error type="error" message="the handshake was answered with HTTP 503 three times">expected: Close 1007
observed: HTTP 503
diagnosis: the handshake was answered with HTTP 503 three times
requirement: RFC 6455 8.1 (must)
</error>
    </testcase>
  </testsuite>
</testsuites>
)GOLD");
}

TEST_CASE("the schema refuses what is no JUnit") {
  std::string document = run({samples::fail("utf8/b")});
  CHECK(valid(document));
  CHECK(!valid("<testsuites/>", false));
  const std::size_t at = document.find("failures=\"1\"");
  document.replace(at, 12, "failures=\"x\"");
  CHECK(!valid(document, false));
}

TEST_CASE("tolerated fails JUnit only with --strict, and never at level may") {
  result::ScenarioResult may = samples::tolerated("utf8/b");
  may.level = "may";
  CHECK(!has(run({samples::tolerated("utf8/a"), may}), "<failure"));
  const std::string strict = run({samples::tolerated("utf8/a"), may}, true);
  CHECK(valid(strict));
  CHECK(has(strict, "<testsuites name=\"wsspec\" tests=\"2\" failures=\"1\" errors=\"0\""));
  CHECK(has(strict, "<failure type=\"tolerated\" message=\"it dropped the connection\">"));
}

TEST_CASE("a run that was interrupted, and one without any result, are valid") {
  const std::string partial = run({samples::pass("utf8/a")}, false, true);
  CHECK(valid(partial));
  CHECK(has(partial, "<property name=\"interrupted\" value=\"true\"/>"));
  CHECK(valid(run({}, false, true)));

  JUnitReport cut;  // nobody called on_end
  cut.on_start(samples::run_info(9));
  cut.on_result(samples::fail("utf8/a"));
  CHECK(valid(cut.document()));
  CHECK(has(cut.document(), "tests=\"1\" failures=\"1\""));
}

TEST_CASE("the URL's secrets are in no JUnit file") {
  result::RunInfo info = samples::run_info(1);
  info.url = "wss://me:pw@h/chat?token=abc";
  JUnitReport report;
  report.on_start(info);
  report.on_result(samples::pass("utf8/a"));
  CHECK(has(report.document(), "value=\"wss://h/chat?token=***\""));
  CHECK(!has(report.document(), "pw@"));
}

TEST_CASE("XML stays valid whatever the server sends") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    std::mt19937 random(seed);
    JUnitReport report;
    result::RunInfo info = samples::run_info(1000);
    info.server = samples::hostile(random);
    info.started = samples::hostile(random);
    info.strict = seed % 2 == 0;
    report.on_start(info);
    for (unsigned i = 0; i < 1000; ++i) report.on_result(samples::hostile_result(random, i));
    CAPTURE(seed);
    CHECK(valid(report.document()));
  }
}

TEST_CASE("an error without a connection has no line about what was observed") {
  result::ScenarioResult refused = samples::error("utf8/a");
  refused.observed = {};
  refused.because = "127.0.0.1:1: Connection refused";
  const std::string document = run({refused});
  CHECK(valid(document));
  CHECK(has(document, "expected: Close 1007\ndiagnosis: 127.0.0.1:1: Connection refused\n"));
  refused.because.clear();
  CHECK(has(run({refused}), "message=\"expected Close 1007\""));
}

TEST_CASE("what XML cannot hold is still told") {
  result::ScenarioResult result = samples::fail("utf8/a");
  result.observed.reason = std::string("\0]]>\xef\xbf\xbe\xff", 8);
  const std::string document = run({result});
  CHECK(valid(document));
  CHECK(has(document, "&quot;\\x00]]&gt;\\u{FFFE}\\xFF&quot;"));
}
