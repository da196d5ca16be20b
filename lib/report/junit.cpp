#include "report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.h"
#include "text/escape.h"

namespace wsspec::report {
namespace {

using result::Verdict;
using text::xml;

/// xs:dateTime without a zone, as the schemas in use want it: RFC 3339 (UTC) cut to the second.
std::string timestamp(const Printable& printable) {
  const std::string started = printable.for_terminal();
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (started.size() < shape.size()) return "1970-01-01T00:00:00";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = started[i] >= '0' && started[i] <= '9';
    if (shape[i] == '0' ? !digit : started[i] != shape[i]) return "1970-01-01T00:00:00";
  }
  return started.substr(0, shape.size());
}

std::string seconds(double ms) {
  return fmt::format("{:.3f}", std::isfinite(ms) && ms > 0 ? ms / 1000 : 0.0);
}

/// Expected, observed and octets: the words of the console.
std::string body(const Result& result, const Command& command) {
  std::string out;
  if (!result.title.empty()) out += "title: " + result.title.for_terminal() + "\n";
  out += fmt::format("expected: {}\n", expected_text(result));
  const std::string observed = observed_text(result);
  if (!observed.empty()) out += "observed: " + observed + "\n";
  const std::string why = why_text(result);
  if (!why.empty()) out += "diagnosis: " + why + "\n";
  if (!result.spec.empty())
    out += fmt::format("requirement: {} ({})\n", result.spec.for_terminal(),
                       scenario::level_name(result.level));
  out += fmt::format("impact: {}\n", scenario::impact_name(result.impact));
  if (!result.failed_step.empty()) out += "step: " + result.failed_step.for_terminal() + "\n";
  for (const std::string& row : excerpt_lines(result.fault)) out += row + "\n";
  for (const std::string& row : output_lines(result.server_end)) out += "server: " + row + "\n";
  const std::string line = reproduce_text(command.prefix, command.whole_run, result);
  out += "reproduce: " + line + "\n";
  for (const std::string& text : {hidden_text(line), reproduced_text(result)})
    if (!text.empty()) out += text + "\n";
  return out;
}

/// Text content: line ends stay line ends, unlike in an attribute.
std::string xml_text(std::string_view text) {
  std::string out;
  for (std::size_t end = 0; !text.empty(); text.remove_prefix(end)) {
    end = std::min(text.find('\n'), text.size());
    out += xml(text.substr(0, end));
    if (end == text.size()) continue;
    out += '\n';
    ++end;
  }
  return out;
}

/// Why it is so, else what was expected and what came.
std::string message_of(const Result& result) {
  std::string message = why_text(result);
  if (!message.empty()) return message;
  message = "expected " + expected_text(result);
  const std::string observed = observed_text(result);
  return observed.empty() ? message : message + ", observed " + observed;
}

/// The element inside a testcase that says it did not simply pass.
struct Outcome {
  enum class Kind : std::uint8_t { none, failure, error, skipped };
  Kind kind = Kind::none;
  std::string xml;
};

std::string element(const Result& result, const Command& command, const char* name,
                    const char* type) {
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", name, type,
                     xml(message_of(result)), xml_text(body(result, command)));
}
Outcome failure(const Result& result, const Command& command, const char* type) {
  return {Outcome::Kind::failure, element(result, command, "failure", type)};
}
Outcome skipped(const char* type, const std::string& message) {
  return {Outcome::Kind::skipped,
          fmt::format("      <skipped type=\"{}\" message=\"{}\"/>\n", type, xml(message))};
}

Outcome outcome_of(const Result& result, const Command& command, Impact fail_on) {
  const char* impact = scenario::impact_name(result.impact);
  const char* cls = result::class_name(result.cls);
  switch (result.verdict) {
    case Verdict::pass:
      return {};
    case Verdict::tolerated:
      return result.counts ? failure(result, command, "tolerated")
                           : skipped("tolerated", "tolerated: " + message_of(result));
    case Verdict::fail:
      if (result.counts) return failure(result, command, cls != nullptr ? cls : "fail");
      return skipped(impact, fmt::format("a fail of impact {}, below --fail-on {}: {}", impact,
                                         scenario::impact_name(fail_on), message_of(result)));
    case Verdict::skipped:
      return result.counts ? failure(result, command, "skipped")
                           : skipped("skipped", why_text(result));
    case Verdict::error:
      return {Outcome::Kind::error, element(result, command, "error", "error")};
  }
  return {};
}

