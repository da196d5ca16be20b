// wsspec explain CODE [CODE]
#include <memory>

#include "commands.h"
#include "options.h"
#include "terminal.h"

namespace wsspec::cli {

void add_explain(CLI::App& app, int& exit_code) {
  struct Options {
    std::vector<std::string> codes;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "explain", "Explain a close code or the HTTP status of a refused upgrade, or compare two");
  command
      ->add_option("CODE", options->codes,
                   "A number (1007, 4008, 403) or a word of its name (policy); two are compared")
      ->required()
      ->expected(1, 2);
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, &exit_code] {
    exit_code = print(explain(options->codes, options->json, terminal_width()));
  });
}

}  // namespace wsspec::cli
