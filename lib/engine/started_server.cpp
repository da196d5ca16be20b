#include "engine/started_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace wsspec::engine {
namespace {

using result::Cause;
using std::chrono::milliseconds;

constexpr milliseconds kTick{10};
/// What a process that is going down needs for it: its memory is given back first.
constexpr milliseconds kDying{500};
constexpr milliseconds kTermPatience{2000};
/// Longer than a group takes to end after KILL, unless the system holds it.
constexpr milliseconds kEndPatience{4000};
/// Where nothing answers at all, nothing listens.
constexpr milliseconds kChecking{1000};
/// A server that ended at once may find its port free a little later.
constexpr milliseconds kNextLaunch{500};

}  // namespace

StartedServer::StartedServer(net::Loop& loop, StartOptions options,
                             std::vector<net::Address> addresses)
    : loop_(loop),
      options_(std::move(options)),
      addresses_(std::move(addresses)),
      tick_(loop, [this] { tick(); }) {}

StartedServer::~StartedServer() {
  if (log_fd_ >= 0) ::close(log_fd_);
}

tl::expected<std::unique_ptr<StartedServer>, std::string> StartedServer::create(
    net::Loop& loop, StartOptions options, std::vector<net::Address> addresses) {
  std::unique_ptr<StartedServer> server(
      new StartedServer(loop, std::move(options), std::move(addresses)));
  const std::string& path = server->options_.log_file;
  if (path.empty()) return server;
  server->log_fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (server->log_fd_ >= 0) return server;
  return tl::unexpected("cannot write " + path + ": " + std::strerror(errno));
}

void StartedServer::start() {
  state_ = State::checking;
  next_address_ = 0;
  starting_since_ = net::Clock::now();
  tick();
}

void StartedServer::restart(bool dying) {
  start_again_ = true;
  end_process(dying);
}

void StartedServer::stop() {
  start_again_ = false;
  launch_at_.reset();
  end_process(false);
}

void StartedServer::end_process(bool dying) {
  attempt_.reset();
  ended_by_us_ = false;
  ending_since_ = net::Clock::now() - (dying ? milliseconds(0) : kDying);
  state_ = State::ending;
  tick();
}

void StartedServer::launch() {
  launch_at_.reset();
  output_.clear();
  state_ = State::starting;
  next_address_ = 0;
  auto started =
      net::Process::start(loop_, options_.command, [this](auto octets) { take_output(octets); });
  if (!started) return fail(Cause::start_failed, started.error());
  process_ = std::move(*started);
}

void StartedServer::take_output(std::span<const std::uint8_t> octets) {
  output_.add(octets);
  while (log_fd_ >= 0 && log_error_.empty() && !octets.empty()) {
    const ssize_t n = ::write(log_fd_, octets.data(), octets.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      log_error_ = "cannot write " + options_.log_file + ": " + std::strerror(errno);
    else
      octets = octets.subspan(static_cast<std::size_t>(n));
  }
}

void StartedServer::tick() {
  tick_.cancel();
  const auto now = net::Clock::now();
  if (state_ == State::checking) tick_checking(now);
  if (state_ == State::starting) tick_starting(now);
  if (state_ == State::ending) tick_ending(now);
  const bool over = state_ == State::down || state_ == State::up || state_ == State::failed;
  if (!over) tick_.start(kTick);
}

void StartedServer::tick_checking(net::TimePoint now) {
  const bool late = now - starting_since_ > kChecking;
  if (attempt_ && !late) return;
  attempt_.reset();
  if (next_address_ < addresses_.size() && !late) return try_connection();
  starting_since_ = now;
  launch();
}

void StartedServer::tick_starting(net::TimePoint now) {
  const bool late = now - starting_since_ > milliseconds(options_.patience_ms);
  if (launch_at_) {
    if (now >= *launch_at_) launch();
    return;
  }
  if (process_->gone()) {
    note_end();
    if (!ran_before_ || late) return fail(Cause::start_ended, {});
    launch_at_ = now + kNextLaunch;
    return;
  }
  if (late) return fail(Cause::start_timeout, {});
  if (!attempt_) try_connection();
}

void StartedServer::tick_ending(net::TimePoint now) {
  const bool held = now - ending_since_ > kDying + kEndPatience;
  if (process_ && !process_->gone() && !held) {
    const bool dying = now - ending_since_ < kDying;
    if (process_->end() || !dying) {
      ended_by_us_ = ended_by_us_ || !process_->end();
      process_->terminate(kTermPatience);
    }
    return;
  }
  if (process_) note_end();
  state_ = State::down;
  if (!std::exchange(start_again_, false)) return;
  starting_since_ = now;
  launch();
}

void StartedServer::note_end() {
  last_end_ = {};
  const auto& end = process_->end();
  last_end_.by_itself = end && !ended_by_us_;
  if (end && end->signal != 0) last_end_.signal = end->signal;
  if (end && end->signal == 0) last_end_.exit_status = end->status;
  last_end_.core = end && end->core;
  last_end_.output = output_.text();
  process_.reset();
}

// Its output is kept, and what runs of it is ended by stop().
void StartedServer::fail(Cause cause, std::string text) {
  problem_ = {.cause = cause,
              .text = std::move(text),
              .detail = addresses_.front().text,
              .limit_ms = options_.patience_ms};
  if (process_) {
    last_end_ = {};
    last_end_.by_itself = false;
    last_end_.output = output_.text();
  }
  attempt_.reset();
  state_ = State::failed;
}

void StartedServer::try_connection() {
  const net::Address& address = addresses_[next_address_++ % addresses_.size()];
  auto attempt = net::Connection::connect(loop_, address, {}, *this);
  if (attempt) attempt_ = std::move(*attempt);
}

void StartedServer::on_open(net::TimePoint /*at*/) {
  attempt_.reset();
  if (state_ == State::checking) return fail(Cause::start_port_taken, {});
  if (state_ != State::starting || !process_ || process_->gone()) return;
  state_ = State::up;
  ran_before_ = true;
}

void StartedServer::on_end(const net::EndInfo& /*end*/, net::TimePoint /*at*/) {
  attempt_.reset();
}

}  // namespace wsspec::engine
