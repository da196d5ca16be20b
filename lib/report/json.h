// The run for programs: the JSON document "wsspec-report/1", and the same objects as JSON Lines
// while the run goes on.
//
// Strings are always strings (empty when there is nothing to say) and always well-formed UTF-8:
// ill-formed octets of the server become \xNN. null stands for an absent class, number, or name of
// an absent close code, and for a cause that is not known. Times are milliseconds with at most
// three decimals. A fail and an error have a "transcript": each line with the first octets of its
// payload, as hex.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/shown.h"
#include "report/text_store.h"

namespace wsspec::report {

/// Collects a run. `document()` may be asked for at any time; before on_end it describes a run
/// that was interrupted.
class JsonReport : public Observer {
 public:
  void on_start(const Run& run) override;
  void on_result(const Result& result) override;
  void on_repeated(const Result& result) override;
  void on_end(const RunEnd& end) override;

  /// The whole document, one line a scenario, ending in a newline.
  std::string document() const;

 private:
  Run run_;
  result::Summary summary_;
  struct Row {
    std::uint64_t serial;
    std::string_view text;  ///< the result's object on a line: small, whatever it held
  };
  TextStore texts_;
  std::vector<Row> rows_;
  bool ended_ = false;
  bool interrupted_ = false;
};

/// JSON Lines: an object an event, {"event": "start" | "result" | "notice" | "repeated" | "end",
/// ...}. "result" has the keys of a scenario in the report; "repeated" comes after all of them and
/// adds the "reproduction" of one, by its "name".
class EventsReport : public Observer {
 public:
  /// `sink` gets each line whole, with its newline.
  explicit EventsReport(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

  void on_start(const Run& run) override;
  void on_result(const Result& result) override;
  void on_repeated(const Result& result) override;
  void on_notice(const Printable& text) override;
  void on_end(const RunEnd& end) override;
  /// The run ended before its end: a notice, and the end of what there is.
  void cut_short(const Printable& why);

 private:
  std::function<void(std::string_view)> sink_;
  result::Summary summary_;
  bool ended_ = false;
};

/// JSON Lines: an object a line of a scenario's transcript, as it ends: {"scenario", "verdict",
/// "direction", "at_ms", "what", "length", "octets"}, of a payload the first octets as hex.
class TranscriptReport : public Observer {
 public:
  explicit TranscriptReport(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}
  void on_result(const Result& result) override;

 private:
  std::function<void(std::string_view)> sink_;
};

}  // namespace wsspec::report
