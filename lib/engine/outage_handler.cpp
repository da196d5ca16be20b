#include "engine/outage_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wsspec::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstCheck{1};
constexpr milliseconds kFirstCheckAfterIsolated{100};  ///< a supervisor needs a moment
constexpr milliseconds kNextCheck{50};
constexpr milliseconds kStillPending{20};
/// A server that goes down for what it read does so within this time.
constexpr milliseconds kActsWithin{200};
/// Of two writes that are further apart, the server had acted on the first when it read the second.
constexpr milliseconds kApart{50};
/// A scenario that met a full server so often may be what stops it.
constexpr int kMostAsked = 2;

bool unanswered(const std::unique_ptr<Job>& job) {
  return job->trace.kind == Trace::Kind::unanswered;
}

// A dead server read the cause's octets last. A stuck one read the cause's octets first, and
// nothing after them.
bool likelier(const Job& a, const Job& b, HealthCheck::State state) {
  if (a.trace.kind != b.trace.kind) return a.trace.kind > b.trace.kind;
  return state == HealthCheck::State::dead ? a.trace.last > b.trace.last
                                           : a.trace.since < b.trace.since;
}

/// Of suspects in order, the first, if what the server read last was its octets and no other's.
bool first_stands_out(const OutageHandler::Jobs& suspects) {
  if (suspects.size() < 2) return !suspects.empty();
  const Job& first = *suspects[0];
  if (!unanswered(suspects[0]) || first.ended_at - first.trace.last > kActsWithin) return false;
  return !unanswered(suspects[1]) || first.trace.last - suspects[1]->trace.last > kApart;
}

}  // namespace

void OutageHandler::server_down(std::unique_ptr<Job> job, HealthCheck::State state,
                                net::TimePoint now) {
  if (phase_ == Phase::none) {
    phase_ = Phase::draining;
    state_ = state;
    one_by_one_ = culprit_found_ = false;
    host_.notice(
        fmt::format("the server {}; finding out which scenario did it", health_text(state)));
  }
  add_suspect(std::move(job), now);
}

void OutageHandler::add_suspect(std::unique_ptr<Job> job, net::TimePoint now) {
  suspects_.push_back(std::move(job));
  in_flight_ended(now);
}

void OutageHandler::in_flight_ended(net::TimePoint now) {
  if (phase_ != Phase::draining || !host_.idle()) return;
  sort_out_suspects();
  looks_full_ = looks_full();
  // It is known by now that it leaks them: no need to wait for room.
  if (looks_full_ && slots_leaked_) return leaked(now);
  recover(now, kFirstCheck);
}

bool OutageHandler::looks_full() const {
  if (state_ == HealthCheck::State::full) return true;
  if (host_.new_ones() == NewOnes::turned_away) return true;
  const bool known = slots_leaked_ && host_.restarts();
  return known && host_.new_ones() == NewOnes::unanswered &&
         std::none_of(suspects_.begin(), suspects_.end(),
                      [](const auto& job) { return job->asked_again >= kMostAsked; });
}

// What the server never read did not stop it, if it had read anything. Where no connection was
// made, it was down before.
void OutageHandler::sort_out_suspects() {
  std::stable_sort(suspects_.begin(), suspects_.end(),
                   [&](const auto& a, const auto& b) { return likelier(*a, *b, state_); });
  const auto was_read = [](const auto& job) { return job->trace.kind > Trace::Kind::unread; };
  const bool some_read = std::any_of(suspects_.begin(), suspects_.end(), was_read);
  Jobs all = std::exchange(suspects_, {});
  // From the back: each is put to the front of the queue.
  for (auto job = all.rbegin(); job != all.rend(); ++job) {
    const Trace::Kind kind = (*job)->trace.kind;
    const bool cleared =
        kind == Trace::Kind::never_connected || (some_read && kind == Trace::Kind::unread);
    if (cleared)
      let_go(std::move(*job));
    else
      suspects_.push_front(std::move(*job));
  }
}

/// It is no suspect any more.
void OutageHandler::let_go(std::unique_ptr<Job> job) {
  constexpr int kMost = 5;  // a server that goes down each time: nothing is learned any more
  job->refusals = 0;
  if (!job->complete && ++job->cleared > kMost)
    mark_skipped(job->result, result::fact(result::Cause::server_down));
  if (job->complete || job->cleared > kMost)
    host_.publish(std::move(job));
  else
    host_.queue_again(std::move(job));
}

void OutageHandler::recover(net::TimePoint now, net::Duration first_check_in) {
  phase_ = Phase::recovering;
  recovering_since_ = now;
  check_running_ = false;
  restarting_ = host_.restarts() && !looks_full_;
  if (restarting_) host_.begin_restart(state_);
  host_.wake_at(now + first_check_in);
}

