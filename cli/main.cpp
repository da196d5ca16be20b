// wsspec: does a WebSocket server close as it should?
#include <csignal>
#include <exception>

#include "command.h"
#include "commands.h"
#include "terminal.h"
#include "wsspec.h"

int main(int argc, char** argv) {
  using namespace wsspec::cli;
  reserve_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of write(), told as others
  ProgramTexts texts;
  texts.about =
      "wsspec checks how a WebSocket server ends a conversation: with 1007, 1008 and every "
      "other close code.";
  texts.version = std::string("wsspec ") + wsspec::version();
  texts.footer =
      "Exit codes: 0 good, 1 findings, 2 usage or scenario error, 3 target unreachable,\n"
      "a scenario not judged, everything skipped, or a report that could not be written,\n"
      "130 interrupted.";
  int exit_code = wsspec::kExitGood;
  const auto declare = [&exit_code](Command& program) {
    add_run(program, exit_code);
    add_list(program, exit_code);
    add_show(program, exit_code);
    add_check(program, exit_code);
    add_explain(program, exit_code);
    add_serve(program, exit_code);
    add_demo(program, exit_code);
  };
  try {
    const int parsed = parse(argc, argv, texts, declare);
    const int code = parsed == wsspec::kExitGood ? exit_code : parsed;
    return code == wsspec::kExitGood ? printed() : code;
  } catch (const std::exception& error) {
    print_error(error.what());
    return wsspec::kExitNotJudged;
  }
}
