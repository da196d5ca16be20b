// wsspec probe URL
#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

struct Options : TargetOptions {
  ProbeOptions probe;
};

int execute(Options& options) {
  if (auto settled = settle(options); !settled) return usage_error(settled.error());
  ProbeOptions& probe = options.probe;
  probe.interrupted = &watch_interrupts();
  probe.width = terminal_width();
  probe.print = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  const ProbeResult result = wsspec::probe(options.target, probe);
  if (!result.problem.empty()) print_error(result.problem.for_terminal(600));
  return result.exit_code;
}

}  // namespace

void add_probe(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* probe = app.add_subcommand("probe", "Show how an endpoint is reached, answers and closes");
  probe->add_option("URL", options->target.url, "ws:// or wss://host[:port][/path]")->required();
  auto* course = probe->add_option_group("Execution");
  course->add_flag("--echo", options->probe.echo,
                   "Send one short text message, and see whether it comes back");
  course
      ->add_option("--idle", options->probe.idle_ms,
                   "Send nothing for so long, and see whether somebody ends the connection")
      ->type_name("MS")
      ->range(0, 86400000);
  course->add_flag("--location", options->probe.location,
                   "Follow redirects, without credentials to another server");
  course
      ->add_option("--repeat", options->probe.repeat,
                   "Probe N times, a line each; 0 = until interrupted")
      ->type_name("N")
      ->range(0, 1000000000)
      ->capture_default_str();
  course->add_option("--every", options->probe.every_ms, "With --repeat: a probe each MS")
      ->type_name("MS")
      ->range(0, 86400000)
      ->capture_default_str();
  auto* output = probe->add_option_group("Output");
  output->add_flag("--json", options->probe.json, "A line of JSON a probe");
  output
      ->add_option("--prometheus", options->probe.prometheus,
                   "Write metrics to FILE, for node_exporter's textfile collector ('-' = stdout,\n"
                   "in place of the page)")
      ->type_name("FILE")
      ->check(as_output_file);
  add_show_secrets(*output, options->target);
  add_target_options(*probe->add_option_group("Target"), *options);
  probe->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
