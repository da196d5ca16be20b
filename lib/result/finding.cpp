#include "result/finding.h"

namespace wsspec::result {

bool outranks(const Finding& next, const Finding& now) {
  if (next.rank == Rank::tolerated && now.rank == Rank::tolerated) return true;
  return next.rank > now.rank;
}

Verdict verdict_of(Class cls, scenario::Level level) {
  switch (cls) {
    case Class::limit:
      return Verdict::tolerated;
    case Class::accepted:
    case Class::repaired:
    case Class::died:
    case Class::leaks:
    case Class::hung:
    case Class::broken:
    case Class::processed_after_fault:
      return level == scenario::Level::may ? Verdict::tolerated : Verdict::fail;
    default:
      return level == scenario::Level::must ? Verdict::fail : Verdict::tolerated;
  }
}

Finding deviation(Class cls, Fact fact, scenario::Level level) {
  return {Rank::decision, verdict_of(cls, level), cls, std::move(fact)};
}

Finding broken(Fact fact, scenario::Level level) {
  return {Rank::broken, verdict_of(Class::broken, level), Class::broken, std::move(fact)};
}

Finding observation(Class cls, Fact fact, scenario::Level level) {
  return {Rank::observation, verdict_of(cls, level), cls, std::move(fact)};
}

Finding put_up_with(Class cls, Fact fact, std::string because) {
  return {Rank::tolerated, Verdict::tolerated, cls, std::move(fact), std::move(because)};
}

Finding not_judged(Fact fact) {
  return {Rank::decision, Verdict::error, Class::none, std::move(fact)};
}

Finding skipped(Fact fact) {
  return {Rank::decision, Verdict::skipped, Class::none, std::move(fact)};
}

Finding died(Class cls, Fact fact) {
  return {Rank::died, Verdict::fail, cls, std::move(fact)};
}

bool decide(Finding finding, Finding& standing, ScenarioResult& result) {
  if (is_own(finding.fact) && finding.verdict != Verdict::skipped)
    finding = {Rank::own, Verdict::error, Class::none, std::move(finding.fact)};
  if (!outranks(finding, standing)) return false;
  standing = std::move(finding);
  result.verdict = standing.verdict;
  result.cls = standing.cls;
  result.fact = standing.fact;
  result.because = standing.because;
  return true;
}

}  // namespace wsspec::result
