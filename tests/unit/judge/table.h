// A table of rows is the proof of one rule: a record that keeps it, and one that does not. Every
// table registers itself, so that one test counts the rows of all and refuses a table that shows
// only one side of its rule.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "records.h"

namespace wsspec::judge::test {

/// What the judge has to say.
struct Wanted {
  Judgement::State state = Judgement::State::pending;
  result::Class cls = result::Class::none;
  result::Cause cause = result::Cause::none;
  int again_ms = 0;                                    ///< pending
  result::Evidence evidence = result::Evidence::none;  ///< match
  std::optional<std::uint64_t> message{};  ///< match: the serial of the message that fitted
};

Wanted passes(result::Class cls = result::Class::none, result::Cause cause = result::Cause::none);
Wanted passes_by(result::Evidence evidence);
Wanted passes_with(std::uint64_t message);
Wanted fails(result::Class cls, result::Cause cause);
Wanted waits(int again_ms = 0);

struct Row {
  std::string name;
  Seen seen;
  scenario::Outcome outcome;
  Given given;
  Wanted wanted;
};

using Rows = std::vector<Row>;

struct Table {
  const char* rule;
  Rows (*rows)();
};
const std::vector<Table>& tables();
bool add_table(const char* rule, Rows (*rows)());
void check_rows(const Rows& rows);

}  // namespace wsspec::judge::test

// A table and its test. Use: JUDGE_RULE(name_of_the_function, "the rule") { return {rows}; }
#define JUDGE_RULE(function, rule)                                                       \
  static ::wsspec::judge::test::Rows function();                                         \
  static const bool function##_added = ::wsspec::judge::test::add_table(rule, function); \
  TEST_CASE(rule) {                                                                      \
    CHECK(function##_added);                                                             \
    ::wsspec::judge::test::check_rows(function());                                       \
  }                                                                                      \
  static ::wsspec::judge::test::Rows function()
