// One connection of the reference server, from accept() to the end of TCP.
//
//   handshake -> open -> closing -> over
//
// `closing` begins with our Close (or our HTTP error): from then on nothing that comes means
// anything. It is still read, and thrown away, for up to a second after our FIN: closing a socket
// with unread octets makes an RST, which may overtake the Close that explains it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "net/loop.h"
#include "net/transport.h"
#include "server/options.h"
#include "server/outbox.h"
#include "server/policy.h"
#include "wire/deflate.h"
#include "wire/handshake.h"
#include "wire/message.h"

namespace wsspec::server {

class Connection : private net::TransportHandler, private wire::MessageSink {
 public:
  enum class Phase : std::uint8_t { handshake, open, closing, over };

  /// Of all connections of a server.
  struct Totals {
    std::uint64_t open = 0;  ///< connections
    std::uint64_t held = 0;  ///< octets: ServerPolicies::max_memory
  };

  /// What all connections of a server share; outlives them.
  struct Surroundings {
    net::Loop& loop;
    ServerPolicies policies;
    Totals& totals;
    /// The connection is over; it may be destroyed later, not in this call.
    std::function<void(Connection&)> on_over;
  };

  /// `refused`: the server has no room for it, and tells it so (HTTP 503).
  explicit Connection(const Surroundings& surroundings, bool refused = false);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Over what the factory makes (net::tcp_accepted). False: there is none.
  bool start(const net::TransportFactory& accepted);
  /// Close 1001: the server ends (RFC 6455 7.4.1).
  void go_away();
  Phase phase() const { return phase_; }

 private:
  void on_open(net::TimePoint) override {}
  void on_data(std::span<const std::uint8_t> octets, net::TimePoint at) override;
  void on_writable() override;
  void on_end(const net::EndInfo& end, net::TimePoint at) override;

  void on_frame(const wire::FrameHeader& header, std::uint64_t at) override;
  void on_message_begin(wire::Opcode type) override;
  void on_message_data(wire::Octets data) override;
  void on_message_end(std::uint64_t end) override;
  void on_ping(wire::Octets payload, std::uint64_t end) override;
  void on_close(std::optional<std::uint16_t> code, std::string_view reason,
                std::uint64_t end) override;
  void on_violation(const wire::Violation& violation) override;

  void read_frames(wire::Octets input);
  void skip_empty_lines(wire::Octets& input);
  void read_head(wire::Octets& input);
  void answer(const std::string& octets, int status);
  void close(std::uint16_t code, std::string_view reason);
  void close_if(const std::optional<Breach>& breach);
  void begin_closing();
  void enter(Phase phase);
  void count_held();
  void keep_to_memory();
  void flush();
  void balance();
  void arm_timer();
  void on_timer();
  void end();

  const Surroundings& surroundings_;
  std::unique_ptr<net::Transport> transport_;
  Phase phase_ = Phase::handshake;
  bool refused_ = false;
  std::uint64_t held_ = 0;  ///< its part of Totals::held
  net::Timer timer_;
  net::TimePoint now_{};         ///< of the read that is being worked on
  net::TimePoint last_moved_{};  ///< octets in either direction, for the idle timeout
  std::optional<net::TimePoint> token_ends_, session_ends_;

  wire::HttpHeadReader head_;
  int empty_octets_ = 0;
  wire::MessageReader reader_;
  MessagePolicy policy_;
  std::uint64_t frame_length_ = 0;
  std::uint8_t frame_rsv_ = 0;
  bool in_message_ = false;
  std::unique_ptr<wire::Deflater> deflater_;  ///< null: no permessage-deflate
  bool compressed_ = false;                   ///< the message came compressed, and so is its echo
  wire::Opcode type_ = wire::Opcode::text;
  std::uint64_t length_ = 0;   ///< of the message so far, inflated
  wire::OctetVector message_;  ///< Outbox::kHeaderRoom octets, then what came so far
  wire::OctetVector packed_;   ///< likewise, compressed, where it came so

  Outbox out_;
  bool peer_closed_ = false;  ///< its Close came: nothing may follow, nothing is read before FIN
  bool paused_ = false;
  bool fin_sent_ = false;
};

}  // namespace wsspec::server
