// What a run came to without the proxy: what the same run through it is judged by. Internal to
// lib/app.
#pragma once

#include <map>
#include <string>

#include "report/shown.h"
#include "result/result.h"

namespace wsspec {

class DirectRun {
 public:
  /// A result without the proxy, and the same fit to be shown.
  void add(const result::ScenarioResult& direct, const report::Result& shown);

  /// The verdict through the proxy: `pass` where nothing differs, `fail` where only the proxy's way
  /// is wrong, `tolerated` where neither or both are. What was not judged directly is skipped.
  void compare(result::ScenarioResult& through) const;

 private:
  std::map<std::string, result::DirectResult> results_;  ///< by the scenario's name
};

}  // namespace wsspec
