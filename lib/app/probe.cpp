#include "app/probe.h"

#include <algorithm>
#include <chrono>

#include "app/collect_secrets.h"
#include "app/probe_run.h"
#include "app/probe_text.h"
#include "report/file_sink.h"

namespace wsspec {
namespace {

/// The graver of two: unreachable, then findings.
int graver(int one, int other) {
  if (one == kExitInterrupted || other == kExitInterrupted) return kExitInterrupted;
  return std::max(one, other);
}

}  // namespace

ProbeResult probe(const Target& given, const ProbeOptions& options) {
  const Target target = with_proxy(given, given.url);
  const text::Secrets secrets = secrets_of(target);
  const ProbeView view{secrets, target.show_secrets, options.width};
  ProbeResult result;
  const auto stop = [&](int code, const std::string& problem) {
    result.exit_code = code;
    result.problem = text::show(problem, secrets);
    return result;
  };
  auto loop = small_loop();
  if (!loop) return stop(loop.error().code, loop.error().problem);
  const auto interrupted = [&] {
    return options.interrupted != nullptr && *options.interrupted != 0;
  };
  auto next = net::Clock::now();
  for (int n = 0; options.repeat == 0 || n < options.repeat; ++n) {
    net::Timer alarm(**loop, [] {});
    alarm.start_at(next);
    while (net::Clock::now() < next && !interrupted()) (*loop)->run_once();
    if (interrupted()) return stop(kExitInterrupted, {});
    next = std::max(next, net::Clock::now()) + std::chrono::milliseconds(options.every_ms);
    const auto facts = ProbeRun(**loop, target, options).run();
    if (!facts) return stop(facts.error().code, facts.error().problem);
    result.exit_code = graver(result.exit_code, facts->exit_code());
    if (options.prometheus != "-")
      options.print(options.json          ? probe_json(*facts, view)
                    : options.repeat != 1 ? probe_line(*facts, view)
                                          : probe_page(*facts, view));
    if (options.prometheus.empty() || facts->interrupted) continue;
    if (auto written = report::write_file(options.prometheus, probe_metrics(*facts, view));
        !written)
      return stop(kExitNotJudged, written.error());
  }
  return result;
}

}  // namespace wsspec
