// The three kinds of captures, and what they report to. Internal to lib/app.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "app/inspect_capture.h"
#include "capture/har.h"
#include "capture/key_log.h"

namespace wsspec {

class CaptureReport {
 public:
  CaptureReport(const CaptureOptions& options, const std::function<void(std::string_view)>& print)
      : options_(options), print_(print) {}

  /// For a person.
  void line(std::uint64_t connection, double ms, std::string_view text);
  /// For a program: a whole line.
  void json(std::string_view line);
  /// For both, about the capture itself; printable ASCII without quotes.
  void note(const std::string& text);
  /// This code is explained at the end.
  void closed(std::optional<std::uint16_t> code);
  void finish(const std::string& summary);
  std::size_t width() const { return options_.width; }

 private:
  const CaptureOptions& options_;
  const std::function<void(std::string_view)>& print_;
  std::set<int> codes_;
};

/// True: there are violations. `keys`: of TLS connections.
tl::expected<bool, std::string> inspect_packets(const capture::NextPiece& next,
                                                CaptureReport& report, capture::KeyLog keys);
tl::expected<bool, std::string> inspect_har(const capture::NextPiece& next, CaptureReport& report);
tl::expected<bool, std::string> inspect_log(const capture::NextPiece& next, CaptureReport& report);

}  // namespace wsspec
