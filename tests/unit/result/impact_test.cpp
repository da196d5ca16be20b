#include "result/impact.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using wsspec::result::Class;
using wsspec::result::impact_of;
using wsspec::scenario::Impact;

namespace {

constexpr std::array kImpacts = {Impact::critical, Impact::data, Impact::interop, Impact::letter};

}  // namespace

TEST_CASE("a server that died or hangs is critical, whatever the scenario was about") {
  for (const Impact declared : kImpacts)
    for (const Class cls : {Class::died, Class::hung})
      CHECK(impact_of(declared, cls) == Impact::critical);
}

TEST_CASE("a message that came back changed is wrong data, and stays critical where it was") {
  CHECK(impact_of(Impact::letter, Class::repaired) == Impact::data);
  CHECK(impact_of(Impact::interop, Class::repaired) == Impact::data);
  CHECK(impact_of(Impact::data, Class::repaired) == Impact::data);
  CHECK(impact_of(Impact::critical, Class::repaired) == Impact::critical);
}

TEST_CASE("any other class leaves the impact as the scenario declares it") {
  for (const Impact declared : kImpacts)
    for (const Class cls :
         {Class::none, Class::exact, Class::late, Class::other_code, Class::drop, Class::accepted,
          Class::limit, Class::broken, Class::processed_after_fault})
      CHECK(impact_of(declared, cls) == declared);
}

TEST_CASE("an impact has one name, and the name means that impact") {
  using namespace wsspec::scenario;
  for (const Impact impact : kImpacts) CHECK(impact_of_name(impact_name(impact)) == impact);
  CHECK(std::string(impact_name(Impact::letter)) == "letter");
  CHECK(!impact_of_name(""));
  CHECK(!impact_of_name("Letter"));
}