void OutageHandler::restarting(net::TimePoint now) {
  const Restart restart = host_.restart_state();
  if (restart == Restart::pending) return host_.wake_at(now + kStillPending);
  restarting_ = false;
  server_end_ = host_.server_end();
  if (culprit_) {
    culprit_->result.server_end = server_end_;
    host_.publish(std::move(culprit_));
  }
  if (restart == Restart::failed) return give_up();
  recovering_since_ = now;
  check_again(now);
}

/// At once, or when it is known how the server ended.
void OutageHandler::publish_culprit(std::unique_ptr<Job> job) {
  if (host_.restarts())
    culprit_ = std::move(job);
  else
    host_.publish(std::move(job));
}

int OutageHandler::patience_ms() const {
  return state_ == HealthCheck::State::stuck ? kStuckPatienceMs : kDeadPatienceMs;
}

void OutageHandler::on_time(net::TimePoint now) {
  if (phase_ != Phase::recovering && phase_ != Phase::together) return;
  if (restarting_) return restarting(now);
  if (!check_running_) return check_again(now);
  const HealthCheck::State state = host_.health_check_state();
  if (state == HealthCheck::State::pending) return host_.wake_at(now + kStillPending);
  check_running_ = false;
  const bool alive = state == HealthCheck::State::alive;
  if (phase_ == Phase::together) return alive ? server_survived_all() : all_stopped_it(state, now);
  if (alive) return server_is_back();
  if (net::ms_between(recovering_since_, now) > patience_ms())
    return state == HealthCheck::State::full || looks_full_ ? leaked(now) : give_up();
  check_again(now);
}

// None of our connections is open, and the server still counts those that have ended. The scenario
// that met this first has the finding; all others are asked again, if the server can be started.
void OutageHandler::leaked(net::TimePoint now) {
  if (!slots_leaked_ && !suspects_.empty()) {
    const auto met = std::find_if(suspects_.begin(), suspects_.end(),
                                  [](const auto& job) { return job->turned_away; });
    const auto at = met == suspects_.end() ? suspects_.begin() : met;
    auto first = std::move(*at);
    suspects_.erase(at);
    mark_leaked(first->result, host_.ends(), state_);
    host_.publish(std::move(first));
  }
  ask_all_again();
  slots_are_gone(now);
}

void OutageHandler::slots_are_gone(net::TimePoint now) {
  slots_leaked_ = true;
  looks_full_ = false;
  state_ = HealthCheck::State::stuck;  // it is there, and of no use
  if (host_.restarts()) return recover(now, kFirstCheck);
  phase_ = Phase::gave_up;
  host_.outage_over();
}

void OutageHandler::ask_all_again() {
  auto all = std::exchange(suspects_, {});
  // From the back: each is put to the front of the queue.
  for (auto job = all.rbegin(); job != all.rend(); ++job) {
    (*job)->refusals = 0;
    ++(*job)->asked_again;
    host_.queue_again(std::move(*job));
  }
}

void OutageHandler::check_again(net::TimePoint now) {
  check_running_ = true;
  host_.begin_health_check();
  host_.wake_at(now + kNextCheck);
}

void OutageHandler::server_is_back() {
  if (suspects_.empty() || state_ == HealthCheck::State::full) {
    ask_all_again();
    return over();
  }
  if (suspects_.size() != 1 || one_by_one_ || host_.restarts())
    return next_suspect(recovering_since_);
  // Nothing else was in flight, and a supervisor gives up after a few restarts.
  survived_ = std::exchange(suspects_, {});
  blame_only({Blame::Proof::only_one, state_});
}

void OutageHandler::blame_only(Blame blame) {
  auto job = std::move(survived_.front());
  survived_.clear();
  mark_blamed(job->result, blame);
  job->result.server_end = server_end_;
  host_.publish(std::move(job));
  over();
}

void OutageHandler::next_suspect(net::TimePoint now) {
  if (suspects_.empty()) return all_survived(now);
  one_by_one_ = true;
  phase_ = Phase::isolating;
  auto job = std::move(suspects_.front());
  suspects_.pop_front();
  host_.run_alone(std::move(job));
}

// Those of the others whose octets the server had read may stop it too. The rest are no suspects
// any more.
void OutageHandler::ran_alone(std::unique_ptr<Job> job, HealthCheck::State state,
                              net::TimePoint now) {
  if (state == HealthCheck::State::alive) {
    survived_.push_back(std::move(job));
    return next_suspect(now);
  }
  state_ = state;
  mark_blamed(job->result, {Blame::Proof::ran_alone, state});
  job->result.reproduction.alone = true;
  publish_culprit(std::move(job));
  publish_survived();
  culprit_found_ = true;
  Jobs others = std::exchange(suspects_, {});
  for (auto other = others.rbegin(); other != others.rend(); ++other)
    if (unanswered(*other))
      suspects_.push_front(std::move(*other));
    else
      let_go(std::move(*other));  // from the back: each is put to the front of the queue
  recover(now, kFirstCheckAfterIsolated);
}

