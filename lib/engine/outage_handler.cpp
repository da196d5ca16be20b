#include "engine/outage_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/runner_verdicts.h"

namespace wsspec::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstCheck{1};
constexpr milliseconds kFirstCheckAfterIsolated{100};  ///< a supervisor needs a moment
constexpr milliseconds kNextCheck{50};
constexpr milliseconds kStillPending{20};

}  // namespace

void OutageHandler::server_down(std::unique_ptr<Job> job, HealthCheck::State state,
                                net::TimePoint now) {
  if (phase_ == Phase::none) {
    phase_ = Phase::draining;
    state_ = state;
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
  clear_never_reached();
  recover(now, kFirstCheck);
}

// A scenario whose handshake was never answered did not stop the server, if another one got
// further. If none did, the handshake itself may have stopped it: all stay suspects.
void OutageHandler::clear_never_reached() {
  const auto reached = [](const auto& job) { return !job->never_reached_server; };
  if (std::none_of(suspects_.begin(), suspects_.end(), reached)) return;
  for (auto& job : std::exchange(suspects_, {})) {
    if (reached(job)) {
      suspects_.push_back(std::move(job));
      continue;
    }
    job->refusals = 0;
    host_.queue_again(std::move(job));
  }
}

void OutageHandler::recover(net::TimePoint now, net::Duration first_check_in) {
  phase_ = Phase::recovering;
  recovering_since_ = now;
  check_running_ = false;
  host_.wake_at(now + first_check_in);
}

int OutageHandler::patience_ms() const {
  return state_ == HealthCheck::State::stuck ? kStuckPatienceMs : kDeadPatienceMs;
}

void OutageHandler::on_time(net::TimePoint now) {
  if (phase_ != Phase::recovering) return;
  if (check_running_) {
    const HealthCheck::State state = host_.health_check_state();
    if (state == HealthCheck::State::pending) return host_.wake_at(now + kStillPending);
    check_running_ = false;
    if (state == HealthCheck::State::alive) return server_is_back();
    if (net::ms_between(recovering_since_, now) > patience_ms()) return give_up();
  }
  check_running_ = true;
  host_.begin_health_check();
  host_.wake_at(now + kNextCheck);
}

void OutageHandler::server_is_back() {
  if (suspects_.size() != 1 || one_by_one_) return next_suspect();
  // Nothing else was in flight: stopping the server once more would prove no more.
  phase_ = Phase::none;
  auto job = std::move(suspects_.front());
  suspects_.clear();
  mark_blamed(job->result, {Blame::Proof::only_one, state_});
  host_.publish(std::move(job));
  host_.outage_over();
}

void OutageHandler::next_suspect() {
  one_by_one_ = !suspects_.empty();
  if (suspects_.empty()) {
    phase_ = Phase::none;
    return host_.outage_over();
  }
  phase_ = Phase::isolating;
  auto job = std::move(suspects_.front());
  suspects_.pop_front();
  host_.run_alone(std::move(job));
}

void OutageHandler::ran_alone(std::unique_ptr<Job> job, HealthCheck::State state,
                              net::TimePoint now) {
  const bool alive = state == HealthCheck::State::alive;
  if (!alive) {
    state_ = state;
    mark_blamed(job->result, {Blame::Proof::ran_alone, state});
  }
  host_.publish(std::move(job));
  if (alive) return next_suspect();
  recover(now, kFirstCheckAfterIsolated);
}

// After one that stopped the server alone, the suspects that are left are not judged: they may have
// done nothing.
void OutageHandler::give_up() {
  phase_ = Phase::gave_up;
  host_.notice("the server stays down");
  auto left = take_suspects();
  for (auto& job : left) {
    if (one_by_one_) {
      job->result = result_head(*job->scenario);
      mark_not_judged(job->result, result::fact(result::Cause::server_down));
    } else {
      mark_blamed(job->result, {Blame::Proof::stayed_down, state_, left.size() - 1});
    }
    host_.publish(std::move(job));
  }
  host_.outage_over();
}

std::deque<std::unique_ptr<Job>> OutageHandler::take_suspects() {
  return std::exchange(suspects_, {});
}

}  // namespace wsspec::engine
