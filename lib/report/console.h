// The run for a person: a head line, a line for each finding as it happens, a progress line on a
// terminal; then each cause of failures explained once, gravest impact first, the summary, and why
// the exit code is what it is. Errors of one cause are one line, however many scenarios have it.
//
//   -q   only failures and errors, a line each, the summary and the exit code
//   -v   every scenario gets a line, failures their transcript, skips and long lists their names
//   -vv  every scenario gets its transcript
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "report/console_text.h"
#include "report/groups.h"
#include "report/shown.h"

namespace wsspec::report {

struct ConsoleOptions {
  bool color = false;
  bool progress = false;  ///< only where the sink is a terminal
  int verbosity = 0;      ///< -1 quiet, 0, 1, 2
  /// The command up to the selector: "wsspec run ws://127.0.0.1:9001 ". Without secrets.
  Printable reproduce_prefix;
  Printable reproduce_run;  ///< the whole command, for what no single scenario shows
  std::function<void(std::string_view)> sink;
  std::size_t width = 80;  ///< of the terminal
  bool terminal = false;   ///< the sink is one: findings are wrapped as they happen, too
  /// Milliseconds of any clock, so that the progress line is redrawn at most 20 times a second.
  /// Empty: the steady clock.
  std::function<double()> now_ms;
};

class ConsoleReport : public Observer {
 public:
  explicit ConsoleReport(ConsoleOptions options);

  void on_start(const Run& run) override;
  void on_scenario_started(const Printable& name, std::uint64_t running) override;
  void on_result(const Result& result) override;
  void on_repeated(const Result& result) override;
  void on_notice(const Printable& text) override;
  void on_end(const RunEnd& end) override;

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
  bool unreachable_ = false;
  bool drawn_ = false;  ///< a progress line stands on the terminal
  bool drawn_once_ = false;
};

}  // namespace wsspec::report
