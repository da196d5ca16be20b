#include "report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "text/escape.h"
#include "wire/close_code.h"

namespace wsspec::report {
namespace {

using Json = nlohmann::ordered_json;

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

Json observed_object(const Observed& seen) {
  Json out = Json::object();
  out["code"] = or_null(seen.code);
  out["name"] = or_null(seen.code ? wire::close_code_name(*seen.code) : nullptr);
  out["reason"] = seen.reason.for_json();
  out["closer"] = result::closer_name(seen.closer);
  out["end"] = result::end_name(seen.end);
  out["http_status"] = or_null(seen.http_status);
  out["close_ms"] = or_null(seen.close_ms);
  out["eof_ms"] = or_null(seen.eof_ms);
  out["lag_ms"] = rounded(seen.lag_ms);
  out["sent"] = seen.sent;
  out["answered"] = seen.answered;
  out["barrier"] = result::evidence_name(seen.evidence);  // its first name
  out["evidence"] = result::evidence_name(seen.evidence);
  if (seen.tls)
    out["tls"] = {{"version", seen.tls->version.for_json()},
                  {"end", result::tls_end_name(seen.tls->end)}};
  return out;
}

const char* direction_name(result::TranscriptLine::Direction direction) {
  using Direction = result::TranscriptLine::Direction;
  return direction == Direction::sent       ? "sent"
         : direction == Direction::received ? "received"
                                            : "note";
}

void add_line(Json& out, const TranscriptLine& line) {
  out["direction"] = direction_name(line.direction);
  out["at_ms"] = rounded(line.at_ms);
  out["what"] = line.what.for_json();
  out["length"] = line.length;
  out["octets"] = text::hex(line.octets, line.octets.size());
}

Json transcript_array(const std::vector<TranscriptLine>& transcript) {
  Json out = Json::array();
  for (const TranscriptLine& line : transcript) {
    Json entry = Json::object();
    add_line(entry, line);
    out.push_back(std::move(entry));
  }
  return out;
}

Json server_process_object(const ServerEnd& end) {
  Json out = Json::object();
  out["exit_status"] = end.by_itself ? or_null(end.exit_status) : Json(nullptr);
  out["signal"] = end.signal.empty() ? Json(nullptr) : Json(end.signal.for_json());
  out["core_dumped"] = end.core;
  out["output"] = Json::array();
  for (const Printable& line : end.output) out["output"].push_back(line.for_json());
  return out;
}

Json reproduction_object(const Result::Reproduction& reproduction) {
  Json out = Json::object();
  out["alone"] = *reproduction.alone;
  out["with"] = Json::array();
  for (const Printable& name : reproduction.with) out["with"].push_back(name.for_json());
  out["jobs"] = reproduction.jobs;
  return out;
}

Json scenario_object(const Result& result) {
  Json out = Json::object();
  out["name"] = result.name.for_json();
  out["title"] = result.title.for_json();
  out["tags"] = Json::array();
  for (const Printable& tag : result.tags) out["tags"].push_back(tag.for_json());
  out["level"] = scenario::level_name(result.level);
  out["impact"] = scenario::impact_name(result.impact);
  out["rule"] = result.rule.for_json();
  out["spec"] = result.spec.for_json();
  out["verdict"] = result::verdict_name(result.verdict);
  out["class"] = or_null(result::class_name(result.cls));
  out["cause"] = result.cause.empty() ? Json(nullptr) : Json(result.cause.for_json());
  out["timed"] = result.timed;
  out["expected"] = Json::array();
  for (const Expected& outcome : result.expected) {
    const std::string text = outcome.json.for_json();
    Json value = Json::parse(text, nullptr, false);
    out["expected"].push_back(value.is_discarded() ? Json(text) : std::move(value));
  }
  out["observed"] = observed_object(result.observed);
  if (result.connections)
    out["connections"] = {{"matched", result.connections->matched},
                          {"total", result.connections->total}};
  out["diagnosis"] = result.diagnosis.for_json();
  out["because"] = result.because.for_json();
  out["duration_ms"] = rounded(result.duration_ms);
  if (result.server_end) out["server_process"] = server_process_object(*result.server_end);
  if (result.reproduction.alone) out["reproduction"] = reproduction_object(result.reproduction);
  if (result.verdict == result::Verdict::fail || result.verdict == result::Verdict::error)
    out["transcript"] = transcript_array(result.transcript);
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

Json loop_object(const result::LoopFigures& loop) {
  Json out = Json::object();
  out["worst_lag_ms"] = rounded(loop.worst_lag_ms);
  out["longest_step_ms"] = rounded(loop.longest_step_ms);
  out["long_steps"] = loop.long_steps;
  return out;
}

void add_run(Json& out, const Run& run) {
  out["schema"] = "wsspec-report/1";
  out["tool"]["version"] = run.version.for_json();
  out["target"]["url"] = run.url.for_json();
  out["target"]["server"] = run.server.for_json();
  out["scenario_set"] = run.scenario_set.for_json();
  out["started"] = run.started.for_json();
  out["strict"] = run.strict;
  if (run.server_end) out["server_process"] = server_process_object(*run.server_end);
}

/// Never throws: what is not UTF-8 was made so above, and would be replaced here. Harmless when it
/// is printed: nothing in it acts on a terminal or turns a line around.
std::string compact(const Json& value) {
  return text::json_text(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void JsonReport::on_start(const Run& run) {
  run_ = run;
}

void JsonReport::on_result(const Result& result) {
  rows_.push_back({result.serial, texts_.keep(compact(scenario_object(result)))});
  if (!ended_) summary_.add(result.verdict);
}

void JsonReport::on_repeated(const Result& result) {
  for (Row& row : rows_)
    if (row.serial == result.serial) row.text = texts_.keep(compact(scenario_object(result)));
}

void JsonReport::on_end(const RunEnd& end) {
  summary_ = end.summary;
  ended_ = true;
  interrupted_ = end.interrupted;
}

std::string JsonReport::document() const {
  Json head = Json::object();
  add_run(head, run_);
  if (interrupted_ || !ended_) head["interrupted"] = true;
  head["summary"] = summary_object(summary_);
  if (ended_) head["loop"] = loop_object(summary_.loop);
  std::string out = "{\n";
  for (const auto& [key, value] : head.items())
    out += "  \"" + key + "\": " + compact(value) + ",\n";
  out += "  \"scenarios\": [";
  const char* separator = "\n    ";
  for (const Row& row : rows_) {
    out += separator;
    out += row.text;
    separator = ",\n    ";
  }
  return out + (rows_.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

void EventsReport::on_start(const Run& run) {
  Json out = Json::object();
  out["event"] = "start";
  add_run(out, run);
  out["selected"] = run.selected;
  sink_(compact(out) + "\n");
}

void EventsReport::cut_short(const Printable& why) {
  on_notice(why);
  if (ended_) return;
  RunEnd end;
  end.summary = summary_;
  end.interrupted = true;
  on_end(end);
}

void EventsReport::on_result(const Result& result) {
  summary_.add(result.verdict);
  Json out = Json::object();
  out["event"] = "result";
  out.update(scenario_object(result));
  sink_(compact(out) + "\n");
}

void EventsReport::on_repeated(const Result& result) {
  Json out = Json::object();
  out["event"] = "repeated";
  out["name"] = result.name.for_json();
  out["reproduction"] = reproduction_object(result.reproduction);
  sink_(compact(out) + "\n");
}

void EventsReport::on_notice(const Printable& text) {
  Json out = Json::object();
  out["event"] = "notice";
  out["text"] = text.for_json();
  sink_(compact(out) + "\n");
}

void EventsReport::on_end(const RunEnd& end) {
  ended_ = true;
  Json out = Json::object();
  out["event"] = "end";
  out["summary"] = summary_object(end.summary);
  out["loop"] = loop_object(end.summary.loop);
  out["interrupted"] = end.interrupted;
  sink_(compact(out) + "\n");
}

void TranscriptReport::on_result(const Result& result) {
  for (const TranscriptLine& line : result.transcript) {
    Json out = Json::object();
    out["scenario"] = result.name.for_json();
    out["verdict"] = result::verdict_name(result.verdict);
    add_line(out, line);
    sink_(compact(out) + "\n");
  }
}

}  // namespace wsspec::report
