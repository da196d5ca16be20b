// After a run: does a finding come again when its scenario runs alone? Those that the reports show
// with a line to reproduce them are tried once, one after the other. One that does not come again
// is tried once more, at the same time as the scenarios that ran beside it in the run. No verdict
// changes by this.
//
// At most kMost findings and kAllMs in all; one that took longer in the run than what is left of
// that is not tried.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/admission.h"
#include "engine/company.h"
#include "engine/scenario_run.h"
#include "result/result.h"

namespace wsspec::engine {

/// A finding of the run.
struct Found {
  std::uint64_t serial = 0;  ///< whatever the caller knows it by
  std::string name;
  result::Verdict verdict = result::Verdict::fail;
  result::Class cls = result::Class::none;
  result::Cause cause = result::Cause::none;
  double duration_ms = 0;
  /// It may be shown again without harm, and it is not known yet whether it can.
  bool open = false;
};
Found found_of(const result::ScenarioResult& result, std::uint64_t serial);

class Repeats {
 public:
  static constexpr std::size_t kMost = 30;
  static constexpr int kAllMs = 5000;
  using Tell = std::function<void(const Found&, const result::Reproduction&)>;
  using Scenarios = std::vector<const scenario::Scenario*>;

  Repeats(RunContext& context, const RunnerOptions& options, Admission& admission,
          const Company& company, net::TimePoint until)
      : context_(context),
        options_(options),
        admission_(admission),
        company_(company),
        until_(until) {}

  /// `scenarios`: of the run. Tells what was tried, as it is known.
  void run(const std::vector<Found>& findings, const Scenarios& scenarios, const Tell& tell);

 private:
  /// Runs all of them at the same time; the result of the first. Nothing if there was no time.
  std::optional<result::ScenarioResult> run_together(const Scenarios& scenarios);
  bool in_time(net::TimePoint when) const;
  bool wait_until(net::TimePoint when);
  std::optional<result::Reproduction> tried(const Found& found, const scenario::Scenario& scenario);

  RunContext& context_;
  const RunnerOptions& options_;
  Admission& admission_;
  const Company& company_;
  net::TimePoint until_;
  bool lost_ = false;  ///< the server cannot be reached any more
};

}  // namespace wsspec::engine
