// Golden texts of the console in several states of a run.
#include "report/console.h"

#include <doctest/doctest.h>

#include "report/text.h"
#include "samples.h"
#include "screen.h"
#include "text/escape.h"

using namespace wsspec;
using namespace wsspec::report;

namespace {

std::vector<Result> one_of_each() {
  return {samples::pass("utf8/a"),      samples::fail("utf8/b"),    samples::fail("utf8/c"),
          samples::tolerated("utf8/d"), samples::skipped("rate/e"), samples::error("rate/f"),
          samples::tolerated("utf8/g")};
}

}  // namespace

TEST_CASE("console: a run with one of each") {
  CHECK(run(0, one_of_each()) ==
        R"GOLD(wsspec 0.1.0: 7 scenarios against ws://127.0.0.1:9001 (server: uvicorn)
FAIL       utf8/b: Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms, then end of stream; expected Close 1007
FAIL       utf8/c: Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms, then end of stream; expected Close 1007
tolerated  utf8/d: end of stream without a Close after 3.0 ms; 0 of 1 message answered; RFC 6455 7.1.7: an endpoint may drop the connection
ERROR      rate/f: the handshake was answered with HTTP 503 three times
tolerated  utf8/g: end of stream without a Close after 3.0 ms; 0 of 1 message answered; RFC 6455 7.1.7: an endpoint may drop the connection

Failures

1. impact data: 2 scenarios
   scenario   utf8/b: '/' in two octets
   level      must, RFC 6455 8.1
   expected   Close 1007
   observed   Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms,
              then end of stream [other-code]
   diagnosis  refused, but with a code that misleads
   octets          0  48 65 6c 6c 6f 20 c0 af 21                       |Hello ..!|
                                        ^^ octet 6: 0xC0 can never occur in UTF-8
   step       step 2: {"expect":{"close":1007}}
   reproduce  wsspec run ws://127.0.0.1:9001 utf8/b
   the same   1 more:
              utf8/c

Errors

2. not judged: 1 scenario
   scenario   rate/f: '/' in two octets
   level      must, RFC 6455 8.1
   expected   Close 1007
   observed   HTTP 503
   because    the handshake was answered with HTTP 503 three times
   reproduce  wsspec run ws://127.0.0.1:9001 rate/f

Tolerated
   RFC 6455 7.1.7: an endpoint may drop the connection (2)
      utf8/d, utf8/g

Skipped: 1 scenario, for 1 reason (-v names them)

1 passed, 2 tolerated, 2 failed, 1 skipped, 1 error in 1.23 s
exit 1: some findings
)GOLD");
}

TEST_CASE("what was seen and why it passes are said once, where they are the same words") {
  Result result = samples::tolerated("utf8/d");
  result.because = result.observed.detail =
      samples::text("the handshake was refused with HTTP 400");
  const std::string text = run(0, {result});
  const std::string line = text.substr(text.find("tolerated  utf8/d"));
  const std::string words = line.substr(0, line.find('\n'));
  const std::string because = result.because.for_terminal();
  CHECK(words.find(because) != std::string::npos);
  CHECK(words.find(because) == words.rfind(because));
}

TEST_CASE("console: quiet leaves findings and the summary") {
  CHECK(
      run(-1, one_of_each()) ==
      R"GOLD(FAIL       utf8/b: Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms, then end of stream; expected Close 1007
FAIL       utf8/c: Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms, then end of stream; expected Close 1007
ERROR      rate/f: the handshake was answered with HTTP 503 three times
1 passed, 2 tolerated, 2 failed, 1 skipped, 1 error in 1.23 s
exit 1: some findings
)GOLD");
}

TEST_CASE("console: how TLS ended is told with -v, and only then") {
  Result good = samples::pass("utf8/a"), bad = samples::fail("utf8/b");
  good.observed.tls = {samples::text("TLSv1.3"), result::TlsObserved::End::close_notify};
  bad.observed.tls = {samples::text("TLSv1.2"), result::TlsObserved::End::truncated};
  const std::string text = run(1, {good, bad});
  CHECK(text.find("then end of stream; TLSv1.3, ended by close_notify\n") != std::string::npos);
  CHECK(text.find("   tls        TLSv1.2, truncated: TCP ended without close_notify\n") !=
        std::string::npos);
  CHECK(run(0, {good, bad}).find("TLS") == std::string::npos);
}