std::string case_xml(const Result& result, const Outcome& outcome) {
  return fmt::format("    <testcase name=\"{}\" classname=\"wsspec.{}\" time=\"{}\"",
                     result.id.for_xml(), result.suite.for_xml(), seconds(result.duration_ms)) +
         (outcome.xml.empty() ? "/>\n" : ">\n" + outcome.xml + "    </testcase>\n");
}

/// No result has this number.
constexpr std::uint64_t kNoResult = UINT64_MAX;

}  // namespace

JUnitReport::Suite& JUnitReport::suite(const Printable& name) {
  const auto [known, fresh] = places_.try_emplace(name, suites_.size());
  if (fresh) suites_.emplace_back().name = name;
  return suites_[known->second];
}

// One error, so that a reader of this file alone does not take it for a good run.
void JUnitReport::on_start(const Run& run) {
  run_ = run;
  if (run.unreachable.empty()) return;
  Suite& setup = suite(Printable::of_ours("setup"));
  setup.tests = setup.errors = 1;
  std::string output;
  for (const std::string& row : output_lines(run.server_end)) output += "\nserver: " + row;
  setup.cases.push_back(
      {kNoResult,
       texts_.keep(fmt::format(
           "    <testcase name=\"target\" classname=\"wsspec.setup\" time=\"0.000\">\n"
           "      <error type=\"unreachable\" message=\"{0}\">{0}{1}</error>\n    </testcase>\n",
           run.unreachable.for_xml(), xml_text(output)))});
}

void JUnitReport::cut_short(const Printable& why) {
  Suite& setup = suite(Printable::of_ours("setup"));
  ++setup.tests;
  ++setup.errors;
  setup.cases.push_back(
      {kNoResult,
       texts_.keep(fmt::format(
           "    <testcase name=\"run\" classname=\"wsspec.setup\" time=\"0.000\">\n"
           "      <error type=\"cut-short\" message=\"{0}\">{0}</error>\n    </testcase>\n",
           why.for_xml()))});
}

void JUnitReport::on_result(const Result& result) {
  Suite& suite = this->suite(result.suite);
  ++suite.tests;
  suite.duration_ms += result.duration_ms;
  const Outcome outcome = outcome_of(result, command_, run_.fail_on);
  suite.failures += outcome.kind == Outcome::Kind::failure;
  suite.errors += outcome.kind == Outcome::Kind::error;
  suite.skipped += outcome.kind == Outcome::Kind::skipped;
  suite.cases.push_back({result.serial, texts_.keep(case_xml(result, outcome))});
}

void JUnitReport::on_repeated(const Result& result) {
  for (Case& one : suite(result.suite).cases)
    if (one.serial == result.serial)
      one.xml = texts_.keep(case_xml(result, outcome_of(result, command_, run_.fail_on)));
}

void JUnitReport::on_end(const RunEnd& end) {
  duration_ms_ = end.summary.duration_ms;
  ended_ = true;
  interrupted_ = end.interrupted;
}

std::string JUnitReport::document() const {
  Suite total;
  std::string inner;
  for (const Suite& suite : suites_) {
    total.tests += suite.tests;
    total.failures += suite.failures;
    total.errors += suite.errors;
    total.skipped += suite.skipped;
    total.duration_ms += suite.duration_ms;
    inner += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{}\" timestamp=\"{}\" hostname=\"localhost\">\n    <properties>\n",
        suite.name.for_xml(), suite.tests, suite.failures, suite.errors, suite.skipped,
        seconds(suite.duration_ms), timestamp(run_.started));
    const auto property = [&](const char* name, const Printable& value) {
      inner += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, value.for_xml());
    };
    property("wsspec.version", run_.version);
    property("target.url", run_.url);
    property("target.server", run_.server);
    property("scenario_set", run_.scenario_set);
    if (interrupted_ || !ended_) property("interrupted", Printable::of_ours("true"));
    inner += "    </properties>\n";
    for (const Case& one : suite.cases) inner += one.xml;
    inner += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wsspec\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n{}</testsuites>\n",
      total.tests, total.failures, total.errors, total.skipped,
      seconds(ended_ ? duration_ms_ : total.duration_ms), inner);
}

}  // namespace wsspec::report
