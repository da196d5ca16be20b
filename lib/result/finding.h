// What decides a scenario's verdict. Everything that finds something makes a Finding; one rule says
// which of two stands.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "result/result.h"
#include "scenario/model.h"

namespace wsspec::result {

/// The rank of a finding, lowest first. A finding stands until one of a higher rank comes; of two
/// with the same rank the first stands, but of two tolerated steps the newer.
enum class Rank : std::uint8_t {
  nothing,      // everything was as expected
  observation,  // seen at the end of the run: answers that came twice or in another order
  tolerated,    // a step came out in a way that is put up with
  decision,     // a step failed, was skipped or could not be judged: the script ends
  broken,       // the server broke the protocol: that fails whatever was expected
  died,         // the server was gone or stuck afterwards
  own,          // this machine's trouble, or ours: while it holds, nothing is judged
};

struct Finding {
  Rank rank = Rank::nothing;
  Verdict verdict = Verdict::pass;
  Class cls = Class::none;
  Fact fact{};
  std::string because{};  ///< the scenario's reason for tolerating it; else the fact says it
};

bool outranks(const Finding& next, const Finding& now);

/// A deviation at this level: tolerated, or a failure (the class decides too).
Verdict verdict_of(Class cls, scenario::Level level);

/// A step that failed.
Finding deviation(Class cls, Fact fact, scenario::Level level);
/// The server's own octets break a rule.
Finding broken(Fact fact, scenario::Level level);
/// Seen at the end, where nothing else was found.
Finding observation(Class cls, Fact fact, scenario::Level level);
/// A step that is put up with: a `tolerate` entry says why, or (late) the fact does.
Finding put_up_with(Class cls, Fact fact, std::string because);
Finding not_judged(Fact fact);
Finding skipped(Fact fact);
/// The server was gone (or stuck) afterwards.
Finding died(Class cls, Fact fact);

/// Writes the finding into the result if it outranks what stands there; true if it did.
bool decide(Finding finding, Finding& standing, ScenarioResult& result);

}  // namespace wsspec::result