TEST_CASE("console: -v shows every scenario and the transcript of failures") {
  CHECK(run(1, {samples::pass("utf8/a"), samples::fail("utf8/b"), samples::skipped("rate/e")}) ==
        R"GOLD(wsspec 0.1.0: 3 scenarios against ws://127.0.0.1:9001 (server: uvicorn)
pass       utf8/a: Close 1007 (invalid frame payload data) by server after 2.1 ms, then end of stream
FAIL       utf8/b: Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms, then end of stream; expected Close 1007
skipped    rate/e: the target declares no policy.message_rate

Failures

1. impact data: 1 scenario
   scenario   utf8/b: '/' in two octets
   level      must, RFC 6455 8.1
   expected   Close 1007
   observed   Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms,
              then end of stream [other-code]
   diagnosis  refused, but with a code that misleads
   octets          0  48 65 6c 6c 6f 20 c0 af 21                       |Hello ..!|
                                        ^^ octet 6: 0xC0 can never occur in UTF-8
   step       step 2: {"expect":{"close":1007}}
   transcript >    0.4 ms  text fin, 5 octets: 48 65 6c 6c 6f  "Hello"
              <    2.5 ms  Close 1002, 9 octets: 03 ea 1b …
              *    1.23 s  end of stream
   reproduce  wsspec run ws://127.0.0.1:9001 utf8/b

Skipped
   the target declares no policy.message_rate (1)
      rate/e

1 passed, 0 tolerated, 1 failed, 1 skipped, 0 errors in 1.23 s
exit 1: some findings
)GOLD");
}

TEST_CASE("console: -vv shows every transcript once") {
  CHECK(run(2, {samples::fail("utf8/b")}) ==
        R"GOLD(wsspec 0.1.0: 1 scenario against ws://127.0.0.1:9001 (server: uvicorn)
FAIL       utf8/b: Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms, then end of stream; expected Close 1007
   >    0.4 ms  text fin, 5 octets: 48 65 6c 6c 6f  "Hello"
   <    2.5 ms  Close 1002, 9 octets: 03 ea 1b …
   *    1.23 s  end of stream

Failures

1. impact data: 1 scenario
   scenario   utf8/b: '/' in two octets
   level      must, RFC 6455 8.1
   expected   Close 1007
   observed   Close 1002 (protocol error) "bad \x1B[2J" by server after 2.1 ms,
              then end of stream [other-code]
   diagnosis  refused, but with a code that misleads
   octets          0  48 65 6c 6c 6f 20 c0 af 21                       |Hello ..!|
                                        ^^ octet 6: 0xC0 can never occur in UTF-8
   step       step 2: {"expect":{"close":1007}}
   reproduce  wsspec run ws://127.0.0.1:9001 utf8/b

0 passed, 0 tolerated, 1 failed, 0 skipped, 0 errors in 1.23 s
exit 1: some findings
)GOLD");
}

TEST_CASE("console: all passed") {
  CHECK(run(0, {samples::pass("utf8/a")}) ==
        R"GOLD(wsspec 0.1.0: 1 scenario against ws://127.0.0.1:9001 (server: uvicorn)

1 passed, 0 tolerated, 0 failed, 0 skipped, 0 errors in 1.23 s
)GOLD");
}

TEST_CASE("console: interrupted") {
  CHECK(run(0, {samples::pass("utf8/a")}, true, 312) ==
        R"GOLD(wsspec 0.1.0: 312 scenarios against ws://127.0.0.1:9001 (server: uvicorn)

interrupted: 1 of 312 scenarios have a verdict
1 passed, 0 tolerated, 0 failed, 0 skipped, 0 errors in 1.23 s
)GOLD");
}

