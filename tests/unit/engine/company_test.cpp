// Which scenarios ran beside one that failed.
#include "engine/company.h"

#include <doctest/doctest.h>

using namespace wsspec;
using engine::Company;

TEST_CASE("its company are those that ran with it at any time, in the order of the suites") {
  std::vector<scenario::Scenario> all(5);
  Company company;
  company.started(all[4]);
  company.ended(all[4], false);  // before it
  company.started(all[3]);
  company.started(all[1]);  // the one
  company.started(all[0]);
  company.ended(all[0], false);
  company.started(all[2]);
  company.ended(all[1], true);
  CHECK(company.of(all[1]) == Company::List{&all[0], &all[2], &all[3]});
  CHECK(company.of(all[0]).empty());  // it did not fail
  company.started(all[1]);
  company.ended(all[1], true);  // its last run counts
  CHECK(company.of(all[1]) == Company::List{&all[2], &all[3]});
}

TEST_CASE("so many are kept, and those first that still run") {
  std::vector<scenario::Scenario> all(50);
  Company company;
  company.started(all[49]);
  for (std::size_t i = 0; i < 40; ++i) {
    company.started(all[i]);
    company.ended(all[i], false);
  }
  company.started(all[48]);
  company.ended(all[49], true);
  const auto found = company.of(all[49]);
  CHECK(found.size() == Company::kMost);
  CHECK(found.front() == &all[26]);
  CHECK(found.back() == &all[48]);
}

TEST_CASE("the same scenario may run several times at once: the one that began first ends first") {
  std::vector<scenario::Scenario> all(3);
  Company company;
  company.started(all[0]);
  company.started(all[1]);
  company.ended(all[1], false);
  company.started(all[0]);
  company.started(all[2]);
  company.ended(all[0], true);
  CHECK(company.of(all[0]) == Company::List{&all[1], &all[2]});
  company.ended(all[0], true);
  CHECK(company.of(all[0]) == Company::List{&all[2]});
  company.ended(all[0], true);  // there is none any more
  CHECK(company.of(all[0]) == Company::List{&all[2]});
}
