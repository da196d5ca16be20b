// wsspec explain CODE [OTHER]
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "options.h"
#include "terminal.h"

namespace wsspec::cli {

void add_explain(CLI::App& app, int& exit_code) {
  struct Options {
    std::string code, other;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "explain", "Explain a close code or the HTTP status of a refused upgrade, or compare two");
  command
      ->add_option("CODE", options->code,
                   "A number (1007, 4008, 403) or a word of its name (policy)")
      ->required();
  const auto* other = command->add_option("OTHER", options->other, "Compared with the first");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, other, &exit_code] {
    std::vector<std::string> codes{options->code};
    if (other->count() > 0) codes.push_back(options->other);
    exit_code = print(explanation(codes, options->json, terminal_width()));
  });
}

}  // namespace wsspec::cli
