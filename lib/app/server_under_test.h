// The server of --start while a run lasts: it is ended on every way out. Without --start, nothing.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/options.h"
#include "engine/probe.h"
#include "engine/started_server.h"

namespace wsspec {

/// Ctrl-C was pressed.
bool interrupted(const RunOptions& options);

class ServerUnderTest {
 public:
  ServerUnderTest(net::Loop& loop, const RunOptions& options) : loop_(loop), options_(options) {}
  ~ServerUnderTest();
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  /// Until it accepts connections, or does not. The error says which file cannot be written.
  tl::expected<void, std::string> start(const std::vector<net::Address>& addresses);
  engine::StartedServer* get() const { return server_.get(); }
  /// It was to be started, and does not accept connections.
  bool missing() const;
  /// Why, in the form of a probe that did not reach it.
  engine::Probed problem() const;
  /// What its process wrote, and how it ended if it did.
  std::optional<result::ServerEnd> last_end() const;
  /// Of --start-log; empty while all went well.
  std::string log_error() const { return server_ ? server_->log_error() : std::string(); }

 private:
  net::Loop& loop_;
  const RunOptions& options_;
  std::unique_ptr<engine::StartedServer> server_;
};

}  // namespace wsspec
