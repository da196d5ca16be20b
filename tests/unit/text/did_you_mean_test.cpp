#include "text/did_you_mean.h"

#include <doctest/doctest.h>

using namespace wsspec::text;

TEST_CASE("did you mean") {
  const std::vector<std::string> known = {"title", "tags", "steps", "on", "message_rate"};
  CHECK(did_you_mean("titel", known) == "title");
  CHECK(did_you_mean("step", known) == "steps");
  CHECK(did_you_mean("no", known) == "on");
  CHECK(did_you_mean("mesage_rat", known) == "message_rate");
  CHECK(did_you_mean("xx", known) == "");
  CHECK(did_you_mean("", known) == "");
  CHECK(did_you_mean("close", known) == "");
}
