// What a deviation is worth at each level.
#include <doctest/doctest.h>

#include <array>
#include <string>

#include "result/finding.h"

using namespace wsspec;
using result::Class;
using result::Verdict;
using scenario::Level;

namespace {

struct Row {
  Class cls;
  std::array<Verdict, 4> verdicts;  ///< must, should, may, robust
};

constexpr Verdict kFail = Verdict::fail, kTolerated = Verdict::tolerated;

// A server that lets bad data pass, answers nothing, dies, or speaks wrongly itself fails at every
// level but may; what ends the connection in another way than asked for fails at must alone.
constexpr Row kRows[] = {
    {Class::none, {kFail, kTolerated, kTolerated, kTolerated}},
    {Class::exact, {kFail, kTolerated, kTolerated, kTolerated}},
    {Class::late, {kFail, kTolerated, kTolerated, kTolerated}},
    {Class::other_code, {kFail, kTolerated, kTolerated, kTolerated}},
    {Class::drop, {kFail, kTolerated, kTolerated, kTolerated}},
    {Class::repaired, {kFail, kFail, kTolerated, kFail}},
    {Class::accepted, {kFail, kFail, kTolerated, kFail}},
    {Class::limit, {kTolerated, kTolerated, kTolerated, kTolerated}},
    {Class::hung, {kFail, kFail, kTolerated, kFail}},
    {Class::died, {kFail, kFail, kTolerated, kFail}},
    {Class::leaks, {kFail, kFail, kTolerated, kFail}},
    {Class::broken, {kFail, kFail, kTolerated, kFail}},
    {Class::processed_after_fault, {kFail, kFail, kTolerated, kFail}},
};

}  // namespace

TEST_CASE("the verdict of each class at each level") {
  constexpr Level kLevels[] = {Level::must, Level::should, Level::may, Level::robust};
  for (const Row& row : kRows)
    for (std::size_t i = 0; i < 4; ++i) {
      const char* name = result::class_name(row.cls);
      const std::string what = name == nullptr ? "none" : name;
      CAPTURE(what);
      CAPTURE(scenario::level_name(kLevels[i]));
      CHECK(result::verdict_name(result::verdict_of(row.cls, kLevels[i])) ==
            std::string(result::verdict_name(row.verdicts[i])));
    }
  CHECK(std::size(kRows) == static_cast<std::size_t>(Class::processed_after_fault) + 1);
}