void OutageHandler::publish_survived() {
  for (auto& job : std::exchange(survived_, {})) host_.publish(std::move(job));
}

void OutageHandler::all_survived(net::TimePoint now) {
  // A server that only had too much to do for a while has not gone down.
  const bool for_sure = state_ == HealthCheck::State::dead;
  if (survived_.empty() || culprit_found_ || !for_sure) {
    publish_survived();
    return over();
  }
  if (survived_.size() == 1) {
    survived_.front()->result.reproduction.alone = false;
    return blame_only({Blame::Proof::only_one, state_});
  }
  phase_ = Phase::together;
  check_running_ = false;
  recovering_since_ = now;
  alone_.clear();
  for (const auto& job : survived_) alone_.push_back(job->result);
  host_.run_together(std::exchange(survived_, {}));
}

void OutageHandler::ran_together(std::unique_ptr<Job> job, net::TimePoint now) {
  survived_.push_back(std::move(job));
  if (!host_.idle()) return;
  // In their old order again, with the results that they had alone.
  Jobs ordered;
  for (auto& result : std::exchange(alone_, {})) {
    const auto found = std::find_if(survived_.begin(), survived_.end(), [&](const auto& one) {
      return one && one->result.name == result.name;
    });
    if (found == survived_.end()) continue;
    (*found)->result = std::move(result);
    ordered.push_back(std::move(*found));
  }
  survived_ = std::move(ordered);
  host_.wake_at(now + kFirstCheckAfterIsolated);
}

void OutageHandler::server_survived_all() {
  result::ScenarioResult& first = survived_.front()->result;
  first.server_end = server_end_;
  mark_not_judged(first,
                  {.cause = result::Cause::died_not_repeated, .count = survived_.size() - 1});
  first.reproduction.alone = false;
  publish_survived();
  over();
}

void OutageHandler::all_stopped_it(HealthCheck::State state, net::TimePoint now) {
  state_ = state;
  result::ScenarioResult& first = survived_.front()->result;
  mark_blamed(first, {Blame::Proof::together, state, survived_.size() - 1});
  first.reproduction.alone = false;
  first.reproduction.jobs = survived_.front()->weight;
  for (std::size_t i = 1; i < survived_.size(); ++i) {
    first.reproduction.with.push_back(survived_[i]->result.name);
    first.reproduction.jobs += survived_[i]->weight;
  }
  publish_culprit(std::move(survived_.front()));
  survived_.pop_front();
  publish_survived();
  recover(now, kFirstCheckAfterIsolated);
}

void OutageHandler::over() {
  phase_ = Phase::none;
  host_.outage_over();
}

void OutageHandler::give_up() {
  phase_ = Phase::gave_up;
  auto left = std::exchange(suspects_, {});
  publish_survived();
  // Its own handshake got no answer, as that of any other: it has done nothing.
  const bool turned_away =
      host_.new_ones() != NewOnes::no_matter && !left.empty() && left.front()->turned_away;
  if (culprit_found_) {  // what is left may have done nothing
    for (auto job = left.rbegin(); job != left.rend(); ++job) let_go(std::move(*job));
  } else if (turned_away || (left.size() > 1 && !first_stands_out(left))) {
    judge_none_of(std::move(left), turned_away);
  } else if (!left.empty()) {
    auto first = std::move(left.front());
    left.pop_front();
    const auto proof = left.empty() ? Blame::Proof::stayed_down : Blame::Proof::read_last;
    mark_blamed(first->result, {proof, state_, left.size()});
    first->result.server_end = server_end_;
    host_.publish(std::move(first));
    // From the back: each is put to the front of the queue, which is not run.
    for (auto job = left.rbegin(); job != left.rend(); ++job) let_go(std::move(*job));
  }
  host_.outage_over();
}

void OutageHandler::judge_none_of(Jobs suspects, bool no_new_connections) {
  const auto cause = state_ == HealthCheck::State::stuck ? result::Cause::stuck_among_others
                                                         : result::Cause::died_among_others;
  result::Fact fact{.cause = cause, .count = suspects.size() - 1};
  if (no_new_connections)
    fact = {.cause = result::Cause::no_new_connections,
            .count = host_.ends().unclosed,
            .total = host_.ends().opened};
  for (auto& job : suspects) {
    job->result = result_head(*job->scenario);
    job->result.server_end = server_end_;
    mark_not_judged(job->result, fact);
    host_.publish(std::move(job));
  }
}

OutageHandler::Jobs OutageHandler::take_suspects() {
  Jobs all = std::exchange(suspects_, {});
  for (auto& job : std::exchange(survived_, {})) all.push_back(std::move(job));
  return all;
}

}  // namespace wsspec::engine
