// wsspec check FILE...
#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"

namespace wsspec::cli {
namespace {

int execute(const LoadOptions& load) {
  const auto checked = check(load);
  if (checked) return print(checked);
  std::fputs(checked.error().c_str(), stderr);
  return kExitUsage;
}

}  // namespace

void add_check(Command& app, int& exit_code) {
  auto load = std::make_shared<LoadOptions>();
  auto* command =
      app.add_subcommand("check", "Check scenario files and target profiles without a server");
  command->add_option("FILE", load->files, "Scenario files, folders of them, target profiles")
      ->required();
  add_load_options(*command, *load);
  command->callback([load, &exit_code] { exit_code = execute(*load); });
}

}  // namespace wsspec::cli
