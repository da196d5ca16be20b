// What every long-running subcommand does alike: Ctrl-C, colours, errors.
#pragma once

#include <atomic>
#include <string>

namespace wsspec::cli {

/// From now on SIGINT, SIGTERM and SIGHUP are counted here; the second one kills, this program and
/// what it has started. A pipe without a reader is an error of write().
const std::atomic<int>& watch_interrupts();

/// `when` = auto, always or never; auto looks at the terminal and at NO_COLOR.
bool colored(const std::string& when);

/// The width of the terminal that standard output is, else 80.
std::size_t terminal_width();

/// Descriptors 0 to 2 are open from now on (to /dev/null where the caller closed them), so that no
/// file or connection takes the place of one.
void reserve_standard_streams();

/// "wsspec: error: ..." on standard error.
void print_error(const std::string& text);

/// 0; where standard output did not take all that was printed, an error and 3.
int printed();

inline constexpr char kOutOfMemory[] = "out of memory";
/// Says so without any, ends what --start runs, and the process with kExitNotJudged.
[[noreturn]] void end_out_of_memory();

}  // namespace wsspec::cli
