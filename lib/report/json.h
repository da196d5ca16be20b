// The run for programs: the JSON document "wsspec-report/1", and the same objects as JSON Lines
// while the run goes on.
//
// Strings are always strings (empty when there is nothing to say) and always well-formed UTF-8:
// ill-formed octets of the server become \xNN. null stands for an absent class, number, or name of
// an absent close code. Times are milliseconds with at most three decimals.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "result/result.h"

namespace wsspec::report {

/// Collects a run. `document()` may be asked for at any time; before on_end it describes a run
/// that was interrupted.
class JsonReport : public result::Observer {
 public:
  void on_start(const result::RunInfo& info) override;
  void on_result(const result::ScenarioResult& result) override;
  void on_end(const result::Summary& summary, bool interrupted) override;

  /// The whole document, one line a scenario, ending in a newline.
  std::string document() const;

 private:
  result::RunInfo info_;
  result::Summary summary_;
  std::string scenarios_;  ///< the results' objects, each on a line: small, whatever they held
  bool ended_ = false;
  bool interrupted_ = false;
};

/// JSON Lines: an object an event, {"event": "start" | "result" | "notice" | "end", ...}. "result"
/// has the keys of a scenario in the report.
class EventsReport : public result::Observer {
 public:
  /// `sink` gets each line whole, with its newline.
  explicit EventsReport(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

  void on_start(const result::RunInfo& info) override;
  void on_result(const result::ScenarioResult& result) override;
  void on_notice(const std::string& text) override;
  void on_end(const result::Summary& summary, bool interrupted) override;

 private:
  std::function<void(std::string_view)> sink_;
};

}  // namespace wsspec::report
