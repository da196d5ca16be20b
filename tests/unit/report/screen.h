// A console report that prints into a string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/console.h"
#include "samples.h"

namespace wsspec::report {

struct Screen {
  std::string text;
  double now = 0;
  ConsoleOptions options(int verbosity) {
    ConsoleOptions out;
    out.verbosity = verbosity;
    out.reproduce_prefix = samples::text("wsspec run ws://127.0.0.1:9001 ");
    out.sink = [this](std::string_view part) { text += part; };
    out.now_ms = [this] { return now; };
    return out;
  }
};

inline std::string run(int verbosity, const std::vector<Result>& results, bool interrupted = false,
                       std::uint64_t selected = 0) {
  Screen screen;
  ConsoleReport report(screen.options(verbosity));
  report.on_start(samples::run_info(selected == 0 ? results.size() : selected));
  for (const Result& result : results) {
    report.on_scenario_started(result.name, 1);
    report.on_result(result);
  }
  RunEnd end = samples::end_of(results, interrupted);
  if (end.summary.fail > 0) {
    end.exit_code = 1;
    end.reason = samples::text("some findings");
  }
  report.on_end(end);
  return screen.text;
}

}  // namespace wsspec::report
