// What the target promises of messages and connections (its profile's policies), as far as our own
// octets can break it. Every scenario that is not about a promise keeps it: what it sends waits for
// its turn, or the scenario is skipped with the reason.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/outgoing.h"
#include "net/loop.h"
#include "result/cause.h"
#include "scenario/model.h"
#include "scenario/profile.h"
#include "scenario/requirement.h"
#include "session/record.h"

namespace wsspec::engine {

/// At most `limit` (messages, frames, octets) in any window.
class Pace {
 public:
  Pace(std::uint64_t limit, net::Duration window) : limit_(limit), window_(window) {}
  std::uint64_t limit() const { return limit_; }
  /// When `amount` more may go out, `now` at the earliest; ask only for what the limit allows.
  net::TimePoint free_at(std::uint64_t amount, net::TimePoint now) const;
  void take(std::uint64_t amount, net::TimePoint at);
  /// What was taken last has only now gone out to its end.
  void renew(net::TimePoint at);

 private:
  std::uint64_t limit_;
  net::Duration window_;
  std::deque<std::pair<net::TimePoint, std::uint64_t>> taken_;  ///< those of the last window
};

class Promises {
 public:
  Promises() = default;  ///< none
  /// Those of the target that this scenario has to keep.
  Promises(const scenario::Profile& profile, const scenario::Scenario& scenario);

  /// What the sending would break, after what was sent on the connection: a reason to skip.
  std::optional<result::Fact> broken_by(const Sending& sending, const scenario::Carrier& carrier,
                                        const session::SentRecord& before) const;
  /// What the script as a whole would break, or keep only by waiting for very long.
  std::optional<result::Fact> broken_by(const scenario::Scenario& scenario) const;

  /// The rates of one connection, or those that all connections share.
  enum class Whose : std::uint8_t { connection, shared };
  std::vector<Pace> paces(Whose whose) const;
  /// What the sending takes of each of them, in the same order.
  std::vector<std::uint64_t> amounts(Whose whose, const Sending& sending,
                                     const scenario::Carrier& carrier) const;

  /// The handshake was refused as a promise about connections says that it is: there were too many,
  /// or the server does not know yet that some are gone.
  bool refused(const session::ExchangeRecord& record) const;
  /// The connection was closed because its promised time was over: which promise that is.
  std::optional<result::Fact> ended(const session::ExchangeRecord& record) const;

 private:
  struct Rate {
    scenario::Policy policy;
    bool octets = false;
    Whose whose() const {
      return policy.scope == scenario::PolicyScope::connection ? Whose::connection : Whose::shared;
    }
    std::uint64_t limit() const;
    net::Duration window() const;
    std::uint64_t amount(const Sending& sending, const scenario::Carrier& carrier) const;
  };
  struct Life {
    std::string name;  ///< "policy.token.ttl_ms"
    int ms = 0;
    scenario::CodeSet close;
    bool idle = false;  ///< counted from what was sent last
  };

  /// A data frame of a type that the target does not take.
  std::optional<result::Fact> wrong_type(std::optional<int> opcode) const;

  bool offers(const scenario::ConnectOptions& connect) const;
  bool offers(const scenario::Item& handshake) const;

  std::uint64_t message_bytes_ = 0, frame_bytes_ = 0, fragments_ = 0;  ///< 0: no limit
  bool text_only_ = false, binary_only_ = false;
  std::vector<std::string> subprotocols_;  ///< one of them has to be offered; empty: any
  std::vector<int> refusals_;              ///< statuses of those about connections
  std::vector<Rate> rates_;
  std::vector<Life> lives_;
};

}  // namespace wsspec::engine
