// Which findings are tried once more.
#include "engine/repeats.h"

#include <doctest/doctest.h>

using namespace wsspec;
using result::Cause;
using result::Class;
using result::Verdict;

namespace {

bool open(Verdict verdict, Class cls, Cause cause) {
  result::ScenarioResult result;
  result.verdict = verdict;
  result.cls = cls;
  result.fact.cause = cause;
  return engine::found_of(result, 1).open;
}

}  // namespace

TEST_CASE("fails and errors are repeated, but nothing that stops the server or never ran") {
  CHECK(open(Verdict::fail, Class::accepted, Cause::fault_echoed));
  CHECK(open(Verdict::fail, Class::hung, Cause::silent));
  CHECK(open(Verdict::error, Class::none, Cause::handshake_refused));
  CHECK(!open(Verdict::pass, Class::exact, Cause::none));
  CHECK(!open(Verdict::tolerated, Class::drop, Cause::ended_without_close));
  CHECK(!open(Verdict::fail, Class::died, Cause::died_for_a_while));
  CHECK(!open(Verdict::fail, Class::hung, Cause::stuck_for_a_while));
  CHECK(!open(Verdict::fail, Class::leaks, Cause::slots_leaked));
  CHECK(!open(Verdict::error, Class::none, Cause::control_failed));
}

TEST_CASE("what is known already is not tried again") {
  result::ScenarioResult result;
  result.verdict = Verdict::fail;
  CHECK(engine::found_of(result, 1).open);
  result.reproduction.alone = true;
  CHECK(!engine::found_of(result, 1).open);
}
