#include "judge/conduct.h"

#include <algorithm>

namespace wsspec::judge {
namespace {

using result::Cause;
using result::Fact;

/// Messages that answer none of ours and that no step asked for; the greeting of a target that
/// greets is none of them.
std::uint64_t unsolicited(const session::ExchangeRecord& record, const TargetFacts& facts) {
  const auto& all = record.unsolicited;
  return static_cast<std::uint64_t>(std::count_if(
      all.begin(), all.end(),
      [&](const session::Received& message) { return !facts.greets || message.serial > 0; }));
}

}  // namespace

std::optional<Fact> misconduct(const session::ExchangeRecord& record, const TargetFacts& facts,
                               const scenario::Scenario& scenario) {
  const bool echoes = facts.echo && !facts.chatty;
  if (echoes && record.duplicates > 0)
    return Fact{.cause = Cause::answered_twice, .count = record.duplicates};
  if (echoes && record.reordered > 0) return result::fact(Cause::echoes_reordered);
  if (record.answered_pongs > 0) return result::fact(Cause::pong_answered);
  if (record.duplicate_pongs > 0) return result::fact(Cause::ping_answered_twice);
  if (const auto count = unsolicited(record, facts); echoes && count > 0 && !is_policy(scenario))
    return Fact{.cause = Cause::unsolicited_messages, .count = count};
  return std::nullopt;
}

}  // namespace wsspec::judge
