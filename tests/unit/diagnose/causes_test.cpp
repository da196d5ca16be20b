// From the typed fact to the words a person reads, for each Cause there is.
#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <string>

#include "diagnose/clause.h"
#include "diagnose/diagnosis.h"

using namespace wsspec;
using result::Cause;
using result::Fact;
using result::ScenarioResult;

namespace {

ScenarioResult broken(const Fact& fact) {
  ScenarioResult out;
  out.verdict = result::Verdict::fail;
  out.cls = result::Class::broken;
  out.fact = fact;
  scenario::Outcome wanted;
  wanted.kind = scenario::Outcome::Kind::close;
  wanted.codes.ranges = {{1007, 1007}};
  out.expected = {wanted};
  return out;
}

ScenarioResult not_judged(const Fact& fact) {
  ScenarioResult out;
  out.verdict = result::Verdict::error;
  out.fact = fact;
  return out;
}

}  // namespace

TEST_CASE("every cause has a name, a clause, and words as a finding and as an error") {
  std::set<std::string> names, clauses;
  for (int i = 1; i < result::kCauses; ++i) {
    const auto cause = static_cast<Cause>(i);
    const char* name = result::cause_name(cause);
    REQUIRE(name != nullptr);
    CAPTURE(name);
    CHECK(names.insert(name).second);
    CHECK(std::string_view(name).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
          std::string_view::npos);
    const Fact fact{.cause = cause,
                    .text = "TEXT",
                    .detail = "DETAIL",
                    .section = "RFC 6455 5",
                    .count = 2,
                    .total = 3,
                    .ms = 4,
                    .limit_ms = 5,
                    .code = 1002,
                    .status = 403,
                    .error = ECONNREFUSED,
                    .of = {result::fact(Cause::no_pong)}};
    const std::string clause = diagnose::clause(fact);
    CHECK_FALSE(clause.empty());
    CHECK(clause.find('{') == std::string::npos);
    CHECK(diagnose::sentence(clause).back() == '.');
    const auto finding = diagnose::diagnose(broken(fact));
    const auto unjudged = diagnose::diagnose(not_judged(fact));
    CHECK(finding.size() > 20);
    CHECK(unjudged.size() >= std::string_view("TEXT.").size());
    CHECK(finding.find('{') == std::string::npos);
    CHECK(unjudged.find('{') == std::string::npos);
  }
  CHECK(result::cause_name(Cause::none) == nullptr);
}

TEST_CASE("every violation of the wire has a cause of its own") {
  std::set<Cause> causes;
  for (int kind = 0; kind <= static_cast<int>(wire::ViolationKind::http_answer); ++kind) {
    const Cause cause = result::cause_of(static_cast<wire::ViolationKind>(kind));
    CHECK(cause != Cause::none);
    CHECK(causes.insert(cause).second);
  }
}
