#include "report/border.h"

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>

#include "diagnose/diagnosis.h"
#include "diagnose/server_end.h"

namespace wsspec::report {
namespace {

using text::Secrets;
using text::show;

constexpr std::size_t kJson = 1u << 20;  // octets of an outcome's JSON, which is of no use when cut

/// The kind of outcome may be said, what it compares with may not.
void without_patterns(scenario::Outcome& outcome) {
  outcome.codes.reason = {};
  outcome.http.headers.clear();
  outcome.http.head = {};
  outcome.message = {};
  outcome.because.clear();
  for (auto& one : outcome.any) without_patterns(one);
}

void redact(result::Fact& fact, const Secrets& secrets) {
  fact.text = secrets.redact(fact.text);
  fact.detail = secrets.redact(fact.detail);
  for (auto& part : fact.of) redact(part, secrets);
}

/// A secret may come in pieces, each in a frame of its own.
void mask(std::vector<result::TranscriptLine>& lines, const Secrets& secrets) {
  using Direction = result::TranscriptLine::Direction;
  for (auto& line : lines) secrets.mask(line.octets);
  for (const Direction direction : {Direction::sent, Direction::received}) {
    wire::OctetVector all;
    for (const auto& line : lines)
      if (line.direction == direction)
        all.insert(all.end(), line.octets.begin(), line.octets.end());
    secrets.mask(all);
    auto from = all.begin();
    for (auto& line : lines) {
      if (line.direction != direction) continue;
      const auto to = from + static_cast<std::ptrdiff_t>(line.octets.size());
      std::copy(from, to, line.octets.begin());
      from = to;
    }
  }
}

/// What the diagnosis reads. It cuts texts, and half a secret could not be found afterwards.
result::ScenarioResult redacted(const result::ScenarioResult& raw, const Secrets& secrets) {
  result::ScenarioResult out = raw;
  if (secrets.empty()) return out;
  redact(out.fact, secrets);
  for (std::string* text : {&out.because, &out.observed.reason, &out.observed.detail})
    *text = secrets.redact(*text);
  if (!out.built_in) out.spec = secrets.redact(out.spec);
  mask(out.transcript, secrets);
  secrets.mask(out.fault.octets);
  for (auto& outcome : out.expected)
    for (const std::string& text : {outcome.json(), outcome.text()})
      if (secrets.redact(text) != text) without_patterns(outcome);
  return out;
}

Observed shown(const result::Observed& raw, const Secrets& secrets) {
  Observed out;
  out.code = raw.code;
  out.reason = show(raw.reason, secrets);
  out.closer = raw.closer;
  out.end = raw.end;
  out.http_status = raw.http_status;
  out.close_ms = raw.close_ms;
  out.eof_ms = raw.eof_ms;
  out.lag_ms = raw.lag_ms;
  out.sent = raw.sent;
  out.answered = raw.answered;
  if (raw.tls) out.tls = Observed::Tls{show(raw.tls->version, secrets), raw.tls->end};
  out.evidence = raw.evidence;
  out.detail = show(raw.detail, {});  // redacted before its words were made
  return out;
}

/// The server went on after our fault, or returned it in a Close or a text of its own.
std::optional<wire::ViolationKind> unchecked(const result::ScenarioResult& result) {
  using result::Cause;
  using result::Class;
  if (result.verdict != result::Verdict::fail || !result.own_fault) return {};
  const bool went_on = result.cls == Class::accepted || result.cls == Class::processed_after_fault;
  const Cause cause = result.fact.cause;
  const bool returned =
      result.cls == Class::broken &&
      (cause == result::cause_of(*result.own_fault) ||
       (*result.own_fault == wire::ViolationKind::close_reason_not_utf8 &&
        (cause == Cause::close_reason_cut || cause == Cause::close_reason_too_long)));
  return went_on || returned ? result.own_fault : std::nullopt;
}

/// The last lines; a long one's beginning. Redacted as a whole: a line may be cut in a secret.
std::vector<text::Printable> last_lines(const std::string& output, const Secrets& secrets) {
  constexpr std::size_t kLines = 20, kLineOctets = 400, kLooked = 16384;
  std::string text = output;
  if (text.size() > kLooked) text.erase(0, text.size() - kLooked);
  text = secrets.redact(text);
  std::deque<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line.substr(0, kLineOctets));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (lines.size() > kLines) lines.pop_front();
  }
  std::vector<text::Printable> out;
  for (const std::string_view line : lines) out.push_back(show(line, secrets));
  return out;
}

