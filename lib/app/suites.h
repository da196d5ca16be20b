// Loaded scenarios, with the target profile they were loaded for.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "app/options.h"
#include "scenario/model.h"

namespace wsspec {

namespace scenario {
struct Profile;
}

/// Loaded scenarios and the target profile they were worked out with. Cheap to copy.
class Suites {
 public:
  struct State;
  explicit Suites(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const std::vector<scenario::Scenario>& scenarios() const;
  const scenario::Profile& profile() const;
  /// The profile's url; empty if it has none.
  const std::string& profile_url() const;
  /// sha256 of all that was read, hex.
  const std::string& digest() const;
  /// Values of the environment variables that the files used: not to be shown.
  const std::vector<std::string>& environment() const;
  /// Values of --set that are not to be shown either.
  const std::vector<std::string>& secret_settings() const;
  /// No file was named.
  bool built_in() const;

 private:
  std::shared_ptr<const State> state_;
};

/// The error is what to print: every problem with its place, ready for a terminal.
tl::expected<Suites, std::string> load_suites(const LoadOptions& options);

/// "no scenario matches 'utf9'; did you mean 'utf8'?"
std::string nothing_matched(const std::vector<scenario::Scenario>& scenarios,
                            const scenario::Selection& selection);

}  // namespace wsspec
