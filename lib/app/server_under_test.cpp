#include "app/server_under_test.h"

#include <utility>

#include "app/run.h"
#include "net/process.h"

namespace wsspec {

using State = engine::StartedServer::State;

void kill_started_processes() {
  net::kill_processes();
}

bool interrupted(const RunOptions& options) {
  return options.interrupted != nullptr && *options.interrupted != 0;
}

ServerUnderTest::~ServerUnderTest() {
  if (!server_) return;
  server_->stop();
  while (server_->state() != State::down) loop_.run_once();
}

tl::expected<void, std::string> ServerUnderTest::start(const std::vector<net::Address>& addresses) {
  if (options_.start.empty()) return {};
  engine::StartOptions how;
  how.command = options_.start;
  how.log_file = options_.start_log;
  if (options_.wait_for_ms > 0) how.patience_ms = options_.wait_for_ms;
  auto created = engine::StartedServer::create(loop_, std::move(how), addresses);
  if (!created) return tl::unexpected(created.error());
  server_ = std::move(*created);
  server_->start();
  const auto begun = net::Clock::now();
  while (server_->state() != State::up && server_->state() != State::failed) {
    const double elapsed_ms = net::ms_between(begun, net::Clock::now());
    if (interrupted(options_) || (options_.max_time_ms > 0 && elapsed_ms > options_.max_time_ms))
      break;
    loop_.run_once();
  }
  return {};
}

bool ServerUnderTest::missing() const {
  return server_ && server_->state() != State::up;
}

engine::Probed ServerUnderTest::problem() const {
  engine::Probed out;
  if (server_->state() == State::failed)
    out.problem = server_->problem();
  else
    out.problem = result::fact(interrupted(options_) ? result::Cause::interrupted
                                                     : result::Cause::out_of_time);
  return out;
}

std::optional<result::ServerEnd> ServerUnderTest::last_end() const {
  const bool ran = server_ && server_->problem().cause != result::Cause::start_port_taken;
  return ran ? std::optional(server_->last_end()) : std::nullopt;
}

}  // namespace wsspec
