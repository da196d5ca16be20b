// JUnit XML against the schema, with xmllint as a judge that is none of ours.
#include "report/junit.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "samples.h"
#include "source_dir.h"

using namespace wsspec;
using namespace wsspec::report;

namespace {

const Command kCommand{Printable::of_ours("wsspec run ws://127.0.0.1:9001 "),
                       Printable::of_ours("wsspec run ws://127.0.0.1:9001 -j 16")};

/// True when xmllint finds the text well-formed and valid by tests/e2e/junit.xsd.
bool valid(const std::string& document, bool show_errors = true) {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("wsspec-junit-" + std::to_string(::getpid()) + ".xml"))
                               .string();
  std::ofstream(path, std::ios::binary) << document;
  const std::string command = "xmllint --noout --schema " + source_dir() +
                              "/tests/e2e/junit.xsd '" + path + "' 2>'" + path + ".err'";
  const bool good = std::system(command.c_str()) == 0;
  if (!good && show_errors) {
    std::ifstream errors(path + ".err");
    MESSAGE(std::string(std::istreambuf_iterator<char>(errors), {}).substr(0, 2000));
  }
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".err");
  return good;
}

std::string run(const std::vector<Result>& results, bool interrupted = false) {
  JUnitReport report(kCommand);
  report.on_start(samples::run_info(results.size()));
  for (const Result& result : results) report.on_result(result);
  report.on_end(samples::end_of(results, interrupted));
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
<testsuites name="wsspec" tests="5" failures="1" errors="1" skipped="2" time="1.235">
  <testsuite name="utf8" tests="3" failures="1" errors="0" skipped="1" time="0.037" timestamp="2025-01-02T03:04:05" hostname="localhost">
    <properties>
      <property name="wsspec.version" value="0.1.0"/>
      <property name="target.url" value="ws://127.0.0.1:9001"/>
      <property name="target.server" value="uvicorn"/>
      <property name="scenario_set" value="00ff"/>
    </properties>
    <testcase name="a" classname="wsspec.utf8" time="0.012"/>
    <testcase name="b" classname="wsspec.utf8" time="0.012">
      <failure type="other-code" message="refused, but with a code that misleads">title: '/' in two octets
expected: Close 1007
observed: Close 1002 (protocol error) &quot;bad \x1B[2J&quot; by server after 2.1 ms, then end of stream
diagnosis: refused, but with a code that misleads
requirement: RFC 6455 8.1 (must)
impact: data
step: step 2: {&quot;expect&quot;:{&quot;close&quot;:1007}}
     0  48 65 6c 6c 6f 20 c0 af 21                       |Hello ..!|
                          ^^ octet 6: 0xC0 can never occur in UTF-8
reproduce: wsspec run ws://127.0.0.1:9001 utf8/b
</failure>
    </testcase>
    <testcase name="e" classname="wsspec.utf8" time="0.012">
      <skipped type="tolerated" message="tolerated: it dropped the connection"/>
    </testcase>
  </testsuite>
  <testsuite name="rate" tests="2" failures="0" errors="1" skipped="1" time="0.025" timestamp="2025-01-02T03:04:05" hostname="localhost">
    <properties>
      <property name="wsspec.version" value="0.1.0"/>
      <property name="target.url" value="ws://127.0.0.1:9001"/>
      <property name="target.server" value="uvicorn"/>
      <property name="scenario_set" value="00ff"/>
    </properties>
    <testcase name="c" classname="wsspec.rate" time="0.012">
      <skipped type="skipped" message="the target declares no policy.message_rate"/>
    </testcase>
    <testcase name="d" classname="wsspec.rate" time="0.012">
      <error type="error" message="the handshake was answered with HTTP 503 three times">title: '/' in two octets
expected: Close 1007
observed: HTTP 503
diagnosis: the handshake was answered with HTTP 503 three times
requirement: RFC 6455 8.1 (must)
impact: data
reproduce: wsspec run ws://127.0.0.1:9001 rate/d
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

TEST_CASE("a failure stands exactly where the exit code counts a finding") {
  Result below = samples::fail("utf8/a"), tolerated = samples::tolerated("utf8/b"),
         skipped = samples::skipped("rate/c");
  below.counts = false;
  below.impact = Impact::letter;
  const std::string lax = run({below, tolerated, skipped});
  CHECK(valid(lax));
  CHECK(has(lax, "tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"3\""));
  CHECK(has(lax,
            "<skipped type=\"letter\" message=\"a fail of impact letter, below --fail-on interop: "
            "refused, but with a code that misleads\"/>"));
  CHECK(has(lax, "<skipped type=\"tolerated\" message=\"tolerated: it dropped the connection\"/>"));
  CHECK(has(lax,
            "<skipped type=\"skipped\" message=\"the target declares no policy.message_rate\"/>"));

  below.counts = tolerated.counts = skipped.counts = true;  // --strict and --require
  const std::string strict = run({below, tolerated, skipped});
  CHECK(valid(strict));
  CHECK(has(strict, "tests=\"3\" failures=\"3\" errors=\"0\" skipped=\"0\""));
  CHECK(has(strict, "<failure type=\"other-code\""));
  CHECK(has(strict, "<failure type=\"tolerated\" message=\"it dropped the connection\">"));
  CHECK(has(strict, "<failure type=\"skipped\""));
}

TEST_CASE("a run that was interrupted, and one without any result, are valid") {
  const std::string partial = run({samples::pass("utf8/a")}, true);
  CHECK(valid(partial));
  CHECK(has(partial, "<property name=\"interrupted\" value=\"true\"/>"));
  CHECK(valid(run({}, true)));

  JUnitReport cut(kCommand);  // nobody called on_end
  cut.on_start(samples::run_info(9));
  cut.on_result(samples::fail("utf8/a"));
  CHECK(valid(cut.document()));
  CHECK(has(cut.document(), "tests=\"1\" failures=\"1\""));
}

TEST_CASE("XML stays valid whatever the server sends") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    std::mt19937 random(seed);
    JUnitReport report(kCommand);
    Run info = samples::run_info(1000);
    info.server = samples::text(samples::hostile(random));
    info.started = samples::text(samples::hostile(random));
    report.on_start(info);
    for (unsigned i = 0; i < 1000; ++i) {
      Result result = samples::hostile_result(random, i);
      result.counts = random() % 2 == 0;
      report.on_result(result);
    }
    CAPTURE(seed);
    CHECK(valid(report.document()));
  }
}

