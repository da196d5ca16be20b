// Golden texts of the console in several states of a run.
#include "report/console.h"

#include <doctest/doctest.h>

#include "report/text.h"
#include "samples.h"
#include "text/escape.h"

using namespace wsspec;
using namespace wsspec::report;

namespace {

struct Screen {
  std::string text;
  double now = 0;
  ConsoleOptions options(int verbosity) {
    ConsoleOptions out;
    out.verbosity = verbosity;
    out.reproduce_prefix = samples::text("wsspec run ws://127.0.0.1:9001 ");
    out.sink = [this](std::string_view part) { text += part; };
    out.now_ms = [this] { return now; };
    return out;
  }
};

std::string run(int verbosity, const std::vector<Result>& results, bool interrupted = false,
                std::uint64_t selected = 0) {
  Screen screen;
  ConsoleReport report(screen.options(verbosity));
  report.on_start(samples::run_info(selected == 0 ? results.size() : selected));
  for (const Result& result : results) {
    report.on_scenario_started(result.name, 1);
    report.on_result(result);
  }
  RunEnd end = samples::end_of(results, interrupted);
  if (end.summary.fail > 0) {
    end.exit_code = 1;
    end.reason = samples::text("some findings");
  }
  report.on_end(end);
  return screen.text;
}

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

TEST_CASE("console: the same failure stands once, with a bounded list of names") {
  std::vector<Result> results;
  for (int i = 0; i < 30; ++i) results.push_back(samples::fail("utf8/case-" + std::to_string(i)));
  results.push_back(samples::fail("utf8/other"));
  results.back().observed.code = 1011;
  const std::string text = run(0, results);
  const std::string same = R"GOLD(
   the same   29 more:
              utf8/case-1, utf8/case-2, utf8/case-3, utf8/case-4, utf8/case-5,
              utf8/case-6, utf8/case-7, utf8/case-8 and 21 more
)GOLD";
  CHECK(text.find(same) != std::string::npos);
  CHECK(text.find("\n1. impact data: 30 scenarios\n") != std::string::npos);
  CHECK(text.find("\n2. impact data: 1 scenario\n   scenario   utf8/other") != std::string::npos);
  CHECK(text.find("\n3. ") == std::string::npos);
  CHECK(run(1, results).find("utf8/case-29\n") != std::string::npos);  // -v: the list is whole
}

TEST_CASE("console: one cause is one group, whatever was expected and whatever came") {
  std::vector<Result> results;
  for (int i = 0; i < 6; ++i) {
    results.push_back(samples::fail("utf8/case-" + std::to_string(i)));
    Result& one = results.back();
    one.cause = samples::text("echoed-invalid-text");
    one.cls = result::Class::accepted;
    one.observed.code = 1000 + i;
    one.expected = {samples::close_outcome(1007 + i)};
    one.diagnosis = samples::text("octet " + std::to_string(i));
  }
  const std::string text = run(0, results);
  CHECK(text.find("\n1. impact data, echoed-invalid-text: 6 scenarios\n") != std::string::npos);
  CHECK(text.find("\n2. ") == std::string::npos);
  results[3].impact = Impact::critical;  // the gravest is the example
  results[4].impact = Impact::letter;
  const std::string mixed = run(0, results);
  CHECK(mixed.find(
            "\n1. impact critical (1), data (4), letter (1), echoed-invalid-text: 6 scenarios\n"
            "   scenario   utf8/case-3: ") != std::string::npos);
  CHECK(mixed.find("utf8/case-0, utf8/case-1, utf8/case-2, utf8/case-4, utf8/case-5\n") !=
        std::string::npos);
  CHECK(mixed.find("\n2. ") == std::string::npos);
}

