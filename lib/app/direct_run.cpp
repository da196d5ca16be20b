#include "app/direct_run.h"

#include "report/text.h"
#include "result/cause.h"

namespace wsspec {
namespace {

using result::DirectResult;
using result::ScenarioResult;
using result::Verdict;

bool judged(Verdict verdict) {
  return verdict != Verdict::skipped && verdict != Verdict::error;
}

std::string words_of(const report::Result& result) {
  if (!judged(result.verdict)) {
    std::string out = std::string(result::verdict_name(result.verdict));
    const std::string why = report::reason_of(result).for_terminal();
    return why.empty() ? out : out + ", " + why;
  }
  std::string out = report::observed_text(result);
  if (const char* name = result::class_name(result.cls)) out += std::string(" [") + name + "]";
  return out + ", " + result::verdict_name(result.verdict);
}

bool same(const DirectResult& direct, const ScenarioResult& through) {
  return direct.verdict == through.verdict && direct.cls == through.cls &&
         direct.code == through.observed.code && direct.http_status == through.observed.http_status;
}

}  // namespace

void DirectRun::add(const ScenarioResult& direct, const report::Result& shown) {
  results_[direct.name] = {direct.verdict, direct.cls, direct.observed.code,
                           direct.observed.http_status, words_of(shown)};
}

void DirectRun::compare(ScenarioResult& through) const {
  if (through.verdict == Verdict::skipped) return;
  const auto found = results_.find(through.name);
  if (found == results_.end() || !judged(found->second.verdict)) {
    through.fact =
        result::fact(result::Cause::not_judged_directly,
                     found == results_.end() ? "it was not run" : "it was " + found->second.words);
    through.verdict = Verdict::skipped;
    through.cls = result::Class::none;
    return;
  }
  const DirectResult& direct = found->second;
  if (same(direct, through)) {
    through.verdict = Verdict::pass;
    return;
  }
  const bool wrong = through.verdict == Verdict::fail || through.verdict == Verdict::error;
  through.verdict = wrong && direct.verdict != Verdict::fail ? Verdict::fail : Verdict::tolerated;
  if (through.fact.cause == result::Cause::none)
    through.fact = result::fact(result::Cause::otherwise_directly);
  through.direct = direct;
}

}  // namespace wsspec
