// The server under test, run by us (--start): started, awaited until its port accepts a connection,
// started again when it went down, and ended with all processes of its group.
//
//   down --> checking --> starting --> up --> ending --> starting (again), down
//               |            |
//               +--> failed <+
//
//   checking   nothing may accept connections there yet, or another server would be tested
//   starting   its process runs; a connection to its port is tried every 10 ms, for 10 s at most
//   ending     after a moment in which a process that is going down says how: TERM, 2 s later KILL
//
// Everything is driven by one timer; nothing waits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "engine/output_tail.h"
#include "net/connection.h"
#include "net/process.h"
#include "result/result.h"

namespace wsspec::engine {

struct StartOptions {
  std::string command;
  std::string log_file;     ///< all its output, as it comes; empty = none
  int patience_ms = 10000;  ///< until the port accepts
};

class StartedServer : private net::TransportHandler {
 public:
  enum class State : std::uint8_t { down, checking, starting, up, ending, failed };

  /// The error says that the log file cannot be written.
  static tl::expected<std::unique_ptr<StartedServer>, std::string> create(
      net::Loop& loop, StartOptions options, std::vector<net::Address> addresses);
  ~StartedServer() override;
  StartedServer(const StartedServer&) = delete;
  StartedServer& operator=(const StartedServer&) = delete;

  void start();
  /// `dying`: it is given a moment to end by itself.
  void restart(bool dying);
  void stop();
  State state() const { return state_; }
  /// Why it failed.
  const result::Fact& problem() const { return problem_; }
  /// How its process ended last, and the end of what it wrote.
  const result::ServerEnd& last_end() const { return last_end_; }
  /// Of the log file; empty while all went well.
  const std::string& log_error() const { return log_error_; }

 private:
  StartedServer(net::Loop& loop, StartOptions options, std::vector<net::Address> addresses);
  void on_open(net::TimePoint at) override;
  void on_data(std::span<const std::uint8_t>, net::TimePoint) override {}
  void on_writable() override {}
  void on_end(const net::EndInfo& end, net::TimePoint at) override;

  void tick();
  void tick_checking(net::TimePoint now);
  void tick_starting(net::TimePoint now);
  void tick_ending(net::TimePoint now);
  void launch();
  void take_output(std::span<const std::uint8_t> octets);
  void try_connection();
  void end_process(bool dying);
  void note_end();
  void fail(result::Cause cause, std::string text);

  net::Loop& loop_;
  StartOptions options_;
  std::vector<net::Address> addresses_;
  std::size_t next_address_ = 0;
  std::unique_ptr<net::Process> process_;
  std::unique_ptr<net::Connection> attempt_;
  net::Timer tick_;
  State state_ = State::down;
  OutputTail output_;
  result::ServerEnd last_end_;
  result::Fact problem_;
  net::TimePoint starting_since_{}, ending_since_{};
  std::optional<net::TimePoint> launch_at_;
  bool ran_before_ = false;
  bool start_again_ = false;  ///< after `ending`
  bool ended_by_us_ = false;
  int log_fd_ = -1;
  std::string log_error_;
};

}  // namespace wsspec::engine
