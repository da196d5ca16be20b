// The reference server: on the caller's thread, or embedded on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/options.h"

namespace wsspec {

/// Runs the reference server on this thread until `interrupted` is not 0 (a signal ends the wait),
/// then sends Close 1001 to all. `on_listening` gets its URL, `on_notice` what a user should know
/// of its limits. The error says why it cannot listen.
tl::expected<void, std::string> run_server(
    const ServeOptions& options, const std::atomic<int>& interrupted,
    const std::function<void(const std::string& url)>& on_listening,
    const std::function<void(const std::string& text)>& on_notice);

/// The reference server on a loop and a thread of its own; destroying it ends both.
class EmbeddedServer {
 public:
  static tl::expected<std::unique_ptr<EmbeddedServer>, std::string> start(
      const ServeOptions& options);
  virtual ~EmbeddedServer() = default;
  virtual const std::string& url() const = 0;
};

/// What such a server promises, as LoadOptions.settings: "policy.message_rate.limit=20", ...
std::vector<std::string> declared_settings(const server::ServerPolicies& policies);

}  // namespace wsspec
