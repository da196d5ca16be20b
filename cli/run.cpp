// wsspec run URL [SELECTOR...]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

struct Options : TargetOptions {
  std::string url;
  Choice choice;
  std::string color = "auto", fail_on = "interop";
  std::string report_json, report_junit, report_autobahn, agent, events, transcript;
  int verbosity = 0;
  bool quiet = false, no_progress = false;
  LoadOptions load;
  RunOptions run;
  double max_time_s = 0;
};

/// "-H 'Cookie: ***'". A file of headers stays the file.
std::string without_secret_header(const std::string& text) {
  const auto colon = text.find(':');
  if (is_header_file(text) || colon == std::string::npos) return text;
  const std::string name = text.substr(0, colon);
  const std::string value =
      text.substr(std::min(text.find_first_not_of(" \t", colon + 1), text.size()));
  return name + ": " + header_without_secrets(name, value);
}

/// What changes a verdict is repeated; what only changes the execution or the output is not.
std::string reproduce_prefix(const Options& options, const std::string& url) {
  const bool show = options.target.show_secrets;
  std::string text = "wsspec run " + shell_word(show ? url : without_secrets(url)) + " ";
  const auto add = [&](const char* name, std::string_view value) {
    text += fmt::format("{} {} ", name, shell_word(value));
  };
  if (!options.load.profile.empty()) add("--target", options.load.profile);
  for (const auto& setting : options.load.settings)
    add("--set", show ? setting : setting_without_secrets(setting));
  for (const auto& header : options.headers)
    add("-H", show ? header : without_secret_header(header));
  for (const auto& name : options.target.subprotocols)
    add("--subprotocol", show ? name : header_without_secrets("Sec-WebSocket-Protocol", name));
  if (!options.origin.empty())
    add("--origin", show ? options.origin : without_secrets(options.origin));
  if (const std::string& through = options.target.through; !through.empty())
    add("--through", show ? through : without_secrets(through));
  if (!options.target.unix_socket.empty()) add("--unix-socket", options.target.unix_socket);
  if (!options.target.proxy.empty())
    add("--proxy", show ? options.target.proxy : without_secrets(options.target.proxy));
  const TlsOptions& tls = options.target.tls;
  if (tls.insecure) text += "-k ";
  for (const auto& [name, file] :
       {std::pair{"--cacert", tls.cacert}, {"--cert", tls.cert}, {"--key", tls.key}})
    if (!file.empty()) add(name, file);
  if (options.target.connect_timeout_ms != Target().connect_timeout_ms)
    text += fmt::format("--connect-timeout {} ", options.target.connect_timeout_ms);
  if (!options.run.start.empty())
    add("--start", show ? options.run.start : command_without_secrets(options.run.start));
  if (show) text += "--show-secrets ";
  if (options.choice.deflate != "off") text += "--deflate " + options.choice.deflate + " ";
  if (options.run.may_load_target) text += "--i-may-load-this-target ";
  if (options.run.timeout_ms) text += fmt::format("--timeout {} ", *options.run.timeout_ms);
  if (options.run.timeout_factor != RunOptions().timeout_factor)
    text += fmt::format("--timeout-factor {} ", options.run.timeout_factor);
  if (options.load.seed != 1) text += fmt::format("--seed {} ", options.load.seed);
  for (const auto& file : options.load.files) text += shell_word(file) + " ";
  return text;
}

/// The same run again.
std::string reproduce_run(const Options& options, const std::string& prefix) {
  std::string text = prefix + fmt::format("-j {}", options.run.jobs);
  const auto add = [&](const std::string& word) { text += " " + word; };
  if (options.run.repeat != 1) add(fmt::format("--repeat {}", options.run.repeat));
  if (options.run.shuffle) add("--shuffle");
  if (options.choice.selection.slow) add("--slow");
  for (const auto& glob : options.choice.selection.exclude) add("--exclude " + shell_word(glob));
  for (const auto level : options.choice.selection.levels)
    add(fmt::format("--level {}", scenario::level_name(level)));
  for (const auto& selector : options.choice.selection.include) add(shell_word(selector));
  return text;
}

ReportOptions report_options(const Options& options, bool to_stdout) {
  ReportOptions reports;
  reports.json = options.report_json;
  reports.junit = options.report_junit;
  reports.autobahn = options.report_autobahn;
  reports.agent = options.agent;
  reports.events = options.events;
  reports.transcript = options.transcript;
  reports.color = colored(options.color) && !to_stdout;
  reports.progress =
      isatty(STDOUT_FILENO) == 1 && !options.no_progress && !options.quiet && !to_stdout;
  reports.terminal = isatty(to_stdout ? STDERR_FILENO : STDOUT_FILENO) == 1;
  reports.verbosity = options.quiet ? -1 : options.verbosity;
  reports.width = terminal_width();
  return reports;
}

