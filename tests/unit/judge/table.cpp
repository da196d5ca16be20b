#include "table.h"

#include <algorithm>
#include <set>

namespace doctest {
template <>
struct StringMaker<wsspec::judge::Judgement::State> {
  static String convert(wsspec::judge::Judgement::State state) {
    using State = wsspec::judge::Judgement::State;
    return state == State::match ? "match" : state == State::mismatch ? "mismatch" : "pending";
  }
};
template <>
struct StringMaker<wsspec::result::Class> {
  static String convert(wsspec::result::Class cls) {
    const char* name = wsspec::result::class_name(cls);
    return name == nullptr ? "none" : name;
  }
};
template <>
struct StringMaker<wsspec::result::Cause> {
  static String convert(wsspec::result::Cause cause) {
    const char* name = wsspec::result::cause_name(cause);
    return name == nullptr ? "none" : name;
  }
};
template <>
struct StringMaker<wsspec::result::Evidence> {
  static String convert(wsspec::result::Evidence evidence) {
    const char* name = wsspec::result::evidence_name(evidence);
    return name == nullptr ? "none" : name;
  }
};
}  // namespace doctest

namespace wsspec::judge::test {

using State = Judgement::State;

Wanted passes(result::Class cls, result::Cause cause) {
  return {.state = State::match, .cls = cls, .cause = cause};
}
Wanted passes_by(result::Evidence evidence) {
  return {.state = State::match, .evidence = evidence};
}
Wanted passes_with(std::uint64_t message) {
  return {.state = State::match, .message = message};
}
Wanted fails(result::Class cls, result::Cause cause) {
  return {.state = State::mismatch, .cls = cls, .cause = cause};
}
Wanted waits(int again_ms) {
  return {.state = State::pending, .again_ms = again_ms};
}

namespace {

std::vector<Table>& registered() {
  static std::vector<Table> tables;
  return tables;
}

}  // namespace

const std::vector<Table>& tables() {
  return registered();
}

bool add_table(const char* rule, Rows (*rows)()) {
  registered().push_back({rule, rows});
  return true;
}

void check_rows(const Rows& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Judgement judged = row.given.judge(row.seen, row.outcome);
    CHECK(judged.state == row.wanted.state);
    CHECK(judged.cls == row.wanted.cls);
    CHECK(judged.fact.cause == row.wanted.cause);
    CHECK(judged.again_ms == row.wanted.again_ms);
    CHECK(judged.evidence == row.wanted.evidence);
    CHECK(judged.message == row.wanted.message);
  }
}

}  // namespace wsspec::judge::test

using namespace wsspec::judge::test;

TEST_CASE("at least 150 rows, and every rule has a record that passes and one that does not") {
  std::size_t rows = 0;
  std::set<std::string> names;
  for (const Table& table : tables()) {
    CAPTURE(table.rule);
    const Rows here = table.rows();
    const auto has = [&](State state) {
      return std::any_of(here.begin(), here.end(),
                         [&](const Row& row) { return row.wanted.state == state; });
    };
    CHECK(has(State::match));
    CHECK(has(State::mismatch));
    for (const Row& row : here) {
      CAPTURE(row.name);
      CHECK(names.insert(std::string(table.rule) + ": " + row.name).second);
    }
    rows += here.size();
  }
  MESSAGE("rules: ", tables().size(), ", rows: ", rows);
  CHECK(rows >= 150);
}
