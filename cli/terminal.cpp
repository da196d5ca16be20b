#include "terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "wsspec.h"

namespace wsspec::cli {
namespace {

std::atomic<int> interrupts{0};

extern "C" void count_interrupt(int signal_number) {
  if (interrupts.fetch_add(1) > 0) {
    kill_started_processes();
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
}

}  // namespace

const std::atomic<int>& watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = count_interrupt;  // without SA_RESTART: the loop's wait ends
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // The terminal is gone. Where that is ignored (nohup), it goes on being ignored.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return interrupts;
}

bool colored(const std::string& when) {
  if (when == "always") return true;
  if (when == "never") return false;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  return isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

std::size_t terminal_width() {
  winsize window{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return known ? window.ws_col : 80;
}

void reserve_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (fcntl(fd, F_GETFD) < 0) static_cast<void>(open("/dev/null", O_RDWR));
}

void print_error(const std::string& text) {
  std::fputs(("wsspec: error: " + text + "\n").c_str(), stderr);
}

void end_out_of_memory() {
  constexpr std::string_view kText = "wsspec: error: out of memory\n";
  static_assert(kText.find(kOutOfMemory) != std::string_view::npos);
  (void)!::write(STDERR_FILENO, kText.data(), kText.size());
  kill_started_processes();
  ::_exit(kExitNotJudged);
}

int printed() {
  const bool good = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (good) return kExitGood;
  print_error("cannot write to standard output");
  return kExitNotJudged;
}

}  // namespace wsspec::cli
