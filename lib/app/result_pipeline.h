// What stands between the engine and the reports of a run, and the exit code that follows from what
// passed through. Internal to lib/app.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "app/options.h"
#include "result/result.h"
#include "text/redactor.h"

namespace wsspec {

/// Removes secrets, adds the diagnosis, counts the required skips, and hands every event on.
class ResultPipeline : public result::Observer {
 public:
  ResultPipeline(const std::vector<result::Observer*>& observers, const RunOptions& options,
                 text::Secrets secrets)
      : observers_(observers), options_(options), secrets_(std::move(secrets)) {}
  void on_start(const result::RunInfo& info) override;
  void on_scenario_started(const std::string& name, std::uint64_t running) override;
  void on_result(const result::ScenarioResult& result) override;
  void on_notice(const std::string& text) override;
  void on_end(const result::Summary& summary, bool interrupted) override;

  const result::Summary& summary() const { return summary_; }
  /// The tolerated ones that --strict counts.
  std::uint64_t strict_findings() const { return strict_findings_; }
  /// Skips inside a --require.
  std::uint64_t required_skips() const { return required_skips_; }

 private:
  void remember(const std::vector<std::string>& values);

  const std::vector<result::Observer*>& observers_;
  const RunOptions& options_;
  text::Secrets secrets_, captured_secrets_;
  std::deque<std::string> captured_;
  result::Summary summary_;
  std::uint64_t strict_findings_ = 0, required_skips_ = 0;
};

int exit_code(const ResultPipeline& pipeline, const RunOptions& options, bool interrupted);

}  // namespace wsspec
