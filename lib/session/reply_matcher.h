// What came, matched with what we sent: on an echo target each message answers the oldest of ours
// that it equals, each pong a ping. What is left over is a duplicate, an echo out of order, or
// unsolicited. It writes the record and decides nothing.
#pragma once

#include <cstdint>
#include <string>

#include "net/loop.h"
#include "session/record.h"
#include "wire/frame.h"
#include "wire/octets.h"

namespace wsspec::session {

class ReplyMatcher {
 public:
  static constexpr std::size_t kMaxReceived = 1u << 20;  ///< octets kept of one message

  /// `keep_answers`: also of a message that answers one of ours the octets are kept.
  explicit ReplyMatcher(ExchangeRecord& record, bool keep_answers = true)
      : record_(record), keep_answers_(keep_answers) {}
  ReplyMatcher(const ReplyMatcher&) = delete;
  ReplyMatcher& operator=(const ReplyMatcher&) = delete;

  // A message, as the reader tells it.
  void begin(wire::Opcode type);
  void add(wire::Octets data);
  /// There is more of it, of unknown length.
  void cut() { incoming_.cut(); }
  /// It is complete. `in_burst`: a burst is going out, whose rounds share their ledger entries.
  /// True: it equals one of ours.
  bool end(net::TimePoint at, bool in_burst);

  void pong(wire::Octets payload, net::TimePoint at);
  /// A pong with this payload answers our probe.
  void expect_probe(std::string payload) { probe_payload_ = std::move(payload); }
  /// A pong came after the other side's Close: whether a ping of ours can have asked for it. Call
  /// once for each.
  bool owes_pong();

  /// A step has asked for this message of the other side: it is no longer unsolicited.
  void expected(std::uint64_t serial);
  /// An expect step has asked for the oldest `limit` messages of the ledger: they are answered for.
  void take_answers(std::uint64_t limit);
  /// What was exchanged so far is no part of the scenario.
  void forget();

 private:
  const LedgerEntry* awaited(wire::Opcode type) const;
  bool goes_on_as_ours(wire::Octets data);
  void stop_comparing();
  bool answer_entry(net::TimePoint at, bool in_burst);
  bool repeats_answer() const;
  void keep(Received message, bool with_octets);
  bool counts_after_fault(const LedgerEntry& entry) const;
  void answer_ping(std::size_t index, wire::Octets payload, net::TimePoint at);

  ExchangeRecord& record_;
  bool keep_answers_;
  MessageDigest incoming_;
  /// Without `keep_answers`: the message of ours that the incoming one equals so far, as far as its
  /// octets are in the ledger. Then none of the incoming one's are kept. Null: they are.
  const LedgerEntry* same_as_ = nullptr;
  wire::OctetVector incoming_octets_;
  std::size_t kept_octets_ = 0;    ///< of all messages in record_.received
  std::size_t next_answer_ = 0;    ///< no older entry of the ledger is open
  std::size_t last_answered_ = 0;  ///< the latest entry of the ledger that was answered, plus 1
  std::size_t next_pong_ = 0;      ///< the entry after the ping of the latest pong
  std::uint64_t pongs_after_close_ = 0;
  std::string probe_payload_;
};

}  // namespace wsspec::session
