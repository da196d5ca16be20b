#include "net/line_input.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace wsspec::net {
namespace {

/// A pipe holds 1 MiB at most, unless root allows more.
constexpr int kLastReads = 32;

/// A descriptor of our own. O_NONBLOCK belongs to what is open, not to the descriptor: a terminal
/// or a pipe is opened anew. A file is never waited for.
int own_descriptor(int fd) {
  struct stat what {};
  if (::fstat(fd, &what) != 0) return -1;
  if (!S_ISREG(what.st_mode)) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int again = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (again >= 0) return again;
  }
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

}  // namespace

tl::expected<std::unique_ptr<LineInput>, std::string> LineInput::open(
    Loop& loop, int fd, std::function<void()> on_change) {
  std::unique_ptr<LineInput> input(new LineInput(loop, std::move(on_change)));
  input->fd_ = own_descriptor(fd);
  if (input->fd_ < 0)
    return tl::unexpected(std::string("standard input cannot be read: ") + std::strerror(errno));
  input->wsi_ = loop.watch(input->fd_, *input);
  if (input->wsi_ == nullptr)
    return tl::unexpected(std::string("libwebsockets does not take standard input"));
  return input;
}

LineInput::~LineInput() {
  if (wsi_ != nullptr) loop_.unwatch(wsi_);
}

void LineInput::add(const char* octets, std::size_t count) {
  std::string_view rest(octets, count);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    part_ += rest.substr(0, end);
    if (part_.size() > kMaxLine) {
      problem_ = "a line of standard input is longer than 16 MiB";
      part_.clear();
      return end_now();
    }
    if (end == std::string_view::npos) return;
    if (part_.ends_with('\r')) part_.pop_back();
    waiting_ += part_.size() + 1;
    lines_.push_back(std::exchange(part_, {}));
    rest.remove_prefix(end + 1);
  }
}

void LineInput::end_now() {
  if (!part_.empty()) lines_.push_back(std::exchange(part_, {}));
  ended_ = true;
}

std::optional<std::string> LineInput::take() {
  if (lines_.empty()) return std::nullopt;
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  waiting_ -= std::min(waiting_, line.size() + 1);
  if (paused_ && waiting_ < kWaiting / 2 && wsi_ != nullptr) {
    paused_ = false;
    lws_rx_flow_control(wsi_, 1);
  }
  return line;
}

// False: nothing more will come.
bool LineInput::read_some() {
  std::array<char, 65536> octets;
  ssize_t n = 0;
  do {
    n = ::read(fd_, octets.data(), octets.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
  if (n < 0) problem_ = std::string("standard input cannot be read: ") + std::strerror(errno);
  if (n > 0)
    add(octets.data(), static_cast<std::size_t>(n));
  else
    end_now();
  return !ended_;
}

// The library closes it where its last writer has gone, although it may hold octets still: those of
// a pipe are few. -1: the library closes it.
int LineInput::service(int reason) {
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    for (int reads = 0; !ended_ && reads < kLastReads; ++reads)
      if (!read_some()) break;
    if (!ended_) end_now();
    wsi_ = nullptr;
    on_change_();
    return 0;
  }
  const bool more = read_some();
  if (more && waiting_ > kWaiting) {
    paused_ = true;
    lws_rx_flow_control(wsi_, 0);
  }
  on_change_();
  return more ? 0 : -1;
}

}  // namespace wsspec::net
