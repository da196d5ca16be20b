// wsspec: does a WebSocket server close as it should?
#include <CLI/CLI.hpp>
#include <exception>

#include "commands.h"
#include "terminal.h"
#include "wsspec.h"

int main(int argc, char** argv) {
  CLI::App app{
      "wsspec checks how a WebSocket server ends a conversation: with 1007, 1008 and every "
      "other close code."};
  app.set_version_flag("--version", std::string("wsspec ") + wsspec::version());
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer(
      "Exit codes: 0 good, 1 findings, 2 usage or scenario error, 3 target unreachable,\n"
      "a scenario not judged, everything skipped, or a report that could not be written,\n"
      "130 interrupted.");
  int exit_code = 0;
  wsspec::cli::add_run(app, exit_code);
  wsspec::cli::add_list(app, exit_code);
  wsspec::cli::add_show(app, exit_code);
  wsspec::cli::add_check(app, exit_code);
  wsspec::cli::add_explain(app, exit_code);
  wsspec::cli::add_serve(app, exit_code);
  wsspec::cli::add_demo(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? wsspec::kExitGood : wsspec::kExitUsage;
  } catch (const std::exception& error) {
    wsspec::cli::print_error(error.what());
    return wsspec::kExitNotJudged;
  }
  return exit_code;
}
