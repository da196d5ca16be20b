// Which table speaks for which verdict; the words themselves are in rules.cpp and
// refusals.cpp.
#include "diagnose/diagnosis.h"

#include <fmt/format.h>

#include "diagnose/clause.h"
#include "diagnose/origin.h"
#include "diagnose/refusals.h"
#include "diagnose/rules.h"
#include "diagnose/server_end.h"
#include "diagnose/situation.h"
#include "diagnose/utf8_fault.h"
#include "text/escape.h"

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Class;
using result::Verdict;

// A last net for texts that hold long foreign clauses; none of our own comes near it.
constexpr std::size_t kLongest = 400;

std::string skipped(const Situation& situation) {
  switch (situation.result.fact.cause) {
    case Cause::policy_not_declared:
      return situation.fill("{Detail} If it has such a rule, describe it in a target profile.");
    case Cause::capability_missing:
    case Cause::capability_present:
      return situation.fill(
          "{Detail} The profile says so, or it was found out before the run; `capabilities` in a "
          "target profile decides.");
    default:
      return situation.fill("{Detail}");
  }
}

/// No rule speaks: the clause, and what was expected.
std::string plain(const Situation& situation) {
  if (situation.result.fact.cause == Cause::none)
    return situation.fill("The server did something else than was expected: {wanted}.");
  return situation.fill("{Detail} Expected: {wanted}.");
}

std::string judged(const Situation& situation) {
  std::string out = words_of_rules(situation);
  if (out.empty()) out = plain(situation);
  const auto& fault = situation.result.fault;
  const bool taken =
      situation.result.cls == Class::accepted || situation.result.cls == Class::repaired;
  if (taken && fault.present && fault.offset == 0) {
    const std::string origin = known_signature(fault.octets);
    if (!origin.empty()) out += fmt::format(" (The data looks like {}.)", origin);
  }
  return out;
}

std::string words(const result::ScenarioResult& result) {
  const Situation situation(result);
  switch (result.verdict) {
    case Verdict::pass:
      return result.cls == Class::late ? judged(situation) : std::string();
    case Verdict::tolerated:
    case Verdict::fail:
      return judged(situation);
    case Verdict::skipped:
      return skipped(situation);
    case Verdict::error:
      return why_not_judged(situation);
  }
  return {};
}

}  // namespace

std::string diagnose(const result::ScenarioResult& result) {
  std::string out;
  if (result.direct)
    out = fmt::format("Only through the proxy; without it: {}. ", result.direct->words);
  return text::printable(out + words(result), kLongest);
}

void complete(result::ScenarioResult& result) {
  const std::string found = clause(result.fact);
  const bool judged = result.verdict == Verdict::fail || result.verdict == Verdict::tolerated;
  if (judged) result.observed.detail = found;
  if (judged && result.server_end)
    result.observed.detail += "; " + server_end_text(*result.server_end);
  // What is tolerated by its level alone, skipped or not judged has no other reason.
  if (result.because.empty() && result.verdict != Verdict::pass && result.verdict != Verdict::fail)
    result.because = found;
  result.diagnosis = diagnose(result);
  if (result.fault.present) {
    result.fault.why =
        utf8_fault_reason(result.fault.octets, result.fault.mark, result.fault.truncated);
  }
}

}  // namespace wsspec::diagnose
