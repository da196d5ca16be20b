#include "app/result_pipeline.h"

#include <algorithm>

#include "app/collect_secrets.h"
#include "diagnose/diagnosis.h"
#include "result/impact.h"
#include "scenario/select.h"
#include "text/escape.h"

namespace wsspec {

void ResultPipeline::on_start(const result::RunInfo& info) {
  result::RunInfo shown = info;
  shown.url = secrets_.redact(text::redact_url(info.url));
  shown.server = secrets_.redact(info.server);
  for (auto* observer : observers_) observer->on_start(shown);
}

void ResultPipeline::on_scenario_started(const std::string& name, std::uint64_t running) {
  for (auto* observer : observers_) observer->on_scenario_started(name, running);
}

void ResultPipeline::on_result(const result::ScenarioResult& result) {
  result::ScenarioResult complete = result;
  remember(result.captured);
  hide(complete, secrets_);
  hide(complete, captured_secrets_);
  complete.impact = result::impact_of(complete.impact, complete.cls);
  diagnose::complete(complete);
  summary_.add(complete.verdict);
  if (complete.verdict == result::Verdict::tolerated && complete.level != "may") ++strict_findings_;
  const auto covers = [&](const std::string& glob) {
    return scenario::glob_match(glob, complete.name) ||
           scenario::glob_match(glob + "/**", complete.name);
  };
  if (complete.verdict == result::Verdict::skipped &&
      std::any_of(options_.require.begin(), options_.require.end(), covers))
    ++required_skips_;
  for (auto* observer : observers_) observer->on_result(complete);
}

void ResultPipeline::on_notice(const std::string& text) {
  for (auto* observer : observers_) observer->on_notice(text);
}

void ResultPipeline::on_end(const result::Summary& summary, bool interrupted) {
  for (auto* observer : observers_) observer->on_end(summary, interrupted);
}

/// A token may come back on another connection than the one that captured it: the newest of all
/// are looked for.
void ResultPipeline::remember(const std::vector<std::string>& values) {
  constexpr std::size_t kRemembered = 64;
  bool changed = false;
  for (const auto& value : values) {
    if (std::find(captured_.begin(), captured_.end(), value) != captured_.end()) continue;
    captured_.push_back(value);
    changed = true;
  }
  if (!changed) return;
  while (captured_.size() > kRemembered) captured_.pop_front();
  captured_secrets_ = {};
  for (const auto& value : captured_) captured_secrets_.add(value);
}

int exit_code(const ResultPipeline& pipeline, const RunOptions& options, bool interrupted) {
  const auto& summary = pipeline.summary();
  if (interrupted) return kExitInterrupted;
  if (summary.fail > 0 || pipeline.required_skips() > 0 ||
      (options.strict && pipeline.strict_findings() > 0))
    return kExitFindings;
  if (summary.error > 0 || summary.pass + summary.tolerated == 0) return kExitNotJudged;
  return kExitGood;
}

}  // namespace wsspec