TEST_CASE("an error without a connection has no line about what was observed") {
  Result refused = samples::error("utf8/a");
  refused.observed = {};
  refused.because = samples::text("127.0.0.1:1: Connection refused");
  const std::string document = run({refused});
  CHECK(valid(document));
  CHECK(has(document, "expected: Close 1007\ndiagnosis: 127.0.0.1:1: Connection refused\n"));
  refused.because = {};
  CHECK(has(run({refused}), "message=\"expected Close 1007\""));
}

TEST_CASE("what XML cannot hold is still told") {
  Result result = samples::fail("utf8/a");
  result.observed.reason = samples::text(std::string("\0]]>\xef\xbf\xbe\xff", 8));
  const std::string document = run({result});
  CHECK(valid(document));
  CHECK(has(document, "&quot;\\x00]]&gt;\\u{FFFE}\\xFF&quot;"));
}

TEST_CASE("what a repeat shows stands below the line to reproduce") {
  JUnitReport report(kCommand);
  Result result = samples::fail("utf8/b");
  result.serial = 1;
  report.on_start(samples::run_info(2));
  report.on_result(samples::fail("utf8/a"));
  report.on_result(result);
  result.reproduction.alone = false;
  report.on_repeated(result);
  report.on_end(samples::end_of({result, result}));
  const std::string document = report.document();
  CHECK(valid(document));
  CHECK(has(document, "tests=\"2\" failures=\"2\""));
  CHECK(has(document, "reproduce: wsspec run ws://127.0.0.1:9001 utf8/a\n</failure>"));
  CHECK(has(document,
            "reproduce: wsspec run ws://127.0.0.1:9001 -j 16\n"
            "reproduced alone: no; the line repeats the whole run\n</failure>"));
}

TEST_CASE("a run that was cut short does not read as green") {
  JUnitReport report(kCommand);
  report.on_start(samples::run_info(2));
  report.on_result(samples::pass("utf8/a"));
  report.cut_short(samples::text("out of memory"));
  const std::string document = report.document();
  CHECK(valid(document));
  CHECK(has(document, "tests=\"2\" failures=\"0\" errors=\"1\""));
  CHECK(has(document, "<error type=\"cut-short\" message=\"out of memory\">"));
}
