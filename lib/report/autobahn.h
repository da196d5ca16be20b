// The run for readers of the Autobahn|Testsuite: its index.json, one entry for each scenario
// tagged autobahn:ID.
//
//   {AGENT: {ID: {"behavior", "behaviorClose", "duration", "remoteCloseCode", "reportfile"}}}
//
// Wrappers in use parse it, compare it with a file they keep, or grep it line by line. So keys are
// sorted as text, one stands on a line, and the indent is three spaces, all as in the original.
//
//   behavior       pass OK, tolerated NON-STRICT, fail and error FAILED, skipped UNIMPLEMENTED;
//                  level may is INFORMATIONAL, however it ends. A good message whose echo the Close
//                  overtook is NON-STRICT there, so it is here.
//   behaviorClose  OK; FAILED: the server closed where it should have gone on; WRONG CODE;
//                  UNCLEAN: no Close where one was due; FAILED BY CLIENT: the connection was left
//                  to us to end
//   duration       whole milliseconds; remoteCloseCode: null where no code was sent
//   reportfile     the name that the original would give; no such file is written
//
// Where an id is met more than once (a second scenario, --repeat, --deflate both) the worst counts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "report/shown.h"

namespace wsspec::report {

/// Collects a run. `document()` may be asked for at any time.
class AutobahnReport : public Observer {
 public:
  /// `agent`: the server's name; empty = its Server header, else "UnknownServer".
  explicit AutobahnReport(Printable agent) : agent_(std::move(agent)) {}

  void on_start(const Run& run) override;
  void on_result(const Result& result) override;

  /// The whole document, ending in a newline.
  std::string document() const;

 private:
  struct Case {
    int badness = 0;
    std::string_view behavior, close;
    long long duration = 0;
    std::optional<int> code;
  };

  Printable agent_;
  std::map<std::string, Case> cases_;  ///< sorted as text: 1.1.1, 10.1.1, 2.1
};

}  // namespace wsspec::report
