// What stands between the engine and whoever watches a run, and the exit code that follows from
// what went through. Internal to lib/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "app/collect_secrets.h"
#include "diagnose/diagnosis.h"
#include "result/impact.h"
#include "result/result.h"
#include "scenario/select.h"
#include "text/escape.h"
#include "text/redactor.h"
#include "wsspec.h"

namespace wsspec {

/// Removes secrets, adds the diagnosis, counts the required skips, and hands every event on.
class Relay : public result::Observer {
 public:
  Relay(const std::vector<result::Observer*>& observers, const RunOptions& options,
        text::Secrets secrets)
      : observers_(observers), options_(options), secrets_(std::move(secrets)) {}
  void on_start(const result::RunInfo& info) override {
    result::RunInfo shown = info;
    shown.url = secrets_.redact(text::redact_url(info.url));
    shown.server = secrets_.redact(info.server);
    for (auto* observer : observers_) observer->on_start(shown);
  }
  void on_scenario_started(const std::string& name, std::uint64_t running) override {
    for (auto* observer : observers_) observer->on_scenario_started(name, running);
  }
  void on_result(const result::ScenarioResult& result) override {
    result::ScenarioResult complete = result;
    remember(result.captured);
    hide(complete, secrets_);
    hide(complete, captured_secrets_);
    complete.impact = result::impact_of(complete.impact, complete.cls);
    diagnose::complete(complete);
    summary_.add(complete.verdict);
    if (complete.verdict == result::Verdict::tolerated && complete.level != "may")
      ++strict_findings_;
    if (complete.verdict == result::Verdict::skipped)
      for (const auto& glob : options_.require)
        if (scenario::glob_match(glob, complete.name) ||
            scenario::glob_match(glob + "/**", complete.name)) {
          ++required_skips_;
          break;
        }
    for (auto* observer : observers_) observer->on_result(complete);
  }
  void on_notice(const std::string& text) override {
    for (auto* observer : observers_) observer->on_notice(text);
  }
  void on_end(const result::Summary& summary, bool interrupted) override {
    for (auto* observer : observers_) observer->on_end(summary, interrupted);
  }
  const result::Summary& summary() const { return summary_; }
  /// The tolerated ones that --strict counts.
  std::uint64_t strict_findings() const { return strict_findings_; }
  /// Skips inside a --require.
  std::uint64_t required_skips() const { return required_skips_; }

 private:
  /// A token may come back on another connection than the one that captured it: the newest of all
  /// are looked for.
  void remember(const std::vector<std::string>& values) {
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

  const std::vector<result::Observer*>& observers_;
  const RunOptions& options_;
  text::Secrets secrets_, captured_secrets_;
  std::deque<std::string> captured_;
  result::Summary summary_;
  std::uint64_t strict_findings_ = 0, required_skips_ = 0;
};

inline int exit_code(const Relay& relay, const RunOptions& options, bool interrupted) {
  const auto& summary = relay.summary();
  if (interrupted) return kExitInterrupted;
  if (summary.fail > 0 || relay.required_skips() > 0 ||
      (options.strict && relay.strict_findings() > 0))
    return kExitFindings;
  if (summary.error > 0 || summary.pass + summary.tolerated == 0) return kExitNotJudged;
  return kExitGood;
}

}  // namespace wsspec
