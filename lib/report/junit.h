// The run for CI systems: JUnit XML as Jenkins, GitLab and GitHub's actions read it. A suite is a
// testsuite, a scenario a testcase whose name and classname never change, so that a CI's history
// of a test survives. Checked against tests/e2e/junit.xsd.
//
// A failure stands exactly where the exit code counts a finding; its type is the class of a fail,
// "tolerated" (--strict) or "skipped" (--require). Else a fail is skipped with its impact as type
// (it is below --fail-on), a tolerated one with type "tolerated", a skip with type "skipped".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/shown.h"
#include "report/text_store.h"

namespace wsspec::report {

/// What a shell is given to show a finding again.
struct Command {
  Printable prefix;     ///< up to the selector: "wsspec run ws://127.0.0.1:9001 "
  Printable whole_run;  ///< "wsspec run ws://127.0.0.1:9001 -j 16"
};

/// Collects a run. `document()` may be asked for at any time.
class JUnitReport : public Observer {
 public:
  explicit JUnitReport(Command command) : command_(std::move(command)) {}

  void on_start(const Run& run) override;
  void on_result(const Result& result) override;
  void on_repeated(const Result& result) override;
  void on_end(const RunEnd& end) override;

  /// The run ended before its end: one error says why.
  void cut_short(const Printable& why);

  /// The whole document: valid XML 1.0 whatever the server sent.
  std::string document() const;

 private:
  struct Case {
    std::uint64_t serial;
    std::string_view xml;
  };
  struct Suite {
    Printable name;
    std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0;
    double duration_ms = 0;
    std::vector<Case> cases;
  };
  Suite& suite(const Printable& name);

  Command command_;
  Run run_;
  TextStore texts_;
  std::vector<Suite> suites_;  ///< in order of first appearance
  std::map<Printable, std::size_t> places_;
  double duration_ms_ = 0;
  bool ended_ = false;
  bool interrupted_ = false;
};

}  // namespace wsspec::report
