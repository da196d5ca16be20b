// wsspec explain CODE [CODE] | TEXT
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"

namespace wsspec::cli {

void add_explain(Command& app, int& exit_code) {
  struct Options {
    std::vector<std::string> words;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "explain", "Explain a close code, an HTTP status of a refused upgrade, or a log's message");
  command
      ->add_option("CODE|TEXT", options->words,
                   "A number (1007, 4008, 403) or a word of its name (policy); two are\n"
                   "compared. Or a message of a browser or library, with the log line around\n"
                   "it: 'Could not decode a text frame as UTF-8'")
      ->required();
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, &exit_code] {
    exit_code = print(explanation(options->words, options->json, terminal_width()));
  });
}

}  // namespace wsspec::cli
