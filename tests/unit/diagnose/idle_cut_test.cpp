// The measured time of an idle cut names those that are known for it.
#include "diagnose/idle_cut.h"

#include <doctest/doctest.h>

using wsspec::diagnose::usual_idle_cuts;

namespace {
bool names(double ms, std::string_view who) {
  return usual_idle_cuts(ms).find(who) != std::string::npos;
}
}  // namespace

TEST_CASE("a known time names its proxies, and what to do") {
  CHECK(names(60'003, "nginx"));
  CHECK(names(60'900, "AWS ALB"));
  CHECK(names(59'900, "nginx"));
  CHECK(names(100'500, "Cloudflare"));
  CHECK(names(55'020, "Heroku"));
  CHECK(names(350'100, "AWS NLB"));
  CHECK(names(30'000, "HAProxy"));
  CHECK(names(40'000, "uvicorn"));
  CHECK(names(60'000, "send a ping more often"));
}

TEST_CASE("another time names none") {
  for (const double ms : {0.0, 700.0, 20'000.0, 57'500.0, 65'000.0, 90'000.0, 7'200'000.0}) {
    CHECK_FALSE(names(ms, "That is the time of"));
    CHECK(names(ms, "send a ping more often"));
  }
}
