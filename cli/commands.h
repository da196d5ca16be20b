// One function a subcommand: declares its options and, when it was chosen, runs it and leaves the
// exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace wsspec::cli {

void add_run(CLI::App& app, int& exit_code);

}  // namespace wsspec::cli
