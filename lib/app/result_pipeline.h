// What stands between the engine and the reports of a run: raw results come in, what may be shown
// goes out, and the exit code follows from what passed through. Internal to lib/app.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/direct_run.h"
#include "app/options.h"
#include "engine/repeats.h"
#include "report/groups.h"
#include "report/shown.h"
#include "result/result.h"
#include "text/redactor.h"

namespace wsspec {

class ResultPipeline : public result::Observer {
 public:
  ResultPipeline(const std::vector<report::Observer*>& observers, const RunOptions& options,
                 text::Secrets secrets);

  /// What comes is kept in `direct`, which outlives this.
  void record_in(DirectRun& direct) { record_ = &direct; }
  /// What comes is judged by `direct`, which outlives this.
  void compare_with(const DirectRun& direct) { direct_ = &direct; }
  /// `unreachable`: why no scenario can be judged, or empty.
  void start(const result::RunInfo& info, std::string_view unreachable);
  void on_scenario_started(const std::string& name, std::uint64_t running) override;
  void on_result(const result::ScenarioResult& result) override;
  void on_notice(const std::string& text) override;
  /// Of each group of findings the one that is shown with a line to reproduce it, gravest first.
  std::vector<engine::Found> shown_findings() const;
  /// One of these was repeated.
  void on_repeated(const engine::Found& found, const result::Reproduction& reproduction);
  /// Reports the end of the run; returns the exit code.
  int end(const result::Summary& summary, bool interrupted);

  const result::Summary& summary() const { return summary_; }

 private:
  bool counts(const result::ScenarioResult& result) const;
  bool required(const std::string& name) const;
  int exit_code(bool interrupted) const;
  std::string reason_of(int exit_code) const;
  std::string findings_text() const;

  const std::vector<report::Observer*>& observers_;
  const RunOptions& options_;
  text::Secrets secrets_;
  DirectRun* record_ = nullptr;
  const DirectRun* direct_ = nullptr;
  result::Summary summary_;
  report::FindingGroups failures_, errors_;
  std::map<std::uint64_t, engine::Found> found_;  ///< by serial
  std::uint64_t results_ = 0;
  bool unreachable_ = false;
  std::array<std::uint64_t, report::kImpacts> counted_{}, uncounted_{};  ///< fails, by impact
  std::uint64_t strict_findings_ = 0;  ///< tolerated ones that --strict counts
  std::uint64_t required_skips_ = 0;   ///< inside a --require
  std::uint64_t without_server_ = 0;   ///< skipped because the server was down
};

}  // namespace wsspec
