// What every long-running subcommand does alike: Ctrl-C, colours, errors.
#pragma once

#include <atomic>
#include <string>

namespace wsspec::cli {

/// From now on SIGINT, SIGTERM and SIGHUP are counted here; the second one kills, this program and
/// what it has started.
const std::atomic<int>& watch_interrupts();

/// `when` = auto, always or never; auto looks at the terminal and at NO_COLOR.
bool colored(const std::string& when);

/// The width of the terminal that standard output is, else 80.
std::size_t terminal_width();

/// "wsspec: error: ..." on standard error.
void print_error(const std::string& text);

}  // namespace wsspec::cli
