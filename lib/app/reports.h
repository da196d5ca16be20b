// The reports of a run, opened and finished together.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "app/options.h"
#include "report/shown.h"

namespace wsspec {

class Reports {
 public:
  /// The error names the file that cannot be written.
  static tl::expected<std::unique_ptr<Reports>, std::string> open(const ReportOptions& options);
  virtual ~Reports() = default;
  virtual std::vector<report::Observer*> observers() = 0;
  /// The run ended before its end, and for what reason.
  virtual void cut_short(std::string_view why) = 0;
  /// Writes what is collected; each error is a message for the user.
  virtual std::vector<std::string> finish() = 0;
};

}  // namespace wsspec
