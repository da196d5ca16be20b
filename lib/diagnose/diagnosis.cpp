// Which table speaks for which verdict; the words themselves are in rules.cpp and
// handshake_words.cpp.
#include "diagnose/diagnosis.h"

#include <fmt/format.h>

#include "diagnose/handshake_words.h"
#include "diagnose/origin.h"
#include "diagnose/rules.h"
#include "diagnose/situation.h"
#include "diagnose/utf8_fault.h"
#include "text/escape.h"

namespace wsspec::diagnose {
namespace {

using result::Class;
using result::Verdict;

// A last net for texts that hold long foreign clauses; none of our own comes near it.
constexpr std::size_t kLongest = 400;

std::string skipped(const Situation& situation) {
  const std::string& because = situation.result.because;
  if (because.find("declares no policy") != std::string::npos) {
    return situation.fill("{Because} If it has such a rule, describe it in a target profile.");
  }
  if (because.find("no capability") != std::string::npos) {
    return situation.fill(
        "{Because} The profile says so, or it was found out before the run; `capabilities` in a "
        "target profile decides.");
  }
  return sentence(text::printable(because, 200));
}

/// A status that the scenario did not ask for, on a scenario about the handshake.
std::string other_status(const Situation& situation) {
  const auto status = situation.result.observed.http_status;
  if (situation.want != Want::http || situation.result.cls != Class::other_code || !status ||
      situation.code != 0 || situation.result.observed.detail.find("header") != std::string::npos) {
    return {};
  }
  const std::string usual = refusal_words(*status);
  if (usual.empty())
    return situation.fill("The handshake got HTTP {status}, where {wanted} was due.");
  return situation.fill("The handshake got HTTP {status}, where {wanted} was due; usually: ") +
         usual;
}

/// No rule speaks: the engine's clause, and what was wanted.
std::string plain(const Situation& situation) {
  if (situation.result.observed.detail.empty()) {
    return situation.fill("The server did something else than was wanted: {wanted}.");
  }
  return situation.fill("{Detail} Wanted: {wanted}.");
}

std::string judged(const Situation& situation) {
  std::string out = other_status(situation);
  if (out.empty()) out = words_of_rules(situation);
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
  return text::printable(words(result), kLongest);
}

void complete(result::ScenarioResult& result) {
  result.diagnosis = diagnose(result);
  if (result.fault.present) {
    result.fault.why =
        utf8_fault_reason(result.fault.octets, result.fault.mark, result.fault.truncated);
  }
}

}  // namespace wsspec::diagnose
