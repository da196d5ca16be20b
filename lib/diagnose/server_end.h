// How a server's process ended, in words.
#pragma once

#include <string>

#include "result/result.h"

namespace wsspec::diagnose {

/// "its process was killed by signal 11 (SIGSEGV, Segmentation fault)", "its process ended with
/// exit status 1", "its process did not end by itself".
std::string server_end_text(const result::ServerEnd& end);

/// The signal that ended it, also where a shell stands between and makes an exit status of it; 0 =
/// none.
int signal_of(const result::ServerEnd& end);

/// "SIGSEGV"; empty for a number that names no signal.
std::string signal_name(int number);

}  // namespace wsspec::diagnose