TEST_CASE("console: a target that cannot be tested is said once") {
  Screen screen;
  ConsoleReport report(screen.options(0));
  Run info = samples::run_info(500);
  info.server = {};
  info.unreachable = samples::text("127.0.0.1:9001: Connection refused");
  report.on_start(info);
  std::vector<Result> results(500, samples::skipped("utf8/a"));
  for (const Result& result : results) report.on_result(result);
  RunEnd end = samples::end_of(results);
  end.exit_code = 3;
  end.reason = samples::text("the target could not be tested, no scenario was judged");
  report.on_end(end);
  CHECK(screen.text == R"GOLD(wsspec 0.1.0: 500 scenarios against ws://127.0.0.1:9001
ERROR      127.0.0.1:9001: Connection refused

0 passed, 0 tolerated, 0 failed, 500 skipped, 0 errors in 1.23 s
exit 3: the target could not be tested, no scenario was judged
)GOLD");
}

TEST_CASE("console: words are wrapped at the width, never inside, but for what is copied") {
  Screen screen;
  ConsoleOptions options = screen.options(0);
  options.width = 50;
  options.terminal = true;
  options.reproduce_prefix =
      samples::text("wsspec run wss://a-host-with-a-long-name.example:9001/and/a/path ");
  ConsoleReport report(options);
  Result result = samples::fail("utf8/b");
  const std::string words =
      "the server \xc3\xa9\xc3\xa9 took text that is not UTF-8 as if it were good and passed it on";
  result.diagnosis = samples::text(words);
  result.fault = {};
  report.on_result(result);
  report.on_end(samples::end_of({result}));
  std::string joined;
  std::size_t at = 0;
  while (at < screen.text.size()) {
    const std::size_t end = screen.text.find('\n', at);
    const std::string row = screen.text.substr(at, end - at);
    at = end + 1;
    std::size_t columns = 0;
    for (const char c : row) columns += (c & 0xc0) != 0x80;
    const bool copied = row.find("wsspec run") != std::string::npos;
    CHECK_MESSAGE((columns <= 50 || copied), row);
    joined += row.substr(std::min(row.find_first_not_of(' '), row.size())) + " ";
  }
  CHECK(joined.find("diagnosis  " + words) != std::string::npos);
  CHECK(screen.text.find("9001/and/a/path utf8/b\n") != std::string::npos);
}

TEST_CASE("console: the end says why the exit code is what it is, and what does not count") {
  RunEnd end;
  end.summary.pass = 25;
  end.summary.fail = 16;
  end.uncounted[static_cast<std::size_t>(Impact::interop)] = 1;
  end.uncounted[static_cast<std::size_t>(Impact::letter)] = 12;
  CHECK(
      summary_text(end) ==
      "25 passed, 0 tolerated, 16 failed (1 of impact interop, 12 against the letter), 0 skipped, "
      "0 errors in 0.00 s");
  CHECK(exit_line({}, end).empty());
  end.exit_code = 1;
  end.reason = samples::text("3 findings of impact data");
  CHECK(exit_line({}, end) == "exit 1: 3 findings of impact data\n");
}

TEST_CASE("console: the progress line is erased before each line and drawn again below it") {
  Screen screen;
  ConsoleOptions options = screen.options(0);
  options.progress = true;
  options.width = 60;
  ConsoleReport report(options);
  report.on_start(samples::run_info(4));
  CHECK(screen.text ==
        "wsspec 0.1.0: 4 scenarios against ws://127.0.0.1:9001 (server: uvicorn)\n"
        "\r\x1b[K[>                   ] 0/4");
  screen.text.clear();
  report.on_scenario_started(samples::text("utf8/a"), 1);
  CHECK(screen.text.empty());  // within 50 ms of the last
  screen.now = 60;
  report.on_scenario_started(samples::text("utf8/b"), 2);
  CHECK(screen.text == "\r\x1b[K[>                   ] 0/4, 2 running: utf8/b");
  screen.text.clear();
  report.on_result(samples::fail("utf8/a"));
  CHECK(screen.text.starts_with("\r\x1b[KFAIL       utf8/a: "));
  CHECK(screen.text.ends_with("\n\r\x1b[K[=====>              ] 1/4, 1 failed, 1 running: utf8/b"));
  screen.text.clear();
  report.on_notice(samples::text("the server \x1b[2J is slow"));
  CHECK(screen.text.starts_with("\r\x1b[Knote: the server \\x1B[2J is slow\n\r\x1b[K[===="));
  screen.text.clear();
  report.on_end(samples::end_of({samples::fail("utf8/a")}));
  CHECK(screen.text.starts_with("\r\x1b[K\n"));
  CHECK(
      screen.text.ends_with("\n0 passed, 0 tolerated, 1 failed, 0 skipped, 0 errors in 1.23 s\n"));
}

