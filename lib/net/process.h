// A program that runs beside the loop: `sh -c COMMAND` in a process group of its own, with
// /dev/null as its input. What the group writes comes as octets; its end is found by a timer that
// asks for it, so no signal handler, no thread and no wait is needed.
//
//   running --the shell ends--> left --no process of the group is left--> gone
//
// A process that leaves its group (setsid) is out of reach.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "net/loop.h"

struct lws;

namespace wsspec::net {

/// How a process ended: by an exit status, or by a signal.
struct ProcessEnd {
  int status = 0;
  int signal = 0;  ///< 0 = none
  bool core = false;
};

class Process : private Readable {
 public:
  using OnOutput = std::function<void(std::span<const std::uint8_t>)>;

  /// `on_output`: standard output and standard error, in the order they are written.
  static tl::expected<std::unique_ptr<Process>, std::string> start(Loop& loop,
                                                                   const std::string& command,
                                                                   OnOutput on_output);
  /// Kills the group.
  ~Process() override;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// TERM to the group now, and KILL after `patience` to what is left of it.
  void terminate(Duration patience);
  /// Of the shell (which most shells replace by a command that is alone).
  const std::optional<ProcessEnd>& end() const { return end_; }
  /// No process of the group is left, and all that it wrote has been told.
  bool gone() const { return group_gone_ && (pipe_ == nullptr || Clock::now() >= pipe_until_); }

 private:
  Process(Loop& loop, OnOutput on_output);
  int service(int reason) override;
  void look();
  void signal_group(int number) const;

  Loop& loop_;
  OnOutput on_output_;
  pid_t pid_ = -1;
  int pipe_fd_ = -1;
  lws* pipe_ = nullptr;
  Timer look_;
  std::optional<ProcessEnd> end_;
  bool group_gone_ = false;
  TimePoint pipe_until_{};  ///< what left the group may keep the pipe open
  std::optional<TimePoint> kill_at_;
};

/// Kills every group that runs. May be called from a signal handler.
void kill_processes();

}  // namespace wsspec::net
