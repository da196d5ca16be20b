#include "engine/runner_verdicts.h"

#include <fmt/format.h>

namespace wsspec::engine {
namespace {

std::string not_judged_text(NotJudged why, const std::string& detail) {
  switch (why) {
    case NotJudged::control_failed:
      return "the control failed, valid text is not accepted: " + detail;
    case NotJudged::server_down:
      return "the server is down";
    case NotJudged::interrupted:
      return "interrupted";
    case NotJudged::out_of_time:
      return "out of time (--max-time)";
  }
  return detail;
}

}  // namespace

std::string Blame::text() const {
  const char* what = health_text(state);
  switch (proof) {
    case Proof::only_one:
      return fmt::format("after this scenario the server {}, for a while", what);
    case Proof::ran_alone:
      return fmt::format("after this scenario (run alone) the server {}", what);
    case Proof::stayed_down:
      break;
  }
  if (others == 0) return fmt::format("after this scenario the server {}", what);
  return fmt::format("while this and {} other scenarios ran, the server got so that it {}", others,
                     what);
}

void mark_skipped(result::ScenarioResult& result, const SkipReason& reason) {
  result.verdict = result::Verdict::skipped;
  result.because = reason.text();
}

void mark_not_judged(result::ScenarioResult& result, NotJudged why, const std::string& detail) {
  result.verdict = result::Verdict::error;
  result.because = not_judged_text(why, detail);
}

void mark_blamed(result::ScenarioResult& result, const Blame& blame) {
  std::string& own = result.observed.detail;
  const bool found = result.verdict == result::Verdict::fail && !own.empty();
  own = found ? own + "; " + blame.text() : blame.text();
  result.verdict = result::Verdict::fail;
  result.cls = blame.state == HealthCheck::State::stuck ? result::Class::hung : result::Class::died;
  result.because.clear();
}

}  // namespace wsspec::engine
