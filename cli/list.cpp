// wsspec list [SELECTOR...]
#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"

namespace wsspec::cli {
namespace {

struct Options {
  Choice choice;
  LoadOptions load;
  bool json = false, coverage = false;
};

int execute(Options& options) {
  settle(options.choice, options.load);
  auto& selection = options.choice.selection;
  if (selection.include.empty()) {  // all there is, not only what a bare `run` takes
    selection.include = {"**", "tag:*"};
    selection.slow = true;
  }
  options.load.steps = false;
  const auto suites = load_suites(options.load);
  if (!suites) {
    std::fputs(suites.error().c_str(), stderr);
    return kExitUsage;
  }
  return print(options.coverage ? coverage(*suites, selection, options.json)
                                : list(*suites, selection, options.json));
}

}  // namespace

void add_list(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("list", "List scenarios: name, level, title");
  command->add_option("SELECTOR", options->choice.selectors,
                      "As for run: globs over names, tag:GLOB, scenario files and folders.\n"
                      "Default: every built-in scenario, also the slow and load ones");
  add_load_options(*command, options->load);
  add_choice_options(*command, options->choice);
  command->add_flag(
      "--coverage", options->coverage,
      "List the requirements of the RFCs and the Autobahn cases instead, each with the\n"
      "scenarios that cover it");
  command->add_flag("--json", options->json, "Print JSON, with tags and spec");
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
