// wsspec show NAME...
#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"

namespace wsspec::cli {
namespace {

struct Options {
  Choice choice;
  LoadOptions load;
  bool octets = false;
};

int execute(Options& options) {
  settle(options.choice, options.load);
  auto& selection = options.choice.selection;
  if (selection.include.empty())
    selection.include = {"**", "tag:*"};  // files alone: all that they have, load too
  selection.slow = true;
  const auto suites = load_suites(options.load);
  if (!suites) {
    std::fputs(suites.error().c_str(), stderr);
    return kExitUsage;
  }
  return print(show(*suites, selection, terminal_width(), options.octets));
}

}  // namespace

void add_show(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "show", "Show scenarios step by step, with the octets that go over the wire");
  command
      ->add_option("NAME", options->choice.selectors,
                   "suite/id, a glob over names, tag:GLOB, a scenario file or folder")
      ->required();
  command->add_flag("--octets", options->octets,
                    "Show every octet, not only the ends of long payloads");
  add_load_options(*command, options->load);
  add_deflate_option(*command, options->choice);
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
