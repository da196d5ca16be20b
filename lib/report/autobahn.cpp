#include "report/autobahn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "text/escape.h"

namespace wsspec::report {
namespace {

using result::Class;
using result::Closer;
using result::End;
using result::Verdict;
using Kind = scenario::Outcome::Kind;

constexpr std::string_view kTag = "autobahn:";
constexpr std::string_view kInformational = "INFORMATIONAL";
constexpr std::string_view kUnimplemented = "UNIMPLEMENTED";

bool expects(const Result& result, Kind kind) {
  return std::any_of(result.expected.begin(), result.expected.end(),
                     [&](const Expected& outcome) { return outcome.kind == kind; });
}

std::string_view behavior_of(const Result& result) {
  // What no server was there for is not to be read as a feature that is missing.
  if (result.without_server || result.verdict == Verdict::error) return "FAILED";
  if (result.verdict == Verdict::skipped) return kUnimplemented;
  if (result.level == scenario::Level::may) return kInformational;
  if (result.verdict == Verdict::fail) return "FAILED";
  if (result.verdict == Verdict::tolerated) return "NON-STRICT";
  const bool overtaken = expects(result, Kind::echo) && result.observed.answered == 0;
  return overtaken ? "NON-STRICT" : "OK";
}

/// How the connection ended. What decided a failure says what was due.
std::string_view close_of(const Result& result) {
  if (result.without_server || result.verdict == Verdict::error) return "FAILED";
  if (result.verdict == Verdict::skipped) return kUnimplemented;
  if (result.level == scenario::Level::may) return kInformational;
  if (result.verdict != Verdict::fail) return "OK";
  const auto& seen = result.observed;
  if (result.cls == Class::broken) return "FAILED";
  if (expects(result, Kind::close)) {
    if (seen.code) return result.cls == Class::other_code ? "WRONG CODE" : "OK";
    if (seen.end != End::open || seen.closer == Closer::client) return "UNCLEAN";
    return "FAILED BY CLIENT";
  }
  if (expects(result, Kind::drop)) return seen.end == End::open ? "FAILED BY CLIENT" : "OK";
  // An answer was due, and the connection had to go on.
  if (seen.closer == Closer::server) return "FAILED";
  return seen.end == End::open ? "OK" : "UNCLEAN";
}

int badness_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::skipped:
      return 0;
    case Verdict::pass:
      return 1;
    case Verdict::tolerated:
      return 2;
    case Verdict::fail:
      return 3;
    case Verdict::error:
      return 4;
  }
  return 4;
}

std::string json_string(const std::string& text) {
  return text::json_text(nlohmann::json(text).dump());
}

/// As the original names it: lower case, and "_" for all but letters and digits.
std::string file_name(std::string_view agent, std::string id) {
  std::string out;
  for (const char c : agent) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    out += (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') ? lower : ' ';
  }
  const auto first = out.find_first_not_of(' ');
  out = first == std::string::npos ? "" : out.substr(first, out.find_last_not_of(' ') - first + 1);
  std::replace(out.begin(), out.end(), ' ', '_');
  std::replace(id.begin(), id.end(), '.', '_');
  return out + "_case_" + id + ".json";
}

}  // namespace

void AutobahnReport::on_start(const Run& run) {
  if (agent_.empty())
    agent_ = run.server.empty() ? Printable::of_ours("UnknownServer") : run.server;
}

void AutobahnReport::on_result(const Result& result) {
  for (const Printable& printable : result.tags) {
    const std::string tag = printable.for_json();
    if (!tag.starts_with(kTag) || tag.size() == kTag.size()) continue;
    Case found;
    found.badness = badness_of(result.verdict);
    found.behavior = behavior_of(result);
    found.close = close_of(result);
    if (std::isfinite(result.duration_ms)) found.duration = std::llround(result.duration_ms);
    if (result.observed.code != 1005) found.code = result.observed.code;  // a Close without a code
    const auto [known, fresh] = cases_.try_emplace(tag.substr(kTag.size()), found);
    if (!fresh && found.badness > known->second.badness) known->second = found;
  }
}

std::string AutobahnReport::document() const {
  std::string out = fmt::format("{{\n   {}: {{", json_string(agent_.for_json()));
  const char* separator = "\n";
  for (const auto& [id, found] : cases_) {
    out += fmt::format("{}      {}: {{\n", separator, json_string(id));
    out += fmt::format("         \"behavior\": \"{}\",\n", found.behavior);
    out += fmt::format("         \"behaviorClose\": \"{}\",\n", found.close);
    out += fmt::format("         \"duration\": {},\n", found.duration);
    out += fmt::format("         \"remoteCloseCode\": {},\n",
                       found.code ? std::to_string(*found.code) : "null");
    out += fmt::format("         \"reportfile\": {}\n      }}",
                       json_string(file_name(agent_.for_json(), id)));
    separator = ",\n";
  }
  return out + (cases_.empty() ? "}\n}\n" : "\n   }\n}\n");
}

}  // namespace wsspec::report
