#include "report/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace wsspec::report {
namespace {

constexpr mode_t kMode = 0666;  // the umask takes away what it should
constexpr int kAttempts = 100;

std::string problem(const std::string& path, int error) {
  return fmt::format("cannot write {}: {}", path == "-" ? "standard output" : path,
                     error == ENXIO ? "no process reads it" : std::strerror(error));
}

/// 0, or the errno of the first write that failed.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

/// A FIFO that no process reads is an error (ENXIO), and no endless wait.
int open_retrying(const std::string& path, int flags) {
  int fd = -1;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, kMode);
  while (fd < 0 && errno == EINTR);
  if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

/// close() reports what a delayed write could not do (NFS, quotas).
int close_checked(int fd) {
  return ::close(fd) == 0 || errno == EINTR ? 0 : errno;
}

int write_directly(const std::string& path, std::string_view content) {
  const int fd = open_retrying(path, O_WRONLY);
  if (fd < 0) return errno;
  const int written = write_all(fd, content);
  const int closed = close_checked(fd);
  return written != 0 ? written : closed;
}

/// The file that `path` links to where it is a symbolic link to a file, else `path`.
std::string resolved_link(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string out = resolved;
  std::free(resolved);
  return out;
}

}  // namespace

tl::expected<void, std::string> write_file(const std::string& path, std::string_view content) {
  const auto fail = [&](int error) { return tl::make_unexpected(problem(path, error)); };
  if (path == "-") {
    std::fflush(stdout);  // what was printed before stays before
    if (const int error = write_all(STDOUT_FILENO, content)) return fail(error);
    return {};
  }
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return fail(EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    if (const int error = write_directly(path, content)) return fail(error);
    return {};
  }
  // A file that may not be written is not to be replaced either, though rename() would.
  if (exists && ::access(path.c_str(), W_OK) != 0) return fail(errno);

  const std::string target = exists ? resolved_link(path) : path;
  // Its name does not come from the target's: that may be as long as the system allows.
  const std::string folder = target.substr(0, target.rfind('/') + 1);
  std::string temporary;
  int fd = -1;
  for (int i = 0; i < kAttempts && fd < 0; ++i) {
    temporary = fmt::format("{}.wsspec-{}-{}.tmp", folder, ::getpid(), i);
    fd = open_retrying(temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0 && errno != EEXIST) return fail(errno);
  }
  if (fd < 0) return fail(EEXIST);

  int error = write_all(fd, content);
  if (error == 0 && exists && ::fchmod(fd, info.st_mode & 07777) != 0) error = errno;
  if (error == 0 && ::fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) error = errno;
  const int closed = close_checked(fd);
  if (error == 0) error = closed;
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(temporary.c_str());
  return fail(error);
}

tl::expected<std::shared_ptr<StreamSink>, std::string> StreamSink::open(const std::string& path) {
  int fd = STDOUT_FILENO;
  if (path == "-")
    std::fflush(stdout);
  else
    fd = open_retrying(path, O_WRONLY | O_CREAT);
  if (fd < 0) return tl::make_unexpected(problem(path, errno));
  return std::shared_ptr<StreamSink>(new StreamSink(path, fd));
}

StreamSink::~StreamSink() {
  if (path_ != "-") ::close(fd_);
}

void StreamSink::write(std::string_view text) {
  if (!error_.empty()) return;
  // What a file had is kept until there is something new, so that a run that is refused loses
  // nothing.
  struct stat info {};
  if (!std::exchange(begun_, true) && path_ != "-" && ::fstat(fd_, &info) == 0 &&
      S_ISREG(info.st_mode) && ::ftruncate(fd_, 0) != 0) {
    error_ = problem(path_, errno);
    return;
  }
  if (const int error = write_all(fd_, text)) error_ = problem(path_, error);
}

}  // namespace wsspec::report
