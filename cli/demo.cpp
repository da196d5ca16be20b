// wsspec demo [SELECTOR...]: the tool against its own reference server, in one process, below ten
// seconds.
#include <unistd.h>

#include <cstdio>
#include <iterator>
#include <memory>

#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

// The suites about 1007, and the one about 1008.
constexpr const char* kSuites[] = {"utf8", "binary-as-text", "close-reason", "deflate-data",
                                   "policy"};

struct Options {
  std::vector<std::string> selectors;
  std::string color = "auto";
  int verbosity = 0;
  bool quiet = false;
};

/// Small enough that each limit is reached within a moment, large enough that no scenario about
/// UTF-8 meets one by the way (the longest of them sends 1001 messages at once).
server::ServerPolicies demo_policies() {
  server::ServerPolicies policies;
  policies.message_rate = 1500;
  policies.window_ms = 1000;
  policies.max_message = 4u << 20;
  policies.max_fragments = 10000;
  policies.forbidden = {"badword"};
  policies.tokens = {"demo"};
  policies.token_ttl_ms = 3000;
  policies.origins = {"https://a.example"};
  policies.max_connections = 200;
  return policies;
}

int execute(const Options& options) {
  ServeOptions serve;
  serve.listen = "127.0.0.1:0";
  serve.policies = demo_policies();
  auto server = EmbeddedServer::start(serve);
  if (!server) {
    print_error(server.error());
    return kExitNotJudged;
  }
  LoadOptions load;
  load.settings = declared_settings(serve.policies);
  // Nine tenths of the rate for one window stay below the limit even when this machine stalls and
  // the messages it held back then go out at once.
  load.settings.push_back("policy.windows=2");
  const auto suites = load_suites(load);
  if (!suites) {
    std::fputs(suites.error().c_str(), stderr);
    return kExitUsage;
  }

  RunOptions run_options;
  run_options.selection.include = options.selectors;
  if (options.selectors.empty())
    run_options.selection.include.assign(std::begin(kSuites), std::end(kSuites));
  run_options.selection.exclude = {"tag:load", "tag:slow", "tag:big"};
  run_options.max_time_ms = 10'000;
  run_options.interrupted = &watch_interrupts();

  ReportOptions reports;
  reports.color = colored(options.color);
  reports.progress = isatty(STDOUT_FILENO) == 1 && !options.quiet;
  reports.terminal = isatty(STDOUT_FILENO) == 1;
  reports.verbosity = options.quiet ? -1 : options.verbosity;
  reports.width = terminal_width();
  reports.reproduce_prefix = "wsspec demo ";
  reports.console = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  auto opened = Reports::open(reports);
  if (!opened) {
    print_error(opened.error());
    return kExitNotJudged;
  }
  Target target;
  target.url = (*server)->url() + "/";
  const RunResult result = run(target, *suites, run_options, (*opened)->observers());
  if (!result.problem.empty()) print_error(result.problem.for_terminal(500));
  (*opened)->finish();
  return result.exit_code;
}

}  // namespace

void add_demo(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* demo = app.add_subcommand(
      "demo", "Start the reference server, check its 1007 and 1008, end: ten seconds at most");
  demo->add_option("SELECTOR", options->selectors,
                   "What to run, as with 'wsspec run'; default: utf8, binary-as-text,\n"
                   "close-reason, deflate-data and policy");
  demo->add_flag("-v,--verbose", options->verbosity, "Every scenario; -vv: every conversation");
  demo->add_flag("-q,--quiet", options->quiet, "Only findings and the summary");
  demo->add_option("--color", options->color, "auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  demo->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