ServerEnd shown(const result::ServerEnd& raw, const Secrets& secrets) {
  ServerEnd out;
  out.text = show(diagnose::server_end_text(raw), secrets);
  out.by_itself = raw.by_itself;
  out.exit_status = raw.exit_status;
  if (const int number = diagnose::signal_of(raw); number != 0)
    out.signal = show(diagnose::signal_name(number), secrets);
  out.core = raw.core;
  out.output = last_lines(raw.output, secrets);
  return out;
}

std::optional<Result::Connections> connections(const result::Fact& fact) {
  using result::Cause;
  if (fact.cause != Cause::close_lost_to_reset && fact.cause != Cause::reset_after_close &&
      fact.cause != Cause::not_so_many_connections)
    return std::nullopt;
  return Result::Connections{.matched = fact.count, .total = fact.total};
}

}  // namespace

Result shown(const result::ScenarioResult& raw, const Secrets& secrets) {
  result::ScenarioResult known = redacted(raw, secrets);
  diagnose::complete(known);
  Result out;
  const Secrets none;
  const Secrets& named = known.built_in ? none : secrets;
  out.name = show(known.name, named);
  out.suite = show(known.suite, named);
  std::string_view id = known.name;
  if (id.starts_with(known.suite + "/")) id.remove_prefix(known.suite.size() + 1);
  out.id = show(id, named);
  out.title = show(known.title, named);
  for (const std::string& tag : known.tags) out.tags.push_back(show(tag, named));
  out.level = known.level;
  out.impact = known.impact;
  out.rule = show(known.rule, named);
  out.spec = show(known.spec, named);
  out.verdict = known.verdict;
  out.cls = known.cls;
  // One of our own words: it stays what it is, whatever the secrets are.
  if (const char* cause = result::cause_name(known.fact.cause)) out.cause = show(cause, {});
  out.unchecked = unchecked(known);
  out.without_server = known.verdict == result::Verdict::skipped &&
                       (known.fact.cause == result::Cause::server_down ||
                        known.fact.cause == result::Cause::slots_gone ||
                        known.fact.cause == result::Cause::target_unreachable);
  out.timed = known.timed;
  for (const scenario::Outcome& outcome : known.expected)
    out.expected.push_back(
        {outcome.kind, show(outcome.text(), secrets), show(outcome.json(), secrets, kJson)});
  out.observed = shown(known.observed, secrets);
  out.connections = connections(known.fact);
  // Made of redacted texts and of words of our own, which stay what they are.
  out.diagnosis = show(known.diagnosis, none);
  out.because = show(known.because, none);
  out.failed_step = show(known.failed_step, secrets);
  out.reproduction = shown(known.reproduction, secrets);
  if (known.server_end) out.server_end = shown(*known.server_end, secrets);
  out.duration_ms = known.duration_ms;
  const result::FaultExcerpt& fault = known.fault;
  out.fault = {
      fault.present,           fault.octets, fault.mark, fault.offset, fault.at, fault.truncated,
      show(fault.why, secrets)};
  for (const result::TranscriptLine& line : known.transcript)
    out.transcript.push_back(
        {line.direction, line.at_ms, show(line.what, secrets), line.octets, line.length});
  return out;
}

Result::Reproduction shown(const result::Reproduction& raw, const Secrets& secrets) {
  Result::Reproduction out{raw.alone, {}, raw.jobs};
  for (const std::string& name : raw.with) out.with.push_back(show(name, secrets));
  return out;
}

Run shown(const result::RunInfo& raw, const Secrets& secrets) {
  Run out;
  out.version = show(raw.version, secrets);
  out.url = show(raw.url, secrets);
  out.server = show(raw.server, secrets);
  out.scenario_set = show(raw.scenario_set, secrets);
  out.started = show(raw.started, secrets);
  out.strict = raw.strict;
  out.selected = raw.selected;
  if (raw.server_end) out.server_end = shown(*raw.server_end, secrets);
  return out;
}

}  // namespace wsspec::report
