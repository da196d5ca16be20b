#include "engine/runner_verdicts.h"

#include <utility>

namespace wsspec::engine {

using result::Cause;

result::Fact Blame::fact() const {
  const bool stuck = state == HealthCheck::State::stuck;
  switch (proof) {
    case Proof::only_one:
      return result::fact(stuck ? Cause::stuck_for_a_while : Cause::died_for_a_while);
    case Proof::ran_alone:
      return result::fact(stuck ? Cause::stuck : Cause::died, "(run alone) ");
    case Proof::together:
      return {.cause = stuck ? Cause::stuck_together : Cause::died_together, .count = others};
    case Proof::read_last:
      return {.cause = stuck ? Cause::stuck_at_last_read : Cause::died_at_last_read,
              .count = others};
    case Proof::stayed_down:
      break;
  }
  return result::fact(stuck ? Cause::stuck : Cause::died);
}

void mark_skipped(result::ScenarioResult& result, result::Fact why) {
  result.verdict = result::Verdict::skipped;
  result.fact = std::move(why);
}

void mark_not_judged(result::ScenarioResult& result, result::Fact why) {
  result.verdict = result::Verdict::error;
  result.fact = std::move(why);
}

void mark_control_failed(result::ScenarioResult& result, const Probed& probed) {
  mark_not_judged(
      result,
      {.cause = Cause::control_failed, .text = probed.control_type, .of = {probed.problem}});
  result.observed = probed.control.observed;
  result.transcript = probed.control.transcript;
}

void mark_leaked(result::ScenarioResult& result, const Ends& ends, HealthCheck::State found) {
  const char* how = found == HealthCheck::State::full   ? "refused a new one with HTTP 503"
                    : found == HealthCheck::State::dead ? "dropped a new one without an answer"
                                                        : "left a new one without an answer";
  result.verdict = result::Verdict::fail;
  result.cls = result::Class::leaks;
  result.fact = {.cause = Cause::slots_leaked_in_run,
                 .detail = how,
                 .count = ends.unclosed,
                 .total = ends.opened};
  result.because.clear();
}

void mark_blamed(result::ScenarioResult& result, const Blame& blame) {
  result::Fact fact = blame.fact();
  if (result.verdict == result::Verdict::fail && result.fact.cause != Cause::none)
    fact.of = {std::move(result.fact)};
  result.verdict = result::Verdict::fail;
  result.fact = std::move(fact);
  result.cls = blame.state == HealthCheck::State::stuck ? result::Class::hung : result::Class::died;
  result.because.clear();
}

}  // namespace wsspec::engine
