// The lines of a descriptor (standard input), as they come, beside everything else that the loop
// waits for. The flags of what the caller gave us stay as they are: a terminal is the shell's, too.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "net/loop.h"

namespace wsspec::net {

class LineInput : private Readable {
 public:
  static constexpr std::size_t kMaxLine = 16u << 20;

  /// `on_change`: a line came, or the end.
  static tl::expected<std::unique_ptr<LineInput>, std::string> open(
      Loop& loop, int fd, std::function<void()> on_change);
  ~LineInput() override;
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

  /// The next line, without its end; nullopt: none is whole. A last one without an end counts.
  std::optional<std::string> take();
  /// Nothing more will come, and all was taken.
  bool ended() const { return ended_ && lines_.empty(); }
  /// Why it ended, where that is not its end.
  const std::string& problem() const { return problem_; }

 private:
  /// Above this much that was not taken, nothing more is read.
  static constexpr std::size_t kWaiting = 1u << 20;

  LineInput(Loop& loop, std::function<void()> on_change)
      : loop_(loop), on_change_(std::move(on_change)) {}
  int service(int reason) override;
  void add(const char* octets, std::size_t count);
  bool read_some();
  void end_now();

  Loop& loop_;
  std::function<void()> on_change_;
  lws* wsi_ = nullptr;
  int fd_ = -1;
  std::deque<std::string> lines_;
  std::string part_;         ///< of a line that has no end yet
  std::size_t waiting_ = 0;  ///< octets in lines_
  bool paused_ = false;
  bool ended_ = false;
  std::string problem_;
};

}  // namespace wsspec::net
