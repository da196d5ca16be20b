#include "app/result_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "app/safe_text.h"
#include "report/border.h"
#include "result/impact.h"
#include "scenario/select.h"

namespace wsspec {
namespace {

using result::Verdict;
using scenario::Impact;

std::size_t index_of(Impact impact) {
  return static_cast<std::size_t>(impact);
}

}  // namespace

ResultPipeline::ResultPipeline(const std::vector<report::Observer*>& observers,
                               const RunOptions& options, text::Secrets secrets)
    : observers_(observers), options_(options), secrets_(std::move(secrets)) {}

void ResultPipeline::start(const result::RunInfo& info, std::string_view unreachable) {
  report::Run run = report::shown(info, secrets_);
  run.fail_on = options_.fail_on;
  run.unreachable = text::show(unreachable, secrets_);
  unreachable_ = !unreachable.empty();
  for (auto* observer : observers_) observer->on_start(run);
}

void ResultPipeline::on_scenario_started(const std::string& name, std::uint64_t running) {
  const auto shown = text::show(name, secrets_);
  for (auto* observer : observers_) observer->on_scenario_started(shown, running);
}

void ResultPipeline::on_result(const result::ScenarioResult& found) {
  result::ScenarioResult raw = found;
  if (direct_ != nullptr) direct_->compare(raw);
  // A token may come back on another connection than the one that captured it.
  for (const auto& value : raw.captured) secrets_.add_recent(value);
  report::Result shown = report::shown(raw, secrets_);
  if (record_ != nullptr) record_->add(raw, shown);
  shown.serial = results_++;
  shown.impact = result::impact_of(raw.impact, raw.cls);
  shown.counts = counts(raw);
  summary_.add(raw.verdict);
  if (raw.verdict == Verdict::fail)
    ++(shown.counts ? counted_ : uncounted_)[index_of(shown.impact)];
  if (raw.verdict == Verdict::tolerated) strict_findings_ += shown.counts;
  if (raw.verdict == Verdict::skipped) required_skips_ += shown.counts;
  without_server_ += shown.without_server;
  for (auto* observer : observers_) observer->on_result(shown);
  if (raw.verdict != Verdict::fail && raw.verdict != Verdict::error) return;
  (raw.verdict == Verdict::fail ? failures_ : errors_).add(shown);
  found_.emplace(shown.serial, engine::found_of(found, shown.serial));
}

std::vector<engine::Found> ResultPipeline::shown_findings() const {
  std::vector<engine::Found> out;
  for (const auto* groups : {&failures_, &errors_})
    for (const report::FindingGroup* group : groups->sorted())
      out.push_back(found_.at(group->first.serial));
  return out;
}

void ResultPipeline::on_repeated(const engine::Found& found,
                                 const result::Reproduction& reproduction) {
  for (const auto* groups : {&failures_, &errors_})
    for (const report::FindingGroup* group : groups->sorted()) {
      if (group->first.serial != found.serial) continue;
      report::Result shown = group->first;
      shown.reproduction = report::shown(reproduction, secrets_);
      for (auto* observer : observers_) observer->on_repeated(shown);
    }
}

void ResultPipeline::on_notice(const std::string& text) {
  const auto shown = text::show(text, secrets_);
  for (auto* observer : observers_) observer->on_notice(shown);
}

int ResultPipeline::end(const result::Summary& summary, bool interrupted) {
  report::RunEnd end;
  end.summary = summary;
  if (direct_ != nullptr) {  // the engine has counted what it saw
    end.summary = summary_;
    end.summary.duration_ms = summary.duration_ms;
    end.summary.loop = summary.loop;
  }
  end.uncounted = uncounted_;
  end.interrupted = interrupted;
  end.exit_code = exit_code(interrupted);
  end.reason = text::show(reason_of(end.exit_code), secrets_);
  for (auto* observer : observers_) observer->on_end(end);
  return end.exit_code;
}

bool ResultPipeline::required(const std::string& name) const {
  return std::any_of(options_.require.begin(), options_.require.end(), [&](const auto& glob) {
    return scenario::glob_match(glob, name) || scenario::glob_match(glob + "/**", name);
  });
}

bool ResultPipeline::counts(const result::ScenarioResult& result) const {
  switch (result.verdict) {
    case Verdict::fail:  // gravest first
      return options_.strict || result::impact_of(result.impact, result.cls) <= options_.fail_on;
    case Verdict::tolerated:
      return options_.strict && result.level != scenario::Level::may;
    case Verdict::skipped:
      return !unreachable_ && required(result.name);
    case Verdict::pass:
    case Verdict::error:
      return false;
  }
  return false;
}

int ResultPipeline::exit_code(bool interrupted) const {
  if (interrupted) return kExitInterrupted;
  const auto fails = std::accumulate(counted_.begin(), counted_.end(), std::uint64_t{0});
  if (fails + strict_findings_ + required_skips_ > 0) return kExitFindings;
  const auto judged = summary_.pass + summary_.tolerated + summary_.fail;
  if (summary_.error > 0 || without_server_ > 0 || judged == 0) return kExitNotJudged;
  return kExitGood;
}

/// "2 findings of impact data, 1 tolerated finding (--strict)".
std::string ResultPipeline::findings_text() const {
  std::string out;
  const auto add = [&](std::uint64_t n, std::string_view noun, const std::string& rest) {
    if (n > 0) out += (out.empty() ? "" : ", ") + count_of(n, noun) + rest;
  };
  for (std::size_t i = 0; i < counted_.size(); ++i)
    add(counted_[i], "finding",
        fmt::format(" of impact {}", scenario::impact_name(static_cast<Impact>(i))));
  add(strict_findings_, "tolerated finding", " (--strict)");
  add(required_skips_, "skip", " inside --require");
  return out;
}

std::string ResultPipeline::reason_of(int exit_code) const {
  switch (exit_code) {
    case kExitInterrupted:
      return "interrupted";
    case kExitFindings:
      return findings_text();
    case kExitNotJudged:
      if (unreachable_) return "the target could not be tested, no scenario was judged";
      if (const auto n = summary_.error + without_server_; n > 0)
        return count_of(n, "scenario") + " not judged";
      return summary_.skipped > 0 ? "everything was skipped" : "no scenario was judged";
    default:
      if (summary_.fail == 0) return {};
      return fmt::format("{} below --fail-on {}", count_of(summary_.fail, "finding"),
                         scenario::impact_name(options_.fail_on));
  }
}

}  // namespace wsspec
