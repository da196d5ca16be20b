// The run for a person: a head line, a line for each finding as it happens, a progress line on a
// terminal, then every failure explained, and the summary as the last line.
//
//   -q   only failures and errors, a line each, and the summary
//   -v   every scenario gets a line, failures their transcript, lists of names are not cut
//   -vv  every scenario gets its transcript
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "report/console_text.h"
#include "report/groups.h"
#include "result/result.h"

namespace wsspec::report {

struct ConsoleOptions {
  bool color = false;
  bool progress = false;  ///< only where the sink is a terminal
  int verbosity = 0;      ///< -1 quiet, 0, 1, 2
  /// The command up to the selector: "wsspec run ws://127.0.0.1:9001 ". Without secrets.
  std::string reproduce_prefix;
  std::function<void(std::string_view)> sink;
  std::size_t width = 80;  ///< of the terminal
  /// Milliseconds of any clock, so that the progress line is redrawn at most 20 times a second.
  /// Empty: the steady clock.
  std::function<double()> now_ms;
};

class ConsoleReport : public result::Observer {
 public:
  explicit ConsoleReport(ConsoleOptions options);

  void on_start(const result::RunInfo& info) override;
  void on_scenario_started(const std::string& name, std::uint64_t running) override;
  void on_result(const result::ScenarioResult& result) override;
  void on_notice(const std::string& text) override;
  void on_end(const result::Summary& summary, bool interrupted) override;

 private:
  /// Writes lines above the progress line.
  void say(const std::string& text);
  void draw_progress(bool now);
  void erase_progress();

  ConsoleOptions options_;
  ConsoleStyle style_;
  ProgressState state_;
  FindingGroups failures_, errors_;
  ReasonGroups tolerated_, skipped_;
  double drawn_at_ms_ = 0;
  bool drawn_ = false;  ///< a progress line stands on the terminal
  bool drawn_once_ = false;
};

}  // namespace wsspec::report
