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
std::string timestamp(const std::string& started) {
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
std::string body(const result::ScenarioResult& result) {
  std::string out = fmt::format("expected: {}\n", expected_text(result));
  const std::string observed = observed_text(result);
  if (!observed.empty()) out += "observed: " + observed + "\n";
  const std::string why = why_text(result);
  if (!why.empty()) out += "diagnosis: " + why + "\n";
  if (!result.spec.empty())
    out += fmt::format("requirement: {} ({})\n", line(result.spec), line(result.level));
  if (!result.failed_step.empty()) out += "step: " + line(result.failed_step) + "\n";
  for (const std::string& row : excerpt_lines(result.fault)) out += row + "\n";
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

/// The element inside a testcase that says it did not simply pass; empty if it did.
std::string outcome_element(const result::ScenarioResult& result, const char* element,
                            const char* type) {
  std::string message = why_text(result);
  if (message.empty()) {
    message = "expected " + expected_text(result);
    const std::string observed = observed_text(result);
    if (!observed.empty()) message += ", observed " + observed;
  }
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element, type,
                     xml(message), xml_text(body(result)));
}

}  // namespace

JUnitReport::Suite& JUnitReport::suite(const std::string& name) {
  const auto found = std::find_if(suites_.begin(), suites_.end(),
                                  [&](const Suite& suite) { return suite.name == name; });
  if (found != suites_.end()) return *found;
  suites_.push_back({});
  suites_.back().name = name;
  return suites_.back();
}

void JUnitReport::on_start(const result::RunInfo& info) {
  info_ = info;
}

void JUnitReport::on_result(const result::ScenarioResult& result) {
  Suite& suite = this->suite(result.suite);
  ++suite.tests;
  suite.duration_ms += result.duration_ms;
  std::string inside;
  switch (result.verdict) {
    case Verdict::pass:
      break;
    case Verdict::tolerated:
      if (info_.strict && result.level != "may") {
        ++suite.failures;
        inside = outcome_element(result, "failure", "tolerated");
      }
      break;
    case Verdict::fail: {
      ++suite.failures;
      const char* type = result::class_name(result.cls);
      inside = outcome_element(result, "failure", type != nullptr ? type : "fail");
      break;
    }
    case Verdict::skipped:
      ++suite.skipped;
      inside = fmt::format("      <skipped message=\"{}\"/>\n", xml(why_text(result)));
      break;
    case Verdict::error:
      ++suite.errors;
      inside = outcome_element(result, "error", "error");
      break;
  }
  std::string_view id = result.name;
  if (id.starts_with(result.suite + "/")) id.remove_prefix(result.suite.size() + 1);
  suite.cases +=
      fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{}\"", xml(line(id)),
                  xml("wsspec." + line(result.suite)), seconds(result.duration_ms));
  suite.cases += inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n";
}

void JUnitReport::on_end(const result::Summary& summary, bool interrupted) {
  duration_ms_ = summary.duration_ms;
  ended_ = true;
  interrupted_ = interrupted;
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
        xml(line(suite.name)), suite.tests, suite.failures, suite.errors, suite.skipped,
        seconds(suite.duration_ms), timestamp(info_.started));
    const auto property = [&](const char* name, const std::string& value) {
      inner += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml(line(value)));
    };
    property("wsspec.version", info_.version);
    property("target.url", text::redact_url(info_.url));
    property("target.server", info_.server);
    property("scenario_set", info_.scenario_set);
    if (interrupted_ || !ended_) property("interrupted", "true");
    inner += "    </properties>\n" + suite.cases + "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wsspec\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n{}</testsuites>\n",
      total.tests, total.failures, total.errors, total.skipped,
      seconds(ended_ ? duration_ms_ : total.duration_ms), inner);
}

}  // namespace wsspec::report
