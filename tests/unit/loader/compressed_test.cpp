// --deflate: which scenarios are compressed, and what they are called.
#include "scenario/compressed.h"

#include <doctest/doctest.h>

#include "helpers.h"

using namespace wsspec::loader;

namespace {

std::vector<std::string> names(DeflateMode mode, const std::string& steps,
                               const std::string& more = "") {
  LoadOutput out = load_text(suite_with(steps, more));
  REQUIRE(texts(out.problems) == "");
  std::vector<std::string> found;
  for (const Scenario& scenario : with_compressed(std::move(out.scenarios), mode)) {
    const bool renamed = scenario.name.ends_with(kCompressedSuffix);
    CHECK(scenario.compress == renamed);
    found.push_back(scenario.name.substr(scenario.name.find('/') + 1));
  }
  return found;
}

}  // namespace

TEST_CASE("a scenario that sends a message is compressed") {
  const std::string text = R"({"send": {"text": "x"}}, {"expect": {"accepted": true}})";
  const std::string plain = names(DeflateMode::off, text).front();
  CHECK(names(DeflateMode::on, text) == std::vector<std::string>{plain + "+deflate"});
  CHECK(names(DeflateMode::both, text) == std::vector<std::string>{plain, plain + "+deflate"});
  for (const char* inner : {R"({"burst": {"send": {"binary": "x"}, "count": 2}})",
                            R"({"repeat": {"times": 2, "steps": [{"send": {"text": "x"}}]}})"})
    CHECK(names(DeflateMode::both, inner).size() == 2);
}

TEST_CASE("where compression would change the meaning a scenario stays as it is") {
  for (const char* steps :
       {R"({"send": {"ping": "x"}})", R"({"send": {"frame": {"opcode": 1, "payload": "x"}}})",
        R"({"send": {"text": "xyz", "hold": {"at": 1}}})",
        R"({"send": {"text": "x", "deflate": true}})", R"({"wait_ms": 1})",
        R"({"send": [{"text": "x"}, {"text": "y", "deflate": false}]})"}) {
    CAPTURE(steps);
    CHECK(names(DeflateMode::on, steps) == names(DeflateMode::off, steps));
    CHECK(names(DeflateMode::both, steps) == names(DeflateMode::off, steps));
  }
  const std::string policy = R"({"send": {"text": "x"}}, {"expect": {"by_policy": "text_only"}})";
  CHECK(names(DeflateMode::on, policy) == names(DeflateMode::off, policy));
}
