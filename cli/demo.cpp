// wsspec demo [SELECTOR...]: what a finding looks like, on a reference server that does not
// validate UTF-8, and then the strict one, all in one process and in about ten seconds.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iterator>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

// The suites about 1007, and the one about 1008.
constexpr const char* kSuites[] = {"utf8", "binary-as-text", "close-reason", "deflate-data",
                                   "policy"};
// "/" in two octets: short, and the classic way around a filter.
constexpr const char* kFaultScenario = "utf8/ill-formed-u-ov-02";

struct Options {
  std::vector<std::string> selectors;
  std::string color = "auto";
  int verbosity = 0;
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

tl::expected<std::unique_ptr<EmbeddedServer>, std::string> start(bool validate_utf8) {
  ServeOptions serve;
  serve.listen = "127.0.0.1:0";
  serve.policies = demo_policies();
  serve.policies.validate_utf8 = validate_utf8;
  return EmbeddedServer::start(serve);
}

void show(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// A run against a server of its own; the console's words go to `console`.
tl::expected<RunResult, std::string> run_against(
    bool validate_utf8, const Suites& suites, const RunOptions& run_options, const Options& options,
    const std::function<void(std::string_view)>& console) {
  auto server = start(validate_utf8);
  if (!server) return tl::unexpected(server.error());
  ReportOptions reports;
  reports.color = colored(options.color);
  reports.terminal = isatty(STDOUT_FILENO) == 1;
  reports.verbosity = options.verbosity;
  reports.width = terminal_width();
  reports.reproduce_prefix = "wsspec run ws://127.0.0.1:9001 ";
  reports.reproduce_run = "wsspec run ws://127.0.0.1:9001";
  reports.console = console;
  auto opened = Reports::open(reports);
  if (!opened) return tl::unexpected(opened.error());
  Target target;
  target.url = (*server)->url() + "/";
  RunResult result = run(target, suites, run_options, (*opened)->observers());
  (*opened)->finish();
  if (!result.problem.empty()) print_error(result.problem.for_terminal(500));
  return result;
}

/// 0: the fault was found.
int show_fault(const Suites& suites, const Options& options) {
  show("A server that does not check its text messages ('wsspec serve --no-utf8-validation'):\n\n");
  RunOptions run_options;
  run_options.selection.include = {kFaultScenario};
  run_options.max_time_ms = 30'000;
  run_options.interrupted = &watch_interrupts();
  const auto result = run_against(false, suites, run_options, options, show);
  if (!result) {
    print_error(result.error());
    return kExitNotJudged;
  }
  if (result->exit_code == kExitFindings && result->summary.fail == 1) return kExitGood;
  if (result->exit_code != kExitGood) return result->exit_code;
  print_error("the fault was not found");
  return kExitFindings;
}

/// 0: everything passed. Only then the run is told in one line.
int show_strict(const Suites& suites, const scenario::Selection& selection,
                const Options& options) {
  show("\nNow the strict server: ");
  RunOptions run_options;
  run_options.selection = selection;
  run_options.max_time_ms = 30'000;
  run_options.interrupted = &watch_interrupts();
  std::string told;
  const auto result =
      run_against(true, suites, run_options, options, [&](std::string_view text) { told += text; });
  if (!result) {
    show("\n");
    print_error(result.error());
    return kExitNotJudged;
  }
  const auto& summary = result->summary;
  if (result->exit_code == kExitGood) {
    show(fmt::format("{} passed, {} failed in {:.1f} s.\n", summary.pass, summary.fail,
                     summary.duration_ms / 1000.0));
  } else {
    show("\n\n" + told);
  }
  return result->exit_code;
}

int execute(const Options& options) {
  watch_interrupts();  // from the start: a signal while the suites load is not lost
  LoadOptions load;
  load.settings = declared_settings(demo_policies());
  // Nine tenths of the rate for one window stay below the limit even when this machine stalls and
  // the messages it held back then go out at once.
  load.settings.push_back("policy.windows=2");
  const auto suites = load_suites(load);
  if (!suites) {
    std::fputs(suites.error().c_str(), stderr);
    return kExitUsage;
  }
  scenario::Selection strict;
  strict.include = options.selectors;
  if (options.selectors.empty()) strict.include.assign(std::begin(kSuites), std::end(kSuites));
  strict.exclude = {"tag:load", "tag:slow", "tag:big"};
  // A selector that matches nothing is said before anything runs.
  if (const auto chosen = list(*suites, strict, false); !chosen) return usage_error(chosen.error());
  if (const int code = show_fault(*suites, options); code != kExitGood) return code;
  return show_strict(*suites, strict, options);
}

}  // namespace

void add_demo(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* demo = app.add_subcommand(
      "demo", "Show a finding on a faulty server, then the strict one passing: ten seconds");
  demo->add_option("SELECTOR", options->selectors,
                   "What the strict server is checked with, as with 'wsspec run'; default:\n"
                   "utf8, binary-as-text, close-reason, deflate-data and policy");
  demo->add_flag("-v,--verbose", options->verbosity, "The conversation of the finding too");
  demo->add_option("--color", options->color, "auto, always or never")
      ->type_name("WHEN")
      ->one_of({"auto", "always", "never"});
  demo->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
