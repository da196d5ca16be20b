// Where reports go. A report file appears whole or not at all: a reader in CI never sees half a
// document, and a run that dies leaves the last good one. A stream of events goes out line
// by line, as it happens.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsspec::report {

/// Writes `content` to a temporary file in the same folder, syncs it and renames it over `path`
/// ("-" = standard output). A symbolic link stays one, its target is replaced. What is no regular
/// file (/dev/stderr, a FIFO) is written to directly. The error names path and cause:
/// "cannot write out/report.json: No space left on device".
tl::expected<void, std::string> write_file(const std::string& path, std::string_view content);

/// An open file ("-" = standard output) that takes text as it comes. After the first error it
/// takes nothing more and keeps the message.
class StreamSink {
 public:
  static tl::expected<std::shared_ptr<StreamSink>, std::string> open(const std::string& path);
  ~StreamSink();
  StreamSink(const StreamSink&) = delete;
  StreamSink& operator=(const StreamSink&) = delete;

  void write(std::string_view text);
  /// Empty while all went well.
  const std::string& error() const { return error_; }

 private:
  StreamSink(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_;
  bool begun_ = false;
  std::string error_;
};

}  // namespace wsspec::report
