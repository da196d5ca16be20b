// One row of the tables of what findings mean: rules_broken.cpp, rules_refused.cpp, rules_open.cpp.
// Internal to lib/diagnose.
//
// A row fits by class, by what was expected, by the Close code and by cause; within a class the
// rows stand from the particular to the general. The words name whose side it is ("the server", "a
// proxy", "your application") and end with what to do. {Detail} stands for the finding's clause;
// see Situation::word for the others.
#pragma once

#include <array>
#include <span>

#include "diagnose/situation.h"

namespace wsspec::diagnose {

struct Rule {
  result::Class cls;
  Want want;
  int from, to;                         ///< Close code; 0, 0 = any or none
  std::array<result::Cause, 6> causes;  ///< one of these; all `none` = any
  const char* words;
};

/// The server's own octets break a rule.
std::span<const Rule> rules_broken();
/// A Close, a status or a time other than the expected one.
std::span<const Rule> rules_refused();
/// Everything else: taken, repaired, dropped, hung, died.
std::span<const Rule> rules_open();

}  // namespace wsspec::diagnose
