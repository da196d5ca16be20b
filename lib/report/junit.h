// The run for CI systems: JUnit XML as Jenkins, GitLab and GitHub's actions read it. A suite is a
// testsuite, a scenario a testcase whose name and classname never change, so that a CI's history
// of a test survives. Checked against tests/e2e/junit.xsd.
//
//   fail -> failure (type: the class), error -> error, skipped -> skipped, tolerated -> a pass;
//   with --strict tolerated -> failure type="tolerated", but never at level "may".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "result/result.h"

namespace wsspec::report {

/// Collects a run. `document()` may be asked for at any time.
class JUnitReport : public result::Observer {
 public:
  void on_start(const result::RunInfo& info) override;
  void on_result(const result::ScenarioResult& result) override;
  void on_end(const result::Summary& summary, bool interrupted) override;

  /// The whole document: valid XML 1.0 whatever the server sent.
  std::string document() const;

 private:
  struct Suite {
    std::string name;
    std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0;
    double duration_ms = 0;
    std::string cases;  ///< XML
  };
  Suite& suite(const std::string& name);

  result::RunInfo info_;
  std::vector<Suite> suites_;  ///< in order of first appearance
  double duration_ms_ = 0;
  bool ended_ = false;
  bool interrupted_ = false;
};

}  // namespace wsspec::report
