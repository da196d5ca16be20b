// One group for one cause, gravest first.
#include "report/groups.h"

#include <doctest/doctest.h>

#include "report/text.h"
#include "samples.h"
#include "screen.h"
#include "text/escape.h"

using namespace wsspec;
using namespace wsspec::report;

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
