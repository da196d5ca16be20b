#include "diagnose/server_end.h"

#include <fmt/format.h>

#include <cstring>

namespace wsspec::diagnose {
namespace {

constexpr int kBySignal = 128;  ///< a shell's exit status for a command that a signal killed

std::string with_words(int number) {
  const std::string name = signal_name(number);
  const char* words = name.empty() ? nullptr : sigdescr_np(number);
  return words == nullptr ? name : name + ", " + words;
}

}  // namespace

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? std::string() : std::string("SIG") + name;
}

int signal_of(const result::ServerEnd& end) {
  if (!end.by_itself) return 0;
  if (end.signal != 0) return end.signal;
  const int status = end.exit_status.value_or(0);
  return status > kBySignal && !signal_name(status - kBySignal).empty() ? status - kBySignal : 0;
}

std::string server_end_text(const result::ServerEnd& end) {
  if (!end.by_itself) return "its process did not end by itself";
  if (end.signal != 0)
    return fmt::format("its process was killed by signal {} ({}){}", end.signal,
                       with_words(end.signal), end.core ? ", with a core dump" : "");
  const int status = end.exit_status.value_or(0);
  std::string out = fmt::format("its process ended with exit status {}", status);
  if (const int number = signal_of(end); number != 0)
    out += fmt::format(" (signal {}: {})", number, with_words(number));
  return out;
}

}  // namespace wsspec::diagnose