TEST_CASE("console: the progress line never reaches the last column") {
  ConsoleStyle style;
  ProgressState state;
  state.selected = 100000;
  state.running = 16;
  state.last_started =
      samples::text("utf8/a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on");
  for (std::size_t width : {0U, 1U, 2U, 20U, 40U, 80U}) {
    style.width = width;
    CHECK(progress_line(style, state).size() < std::max<std::size_t>(width, 1));
  }
  state = {};
  style.width = 80;
  CHECK(progress_line(style, state) == "[>                   ] 0/0");
  state.selected = 1;
  state.summary.pass = 5;  // more than were announced: --repeat
  CHECK(progress_line(style, state) == "[====================] 5/5");
}

TEST_CASE("console: colours change nothing but the colours") {
  Screen screen;
  ConsoleOptions options = screen.options(1);
  options.color = true;
  ConsoleReport report(options);
  report.on_start(samples::run_info(7));
  for (const Result& result : one_of_each()) report.on_result(result);
  RunEnd end = samples::end_of(one_of_each());
  end.exit_code = 1;
  end.reason = samples::text("some findings");
  report.on_end(end);
  CHECK(screen.text.find("\x1b[1;31mFAIL     \x1b[0m  utf8/b: Close 1002") != std::string::npos);
  std::string plain;
  for (std::size_t i = 0; i < screen.text.size(); ++i) {
    if (screen.text[i] == '\x1b')
      i = screen.text.find('m', i);
    else
      plain += screen.text[i];
  }
  CHECK(plain == run(1, one_of_each()));
}

TEST_CASE("console: nothing of the server reaches the terminal raw") {
  std::mt19937 random(11);
  std::vector<Result> results;
  for (unsigned i = 0; i < 300; ++i) results.push_back(samples::hostile_result(random, i));
  for (int verbosity : {-1, 0, 1, 2}) {
    std::string text = run(verbosity, results);
    std::erase(text, '\n');
    REQUIRE(text::printable(text, text.size()) == text);
  }
}

TEST_CASE("console: no line says what was observed where nothing was connected") {
  Result refused = samples::error("utf8/a");
  refused.observed = {};
  refused.cls = result::Class::died;
  refused.because = samples::text("127.0.0.1:1: Connection refused");
  const std::string text = run(0, {refused});
  CHECK(text.find("   because    127.0.0.1:1: Connection refused\n") != std::string::npos);
  CHECK(text.find("observed") == std::string::npos);
  CHECK(text.find("stays open") == std::string::npos);
  CHECK(text.find("[died]") == std::string::npos);
}

TEST_CASE("console: the line to reproduce says what a repeat of the finding has shown") {
  const auto line_of = [](const Result::Reproduction& known) {
    Screen screen;
    ConsoleOptions options = screen.options(0);
    options.reproduce_run = samples::text("wsspec run ws://127.0.0.1:9001 -j 16 --seed 7");
    ConsoleReport report(options);
    Result result = samples::fail("utf8/b");
    result.serial = 3;
    report.on_result(result);
    result.reproduction = known;
    report.on_repeated(result);
    result.serial = 4;  // of no group
    result.reproduction.alone = !*known.alone;
    report.on_repeated(result);
    report.on_end(samples::end_of({result}));
    const std::size_t at = screen.text.find("   reproduce");
    return screen.text.substr(at, screen.text.find("\n\n", at) - at);
  };
  CHECK(line_of({.alone = true, .with = {}, .jobs = 1}) ==
        "   reproduce  wsspec run ws://127.0.0.1:9001 utf8/b\n"
        "              reproduced alone: yes");
  CHECK(line_of({.alone = false, .with = {samples::text("utf8/c")}, .jobs = 3}) ==
        "   reproduce  wsspec run ws://127.0.0.1:9001 -j 3 utf8/b utf8/c\n"
        "              reproduced alone: no; with those that ran at the same time: yes");
  CHECK(line_of({.alone = false, .with = {}, .jobs = 16}) ==
        "   reproduce  wsspec run ws://127.0.0.1:9001 -j 16 --seed 7\n"
        "              reproduced alone: no; the line repeats the whole run");
}
