#include "app/probe_facts.h"

#include <algorithm>
#include <cmath>

#include "app/options.h"
#include "diagnose/diagnosis.h"
#include "diagnose/idle_cut.h"
#include "explain/explain.h"

namespace wsspec {

double ProbeFacts::ping(double share) const {
  std::vector<double> sorted = pongs;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return 0;
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::lround(share * last))];
}

int ProbeFacts::exit_code() const {
  if (interrupted) return kExitInterrupted;
  if (unreachable) return kExitNotJudged;
  return findings.empty() ? kExitGood : kExitFindings;
}

std::string finding_text(const result::Fact& fact) {
  result::ScenarioResult result;
  result.verdict = result::Verdict::error;
  result.fact = fact;
  std::string out = diagnose::diagnose(result);
  if (fact.cause == result::Cause::idle_cut) out += " " + diagnose::usual_idle_cuts(fact.ms);
  if (fact.cause != result::Cause::closed_unasked) return out;
  if (fact.code == 1008 && fact.text.empty())
    return out +
           " Without a reason it is a token, origin or plan check as a rule: send what the "
           "clients send (-H, --subprotocol, --origin).";
  if (const auto* text = explain::code_text(fact.code)) out += " " + std::string(text->meaning);
  return out;
}

int days_left(const net::Certificate& certificate, std::int64_t now) {
  return static_cast<int>(
      std::floor(static_cast<double>(certificate.not_after - now) / (24.0 * 3600)));
}

}  // namespace wsspec
