// One function a subcommand: declares its options and, when it was chosen, runs it and leaves the
// exit code.
#pragma once

namespace wsspec::cli {

class Command;

void add_run(Command& app, int& exit_code);
void add_probe(Command& app, int& exit_code);
void add_send(Command& app, int& exit_code);
void add_list(Command& app, int& exit_code);
void add_show(Command& app, int& exit_code);
void add_check(Command& app, int& exit_code);
void add_explain(Command& app, int& exit_code);
void add_inspect(Command& app, int& exit_code);
void add_serve(Command& app, int& exit_code);
void add_tap(Command& app, int& exit_code);
void add_demo(Command& app, int& exit_code);

}  // namespace wsspec::cli