/// What was measured before memory ran out is reported.
RunResult run_reported(Options& options, const Suites& suites, Reports& reports) {
  options.run.interrupted = &watch_interrupts();
  try {
    return run(options.target, suites, options.run, reports.observers());
  } catch (const std::bad_alloc&) {
    kill_started_processes();
    reports.cut_short(kOutOfMemory);
    RunResult result;
    result.exit_code = kExitNotJudged;
    result.problem = text::Printable::of_ours(kOutOfMemory);
    return result;
  }
}

/// Why the files that it is to write cannot be written together; empty: they can.
std::string wrong_files(const Options& options) {
  if (!options.run.start_log.empty() && options.run.start.empty())
    return "--start-log is for the server that --start runs";
  if (!options.target.through.empty() && !options.run.start.empty())
    return "--through needs a server that runs already: it cannot be used with --start";
  if (!options.target.through.empty() && !options.target.unix_socket.empty())
    return "--through and --unix-socket name two ways to the server: give one of them";
  return one_file_each({{"--report-json", options.report_json},
                        {"--report-junit", options.report_junit},
                        {"--report-autobahn", options.report_autobahn},
                        {"--events", options.events},
                        {"--transcript", options.transcript},
                        {"--start-log", options.run.start_log}});
}

int execute(Options& options) {
  watch_interrupts();  // from the start: a signal while the suites load is not lost
  // With a profile that names the URL, the first word may already be a selector.
  if (!options.url.empty() && options.url.find("://") == std::string::npos &&
      !options.load.profile.empty()) {
    options.choice.selectors.insert(options.choice.selectors.begin(), options.url);
    options.url.clear();
  }
  if (const auto wrong = wrong_files(options); !wrong.empty()) return usage_error(wrong);
  settle(options.choice, options.load);
  options.load.named.insert(options.load.named.end(), options.run.require.begin(),
                            options.run.require.end());
  options.run.selection = options.choice.selection;
  if (auto settled = settle(options); !settled) return usage_error(settled.error());
  for (auto& value : secrets_of_command(options.run.start))
    options.target.secrets.push_back(std::move(value));
  options.run.max_time_ms = static_cast<int>(options.max_time_s * 1000);
  options.run.seed = options.load.seed;
  options.run.fail_on = *scenario::impact_of_name(options.fail_on);

  auto suites = load_suites(options.load);
  if (!suites) {
    std::fputs(suites.error().c_str(), stderr);
    return kExitUsage;
  }
  const std::string url = options.url.empty() ? suites->profile_url() : options.url;
  if (url.empty()) return usage_error("no URL: name one, or a --target file that has one");
  options.target.url = url;

  bool to_stdout = false;
  for (const auto* file : {&options.report_json, &options.report_junit, &options.report_autobahn,
                           &options.events, &options.transcript})
    to_stdout = to_stdout || *file == "-";
  ReportOptions reports = report_options(options, to_stdout);
  const std::string prefix = reproduce_prefix(options, url);
  reports.reproduce_prefix = without_secrets(prefix, options.target, *suites);
  reports.reproduce_run = without_secrets(reproduce_run(options, prefix), options.target, *suites);
  FILE* console = to_stdout ? stderr : stdout;
  reports.console = [console](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), console);
    std::fflush(console);
  };
  auto opened = Reports::open(reports);
  if (!opened) {
    print_error(opened.error());
    return kExitNotJudged;
  }

  const RunResult result = run_reported(options, *suites, **opened);
  if (!result.problem.empty()) {
    print_error(result.problem.for_terminal(500));
    if (!result.hint.empty()) std::fputs(("  hint: " + result.hint + "\n").c_str(), stderr);
    if (result.exit_code == kExitUsage) return result.exit_code;
  }
  int exit_code = result.exit_code;
  auto errors = (*opened)->finish();
  if (std::ferror(console) != 0) errors.emplace_back("cannot write the console's text");
  for (const auto& error : errors) {
    print_error(error);
    if (exit_code == kExitGood) exit_code = kExitNotJudged;
  }
  return exit_code;
}

void add_run_target_options(Command& app, Options& options) {
  auto* target = app.add_option_group("Target");
  add_load_options(*target, options.load);
  cli::add_target_options(*target, options);
  target
      ->add_option("--through", options.target.through,
                   "The same endpoint through a proxy: run everything against URL, then through\n"
                   "URL2. Only what differs is a finding")
      ->type_name("URL2")
      ->check(as_not_empty);
  target
      ->add_option("--wait-for", options.run.wait_for_ms,
                   "Wait up to MS for the server to accept connections")
      ->type_name("MS")
      ->range(0, 3600000);
}

void add_selection_options(Command& app, Options& options) {
  auto* choice = app.add_option_group("Selection");
  add_choice_options(*choice, options.choice);
  choice->add_flag("--i-may-load-this-target", options.run.may_load_target,
                   "Allow load scenarios on a target that is not on this machine");
}

