// A WebSocket server on a thread of its own that answers any handshake and then only reads, and the
// engine's session that talks to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench.h"
#include "net/connection.h"
#include "net/loop.h"
#include "session/session.h"

namespace wsspec::bench {

class Sink {
 public:
  struct Arrival {
    Clock::time_point at;
    std::uint64_t octets;  ///< in all, after the handshake
  };

  Sink();
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  std::uint16_t port = 0;
  /// After so many octets Close 1008 is sent, once a connection, and reading goes on; 0 = never.
  std::atomic<std::uint64_t> close_after{0};
  std::atomic<std::int64_t> close_sent_ns{0};
  /// Whether to note when octets arrive, and what was noted of the connection that ended last.
  std::atomic<bool> note_arrivals{false};
  std::vector<Arrival> arrivals();

 private:
  void serve();
  void serve_one(int fd, std::vector<char>& buffer);
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  std::atomic<int> ended_{0};
  int taken_ = 0;
  std::thread thread_;
};

net::Address address_of(std::uint16_t port);

/// A session with the sink after its handshake, on a loop of its own.
struct Client {
  explicit Client(const Sink& sink);
  /// Runs the loop until the burst is out.
  void burst(const scenario::BurstStep& step);
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<session::Session> session;
};

/// Text of 16 octets: frames of 22.
inline constexpr std::uint64_t kFrameOctets = 22;
inline constexpr const char* kText = "sixteen octets..";
scenario::BurstStep burst_step(std::uint64_t count, std::optional<double> per_second = {});

/// A blocking socket with the sink, after its handshake.
int plain_client(const Sink& sink);

}  // namespace wsspec::bench
