#include "report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "text/escape.h"
#include "wire/close_code.h"

namespace wsspec::report {
namespace {

using Json = nlohmann::ordered_json;
using text::well_formed;

Json rounded(double ms) {
  if (!std::isfinite(ms)) return nullptr;
  return std::round(ms * 1000) / 1000;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (std::is_floating_point_v<T>)
    return rounded(*value);
  else
    return *value;
}

Json or_null(const char* text) {
  if (text == nullptr) return nullptr;
  return text;
}

Json observed_object(const result::Observed& seen) {
  Json out = Json::object();
  out["code"] = or_null(seen.code);
  out["name"] = or_null(seen.code ? wire::close_code_name(*seen.code) : nullptr);
  out["reason"] = well_formed(seen.reason);
  out["closer"] = result::closer_name(seen.closer);
  out["end"] = result::end_name(seen.end);
  out["http_status"] = or_null(seen.http_status);
  out["close_ms"] = or_null(seen.close_ms);
  out["eof_ms"] = or_null(seen.eof_ms);
  out["sent"] = seen.sent;
  out["answered"] = seen.answered;
  out["barrier"] = well_formed(seen.barrier);
  if (seen.tls)
    out["tls"] = {{"version", well_formed(seen.tls->version)},
                  {"end", result::tls_end_name(seen.tls->end)}};
  return out;
}

Json scenario_object(const result::ScenarioResult& result) {
  Json out = Json::object();
  out["name"] = well_formed(result.name);
  out["title"] = well_formed(result.title);
  out["tags"] = Json::array();
  for (const std::string& tag : result.tags) out["tags"].push_back(well_formed(tag));
  out["level"] = well_formed(result.level);
  out["spec"] = well_formed(result.spec);
  out["verdict"] = result::verdict_name(result.verdict);
  out["class"] = or_null(result::class_name(result.cls));
  out["timed"] = result.timed;
  out["expected"] = Json::array();
  for (const scenario::Outcome& outcome : result.expected) {
    const std::string text = well_formed(outcome.json());
    Json value = Json::parse(text, nullptr, false);
    out["expected"].push_back(value.is_discarded() ? Json(text) : std::move(value));
  }
  out["observed"] = observed_object(result.observed);
  out["diagnosis"] = well_formed(result.diagnosis);
  out["because"] = well_formed(result.because);
  out["duration_ms"] = rounded(result.duration_ms);
  return out;
}

Json summary_object(const result::Summary& summary) {
  Json out = Json::object();
  out["pass"] = summary.pass;
  out["tolerated"] = summary.tolerated;
  out["fail"] = summary.fail;
  out["skipped"] = summary.skipped;
  out["error"] = summary.error;
  out["duration_ms"] = rounded(summary.duration_ms);
  return out;
}

void add_run(Json& out, const result::RunInfo& info) {
  out["schema"] = "wsspec-report/1";
  out["tool"]["version"] = well_formed(info.version);
  out["target"]["url"] = well_formed(text::redact_url(info.url));
  out["target"]["server"] = well_formed(info.server);
  out["scenario_set"] = well_formed(info.scenario_set);
  out["started"] = well_formed(info.started);
  out["strict"] = info.strict;
}

/// Never throws: what is not UTF-8 was made so above, and would be replaced here. Harmless when it
/// is printed: nothing in it acts on a terminal or turns a line around.
std::string compact(const Json& value) {
  return text::json_text(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void JsonReport::on_start(const result::RunInfo& info) {
  info_ = info;
}

void JsonReport::on_result(const result::ScenarioResult& result) {
  if (!scenarios_.empty()) scenarios_ += ",\n";
  scenarios_ += "    " + compact(scenario_object(result));
  if (!ended_) summary_.add(result.verdict);
}

void JsonReport::on_end(const result::Summary& summary, bool interrupted) {
  summary_ = summary;
  ended_ = true;
  interrupted_ = interrupted;
}

std::string JsonReport::document() const {
  Json head = Json::object();
  add_run(head, info_);
  if (interrupted_ || !ended_) head["interrupted"] = true;
  head["summary"] = summary_object(summary_);
  std::string out = "{\n";
  for (const auto& [key, value] : head.items())
    out += "  \"" + key + "\": " + compact(value) + ",\n";
  out += "  \"scenarios\": [";
  if (!scenarios_.empty()) out += "\n" + scenarios_ + "\n  ";
  return out + "]\n}\n";
}

void EventsReport::on_start(const result::RunInfo& info) {
  Json out = Json::object();
  out["event"] = "start";
  add_run(out, info);
  out["selected"] = info.selected;
  sink_(compact(out) + "\n");
}

void EventsReport::on_result(const result::ScenarioResult& result) {
  Json out = Json::object();
  out["event"] = "result";
  out.update(scenario_object(result));
  sink_(compact(out) + "\n");
}

void EventsReport::on_notice(const std::string& text) {
  Json out = Json::object();
  out["event"] = "notice";
  out["text"] = well_formed(text);
  sink_(compact(out) + "\n");
}

void EventsReport::on_end(const result::Summary& summary, bool interrupted) {
  Json out = Json::object();
  out["event"] = "end";
  out["summary"] = summary_object(summary);
  out["interrupted"] = interrupted;
  sink_(compact(out) + "\n");
}

}  // namespace wsspec::report