void add_execution_options(Command& app, Options& options) {
  auto* execution = app.add_option_group("Execution");
  execution->add_option("-j,--jobs", options.run.jobs, "Simultaneous connections")
      ->type_name("N")
      ->range(1, 100000)
      ->capture_default_str();
  execution
      ->add_option("--start", options.run.start,
                   "Run the server under test: sh -c CMD, started again whenever it goes down,\n"
                   "and ended after the run with all processes of its group")
      ->type_name("CMD");
  execution
      ->add_option("--start-log", options.run.start_log,
                   "Write all that it prints to FILE, as it comes")
      ->type_name("FILE")
      ->check(as_output_file);
  execution
      ->add_option("--connect-rate", options.run.connect_rate,
                   "Maximum scenarios started per second")
      ->type_name("N")
      ->zero_or_range(0.001, 1e6);
  execution
      ->add_option("--timeout", options.run.timeout_ms,
                   "Limit for an answer where the scenario has none of its own")
      ->type_name("MS")
      ->range(1, 3600000);
  execution
      ->add_option("--timeout-factor", options.run.timeout_factor,
                   "Multiply every such limit, for slow servers")
      ->type_name("F")
      ->range(0.1, 1000.0);
  execution->add_option("--max-time", options.max_time_s, "Limit for the whole run")
      ->type_name("SECONDS")
      ->zero_or_range(0.001, 1e6);
  execution->add_flag("--fail-fast", options.run.fail_fast,
                      "Stop at the first finding that counts (--fail-on)");
  execution
      ->add_option("--retry", options.run.retry,
                   "Repeat a scenario that could not be judged up to N times")
      ->type_name("N")
      ->range(0, 100);
  execution->add_option("--repeat", options.run.repeat, "Run everything N times")
      ->type_name("N")
      ->range(1, 100000);
  execution->add_flag("--shuffle", options.run.shuffle, "Run in an order drawn by --seed");
  execution
      ->add_option("--seed", options.load.seed,
                   "Seed of masking keys, random payloads and --shuffle")
      ->type_name("N")
      ->check(as_seed)
      ->capture_default_str();
}

void add_verdict_options(Command& app, Options& options) {
  auto* verdict = app.add_option_group("Verdict");
  verdict
      ->add_option("--fail-on", options.fail_on,
                   "Least impact of a fail that makes exit code 1: critical, data, interop or\n"
                   "letter. A fail below it stays a fail in every report")
      ->type_name("IMPACT")
      ->one_of((scenario::impact_names()))
      ->capture_default_str();
  verdict->add_flag("--strict", options.run.strict,
                    "Count every fail, and tolerated findings (never at level may)");
  verdict
      ->add_option("--require", options.run.require,
                   "Count a skipped scenario that GLOB matches as a finding")
      ->type_name("GLOB")
      ->allow_extra_args(false);
}

void add_output_options(Command& app, Options& options) {
  auto* output = app.add_option_group("Output");
  output->add_option("--report-json", options.report_json, "Write a JSON report ('-' = stdout)")
      ->type_name("FILE")
      ->check(as_output_file);
  output
      ->add_option("--report-junit", options.report_junit,
                   "Write a JUnit XML report ('-' = stdout)")
      ->type_name("FILE")
      ->check(as_output_file);
  output
      ->add_option("--report-autobahn", options.report_autobahn,
                   "Write an index.json as Autobahn|Testsuite does ('-' = stdout)")
      ->type_name("FILE")
      ->check(as_output_file);
  output
      ->add_option("--agent", options.agent,
                   "The server's name in that file. Default: its Server header")
      ->type_name("NAME");
  output
      ->add_option("--events", options.events, "Write each event as a line of JSON ('-' = stdout)")
      ->type_name("FILE")
      ->check(as_output_file);
  output
      ->add_option("--transcript", options.transcript,
                   "Write what went over the wire, a line of JSON a frame ('-' = stdout)")
      ->type_name("FILE")
      ->check(as_output_file);
  output->add_flag("-v,--verbose", options.verbosity,
                   "Show every scenario; -vv: also every transcript");
  add_show_secrets(*output, options.target);
  output->add_flag("-q,--quiet", options.quiet, "Show only findings and the summary");
  output->add_option("--color", options.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->one_of({"auto", "always", "never"});
  output->add_flag("--no-progress", options.no_progress, "Print no progress line");
}

}  // namespace

void add_run(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* run = app.add_subcommand("run", "Run scenarios against a server");
  run->add_option("URL", options->url,
                  "ws:// or wss://host[:port][/path]; may come from --target instead");
  run->add_option("SELECTOR", options->choice.selectors,
                  "What to run: a glob over names (utf8, 'utf8/over*'), tag:GLOB, or a scenario\n"
                  "file or folder. Default: every built-in scenario not tagged load or slow");
  add_run_target_options(*run, *options);
  add_selection_options(*run, *options);
  add_execution_options(*run, *options);
  add_verdict_options(*run, *options);
  add_output_options(*run, *options);
  run->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