TEST_CASE("console: a check that is missing is one group, however it was found") {
  std::vector<Result> results;
  const auto add = [&](const char* name, result::Class cls, const char* cause) {
    results.push_back(samples::fail(name));
    results.back().cls = cls;
    results.back().cause = samples::text(cause);
    results.back().unchecked = wire::ViolationKind::text_not_utf8;
  };
  add("utf8/a", result::Class::accepted, "fault-echoed");
  add("utf8/b", result::Class::processed_after_fault, "processed-after-fault");
  add("utf8/c", result::Class::broken, "output-not-utf8");
  CHECK(run(0, results).find("\n1. impact data, fault-echoed: 3 scenarios\n") != std::string::npos);
  results[2].unchecked = wire::ViolationKind::close_reason_not_utf8;
  const std::string two = run(0, results);
  CHECK(two.find("\n1. impact data, fault-echoed: 2 scenarios\n") != std::string::npos);
  CHECK(two.find("\n2. impact data, output-not-utf8: 1 scenario\n") != std::string::npos);
}

TEST_CASE("console: what is accepted of a handshake is a group for each section") {
  std::vector<Result> results;
  for (const char* spec : {"RFC 9112 3.2", "RFC 6455 4.2.1 item 6", "RFC 9112 3.2"}) {
    results.push_back(samples::fail("handshake/" + std::to_string(results.size())));
    results.back().cls = result::Class::accepted;
    results.back().cause = samples::text("handshake-accepted");
    results.back().spec = samples::text(spec);
  }
  const std::string text = run(0, results);
  CHECK(text.find("\n1. impact data, handshake-accepted: 2 scenarios\n") != std::string::npos);
  CHECK(text.find("\n2. impact data, handshake-accepted: 1 scenario\n") != std::string::npos);
}

TEST_CASE("console: the gravest impact stands first, then the largest group") {
  std::vector<Result> results;
  const auto add = [&](const char* name, Impact impact, int code) {
    results.push_back(samples::fail(name));
    results.back().impact = impact;
    results.back().observed.code = code;
    results.back().counts = impact != Impact::letter;
  };
  add("a/letter", Impact::letter, 1003);
  add("a/interop", Impact::interop, 1002);
  add("a/one", Impact::data, 1000);
  add("a/two", Impact::data, 1001);
  add("a/three", Impact::data, 1001);
  const std::string text = run(0, results);
  const auto at = [&](std::string_view part) { return text.find(part); };
  REQUIRE(at("\n1. impact data: 2 scenarios\n   scenario   a/two") != std::string::npos);
  CHECK(at("\n2. impact data: 1 scenario\n   scenario   a/one") > at("\n1. "));
  CHECK(at("\n3. impact interop: 1 scenario\n") > at("\n2. "));
  CHECK(at("\n4. impact letter (does not count): 1 scenario\n") > at("\n3. "));
  CHECK(at("5 failed (1 against the letter), ") != std::string::npos);
}

TEST_CASE("console: errors of one reason are one line and one group") {
  std::vector<Result> results;
  for (int i = 0; i < 40; ++i) {
    results.push_back(samples::error("rate/case-" + std::to_string(i)));
    results.back().expected = {samples::close_outcome(1000 + i)};
  }
  results.push_back(samples::error("rate/other"));
  results.back().because = samples::text("the prologue failed");
  const auto count = [](const std::string& text, std::string_view part) {
    int n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++n;
    return n;
  };
  CHECK(count(run(0, results), "ERROR  ") == 2);
  CHECK(count(run(-1, results), "ERROR  ") == 2);
  CHECK(count(run(1, results), "ERROR  ") == 41);
  CHECK(count(run(0, results), "\n1. not judged: 40 scenarios\n") == 1);
  CHECK(count(run(0, results), "\n2. not judged: 1 scenario\n") == 1);
}

TEST_CASE("console: a target that cannot be tested is said once") {
  Screen screen;
  ConsoleReport report(screen.options(0));
  Run info = samples::run_info(500);
  info.server = {};
  info.unreachable = samples::text("127.0.0.1:9001: Connection refused");
  report.on_start(info);
  std::vector<Result> results(500, samples::error("utf8/a"));
  for (const Result& result : results) report.on_result(result);
  RunEnd end = samples::end_of(results);
  end.exit_code = 3;
  end.reason = samples::text("the target could not be tested, no scenario was judged");
  report.on_end(end);
  CHECK(screen.text == R"GOLD(wsspec 0.1.0: 500 scenarios against ws://127.0.0.1:9001
ERROR      the handshake was answered with HTTP 503 three times

0 passed, 0 tolerated, 0 failed, 0 skipped, 500 errors in 1.23 s
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
