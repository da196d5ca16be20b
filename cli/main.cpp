// wsspec: does a WebSocket server close as it should?
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>

#include "command.h"
#include "commands.h"
#include "terminal.h"
#include "wsspec.h"

namespace {

/// Where memory runs out in a place that no exception leaves, such as a destructor, or on another
/// thread.
[[noreturn]] void on_terminate() {
  try {
    if (const auto error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    wsspec::cli::end_out_of_memory();
  } catch (...) {
    std::abort();
  }
  std::abort();
}

int run_command(int argc, char** argv) {
  using namespace wsspec::cli;
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
    add_probe(program, exit_code);
    add_send(program, exit_code);
    add_list(program, exit_code);
    add_show(program, exit_code);
    add_check(program, exit_code);
    add_explain(program, exit_code);
    add_inspect(program, exit_code);
    add_serve(program, exit_code);
    add_tap(program, exit_code);
    add_demo(program, exit_code);
  };
  const int parsed = parse(argc, argv, texts, declare);
  const int code = parsed == wsspec::kExitGood ? exit_code : parsed;
  return code == wsspec::kExitGood ? printed() : code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace wsspec::cli;
  std::set_terminate(on_terminate);
  wsspec::keep_memory_reserve();
  reserve_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of write(), told as others
  try {
    return run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    end_out_of_memory();
  } catch (const std::exception& error) {
    print_error(error.what());
    return wsspec::kExitNotJudged;
  }
}
