#include "net/process.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "net/inherited.h"

namespace wsspec::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{10};
constexpr milliseconds kLastOutput{200};
constexpr std::size_t kRead = 64 * 1024;
/// More than a pipe can hold: after the last writer's end one turn reads what is left.
constexpr std::size_t kTurn = 2u << 20;

/// The groups that run, for kill_processes().
std::array<std::atomic<pid_t>, 16> groups;

void register_group(pid_t pid) {
  for (auto& slot : groups) {
    pid_t none = 0;
    if (slot.compare_exchange_strong(none, pid)) return;
  }
}

void forget_group(pid_t pid) {
  for (auto& slot : groups) {
    pid_t mine = pid;
    if (slot.compare_exchange_strong(mine, 0)) return;
  }
}

/// Our environment and limits are not those that we were started with (global_init).
struct ChildSetup {
  std::vector<std::string> kept;
  std::vector<char*> environment;
  std::optional<rlimit> descriptors = inherited_settings().descriptors;
  pid_t parent = getpid();

  ChildSetup() {
    for (char** one = environ; *one != nullptr; ++one) environment.push_back(*one);
    if (const auto& proxy = inherited_settings().http_proxy) {
      kept.push_back("http_proxy=" + *proxy);
      environment.push_back(kept.back().data());
    }
    environment.push_back(nullptr);
  }
};

/// No signal while it lives: one that came to the child before exec() would meet our handlers.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { allow(); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  void allow() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// What is ignored stays so over an exec(), but SIGPIPE is only ignored by us.
void drop_handlers() {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0) continue;
    if (action.sa_handler != SIG_IGN || number == SIGPIPE) std::signal(number, SIG_DFL);
  }
}

/// In the child, between fork() and exec(): system calls only.
[[noreturn]] void become(const char* command, const ChildSetup& setup,
                         const SignalsBlocked& blocked, int input, int output) {
  setpgid(0, 0);
  drop_handlers();
  blocked.allow();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != setup.parent) _exit(127);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0U, 0);
  if (setup.descriptors) setrlimit(RLIMIT_NOFILE, &*setup.descriptors);
  const char* const arguments[] = {"sh", "-c", command, nullptr};
  execve("/bin/sh", const_cast<char* const*>(arguments), setup.environment.data());
  _exit(127);
}

std::string problem(const char* what, int error) {
  return std::string(what) + ": " + std::strerror(error);
}

}  // namespace

void kill_processes() {
  for (const auto& slot : groups)
    if (const pid_t pid = slot.load(); pid > 0) ::kill(-pid, SIGKILL);
}

Process::Process(Loop& loop, OnOutput on_output)
    : loop_(loop), on_output_(std::move(on_output)), look_(loop, [this] { look(); }) {}

tl::expected<std::unique_ptr<Process>, std::string> Process::start(Loop& loop,
                                                                   const std::string& command,
                                                                   OnOutput on_output) {
  std::unique_ptr<Process> process(new Process(loop, std::move(on_output)));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(problem("cannot make a pipe", errno));
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const ChildSetup setup;
  const SignalsBlocked blocked;
  const pid_t pid = input < 0 ? -1 : ::fork();
  if (pid == 0) become(command.c_str(), setup, blocked, input, ends[1]);
  const int error = errno;
  ::close(ends[1]);
  if (input >= 0) ::close(input);
  if (pid < 0) {
    ::close(ends[0]);
    return tl::unexpected(problem("cannot start a process", error));
  }
  ::setpgid(pid, pid);  // the child does it too: whichever comes first
  register_group(pid);
  process->pid_ = pid;
  ::fcntl(ends[0], F_SETFL, O_RDONLY | O_NONBLOCK);
  process->pipe_fd_ = ends[0];
  process->pipe_ = loop.watch(ends[0], *process);
  if (process->pipe_ == nullptr) {
    ::close(ends[0]);
    return tl::unexpected(std::string("libwebsockets does not take the pipe"));
  }
  process->look_.start(kLook);
  return process;
}

Process::~Process() {
  if (pid_ > 0 && !group_gone_) {
    signal_group(SIGKILL);
    forget_group(pid_);
    // Not waited for: what it leaves until our own end is a line in the process table.
    if (!end_) ::waitpid(pid_, nullptr, WNOHANG);
  }
  if (pipe_ != nullptr) loop_.unwatch(pipe_);
}

void Process::signal_group(int number) const {
  ::kill(-pid_, number);
}

void Process::terminate(Duration patience) {
  if (group_gone_ || kill_at_) return;
  signal_group(SIGTERM);
  signal_group(SIGCONT);  // one that is stopped would not hear it
  kill_at_ = Clock::now() + patience;
}

void Process::look() {
  int status = 0;
  if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    end_ = ProcessEnd{};
    if (WIFEXITED(status)) end_->status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) {
      end_->signal = WTERMSIG(status);
      end_->core = WCOREDUMP(status);
    }
  }
  // The number of a group that is empty may be given away: no signal after this.
  if (end_ && ::kill(-pid_, 0) != 0 && errno == ESRCH) {
    group_gone_ = true;
    forget_group(pid_);
    pipe_until_ = Clock::now() + kLastOutput;
    return;
  }
  if (kill_at_ && Clock::now() >= *kill_at_) signal_group(SIGKILL);
  look_.start(kLook);
}

// -1: the pipe is to be closed.
int Process::service(int reason) {
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    pipe_ = nullptr;
    return 0;
  }
  std::array<std::uint8_t, kRead> octets;
  for (std::size_t read = 0; read < kTurn;) {
    const ssize_t n = ::read(pipe_fd_, octets.data(), octets.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    if (n <= 0) return -1;
    read += static_cast<std::size_t>(n);
    on_output_(std::span(octets).first(static_cast<std::size_t>(n)));
  }
  return 0;
}

}  // namespace wsspec::net
