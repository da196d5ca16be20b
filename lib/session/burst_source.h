// A burst's octets: rounds encoded before the clock starts, handed out in chunks large enough that
// the system call costs nothing, and no faster than the asked-for rate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/loop.h"
#include "scenario/model.h"
#include "session/item_encoder.h"
#include "session/random.h"
#include "session/sent_log.h"

namespace wsspec::session {

class BurstSource {
 public:
  static constexpr std::size_t kChunk = 256 * 1024;    ///< octets a send, below twice as many
  static constexpr std::size_t kMaxRound = 32u << 20;  ///< octets of one round

  /// `random` and what `encoding` points to outlive this.
  BurstSource(scenario::BurstStep step, scenario::Carrier carrier, Random& random,
              const Encoding& encoding);

  /// Encodes some more of the rounds; what is below asks for all of them. An error text when they
  /// cannot be encoded.
  std::optional<std::string> prepare(SentLog& sent_log);
  bool prepared() const { return prepared_; }

  /// The next octets that may go out at `now`; empty = not yet, or done.
  std::span<const std::uint8_t> ready(net::TimePoint now);
  /// When there will be more (paced bursts).
  net::Duration wait() const { return std::chrono::milliseconds(1); }
  void sent(std::size_t octets, SentLog& sent_log, double at_ms);
  bool done() const { return sent_ >= total_; }
  bool inside_round() const { return sent_ % round_size_ != 0; }
  std::uint64_t rounds_sent() const { return sent_ / round_size_; }

 private:
  std::uint64_t earned(net::TimePoint now);
  void begin_item();
  bool digested(SentLog& sent_log);
  void end_round();

  scenario::BurstStep step_;
  scenario::Carrier carrier_;
  Random& random_;
  Encoding encoding_;
  std::size_t next_ = 0;  ///< item of the round that is being made
  std::uint64_t rounds_made_ = 0;
  std::unique_ptr<ItemEncoder> encoder_;              ///< null: the item was not begun
  std::unique_ptr<scenario::PayloadReader> payload_;  ///< to be digested before it is encoded
  MessageDigest digest_;
  bool prepared_ = false;
  std::vector<std::uint8_t> chunk_;
  std::size_t round_size_ = 1;
  std::uint64_t total_ = 0;     ///< octets
  std::uint64_t sent_ = 0;      ///< octets
  std::uint64_t booked_ = 0;    ///< rounds told to the ledger
  std::uint64_t controls_ = 0;  ///< pings and pongs of a round
  std::optional<double> per_second_;
  std::optional<net::TimePoint> last_look_;
  double clock_ = 0;                  ///< seconds that count for the rate
  double owed_ = 0;                   ///< seconds of stalls, not made good yet
  std::vector<std::size_t> entries_;  ///< ledger entry of each data item of a round
};

}  // namespace wsspec::session
