#include "diagnose/situation.h"

#include <fmt/format.h>

#include "diagnose/clause.h"
#include "text/escape.h"
#include "wire/close_code.h"

namespace wsspec::diagnose {
namespace {

using scenario::Outcome;
using Kind = Outcome::Kind;

constexpr std::size_t kDetail = 240;  // octets shown of a clause of the engine's
constexpr std::size_t kReason = 48;   // of the server's Close reason
constexpr std::size_t kWanted = 60;   // of what was expected

bool names(const scenario::CodeSet& codes, int code) {
  for (const auto& range : codes.ranges) {
    if (range.from == code && range.to == code) return true;
  }
  return false;
}

/// 1007 has three meanings, told apart by the rule that our own octets break.
Want bad_data(const result::ScenarioResult& result) {
  if (result.own_fault == wire::ViolationKind::deflate_data) return Want::deflate;
  if (result.own_fault == wire::ViolationKind::close_reason_not_utf8) return Want::reason;
  return Want::text;
}

Want want_of_close(const result::ScenarioResult& result, const scenario::CodeSet& codes) {
  if (names(codes, 1007)) return bad_data(result);
  // By the first code listed: the others are alternates.
  if (codes.ranges.empty() || codes.ranges[0].from != codes.ranges[0].to) return Want::close;
  switch (codes.ranges[0].from) {
    case 1008:
      return Want::policy;
    case 1009:
      return Want::size;
    case 1003:
      return Want::type;
    case 1002:
      return Want::protocol;
    default:
      return Want::close;
  }
}

Want want_of(const result::ScenarioResult& result, const Outcome& outcome) {
  switch (outcome.kind) {
    case Kind::close:
      return want_of_close(result, outcome.codes);
    case Kind::by_policy:
      return Want::policy;
    case Kind::by_payload:
      return result.fault.present ? Want::text : Want::take;
    case Kind::http:
      return Want::http;
    case Kind::drop:
      return Want::drop;
    case Kind::open_for:
    case Kind::silence:
      return Want::stay;
    case Kind::accepted:
    case Kind::echo:
    case Kind::message:
    case Kind::pong:
      return Want::take;
    case Kind::any_of:
      return outcome.any.empty() ? Want::any : want_of(result, outcome.any.front());
  }
  return Want::any;
}

std::string policy_key(const std::vector<Outcome>& expected) {
  for (const Outcome& outcome : expected) {
    if (outcome.kind == Kind::by_policy) return "policy." + outcome.policy_key;
    for (const Outcome& one : outcome.any)
      if (one.kind == Kind::by_policy) return "policy." + one.policy_key;
  }
  return "its policy";
}

std::string wanted_text(const std::vector<Outcome>& expected) {
  if (expected.empty()) return "something else";
  return text::printable(expected.front().text(), kWanted);
}

const char* subject(Want want) {
  switch (want) {
    case Want::text:
      return "text that is not UTF-8";
    case Want::reason:
      return "a Close reason that is not UTF-8";
    case Want::deflate:
      return "corrupt compressed data";
    default:
      return "bad data";
  }
}

const char* section(Want want) {
  switch (want) {
    case Want::reason:
      return "RFC 6455 5.5.1";
    case Want::deflate:
      return "RFC 7692 7.2.2";
    default:
      return "RFC 6455 8.1";
  }
}

}  // namespace

Situation::Situation(const result::ScenarioResult& from)
    : result(from), code(from.observed.code.value_or(0)) {
  if (!from.expected.empty()) want = want_of(from, from.expected.front());
  // A policy may declare a code of its own first.
  if (from.about_policy && want == Want::close) want = Want::policy;
}

std::string Situation::word(std::string_view name) const {
  const auto& observed = result.observed;
  if (name == "n") return std::to_string(code);
  if (name == "code") {
    if (!observed.code) return "no code";
    return code == 1005 ? "a Close without a code"
                        : fmt::format("{} ({})", code, wire::close_code_name(code));
  }
  if (name == "subject") return subject(want);
  if (name == "section") return section(want);
  if (name == "spec") return result.spec.empty() ? "RFC 6455" : text::printable(result.spec, 40);
  if (name == "wanted") return wanted_text(result.expected);
  if (name == "policy") return text::printable(policy_key(result.expected), 40);
  if (name == "detail") return text::printable(clause(result.fact), kDetail);
  if (name == "Detail") return sentence(text::printable(clause(result.fact), kDetail));
  if (name == "status") return std::to_string(result.fact.status);
  if (name == "reason") {
    if (observed.reason.empty()) return {};
    return fmt::format(" It gave the reason \"{}\".", text::printable(observed.reason, kReason));
  }
  return {};
}

std::string Situation::fill(std::string_view words) const {
  std::string out;
  while (!words.empty()) {
    const std::size_t open = words.find('{');
    const std::size_t end = open == std::string_view::npos ? open : words.find('}', open);
    out += words.substr(0, end == std::string_view::npos ? end : open);
    if (end == std::string_view::npos) break;
    out += word(words.substr(open + 1, end - open - 1));
    words.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace wsspec::diagnose
