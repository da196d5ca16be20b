// One function a subcommand: declares its options and, when it was chosen, runs it and leaves the
// exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace wsspec::cli {

void add_run(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_show(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_demo(CLI::App& app, int& exit_code);

}  // namespace wsspec::cli
