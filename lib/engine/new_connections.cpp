#include "engine/new_connections.h"

namespace wsspec::engine {
namespace {

/// What comes on an old connection so long after it was sent after that.
constexpr std::chrono::milliseconds kAfterDrop{20};
/// A loop that has much to do may serve old connections that long before it looks at a new one.
constexpr std::chrono::milliseconds kAfterSilence{250};

}  // namespace

void NewConnections::checked(HealthCheck::State state,
                             const std::optional<TargetSeen::TurnedAway>& away) {
  only_connects_ = away.has_value();
  if (state == HealthCheck::State::alive) return forget();
  if (!since_) since_ = away;
}

NewOnes NewConnections::now(const Ends& ends, net::TimePoint last_heard) const {
  if (!only_connects_ || !ends.may_fill_a_server()) return NewOnes::no_matter;
  if (!since_) return NewOnes::unanswered;
  return last_heard > since_->at + (since_->dropped ? kAfterDrop : kAfterSilence)
             ? NewOnes::turned_away
             : NewOnes::unanswered;
}

}  // namespace wsspec::engine
