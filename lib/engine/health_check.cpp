#include "engine/health_check.h"

#include "scenario/profile.h"

namespace wsspec::engine {
namespace {

session::SessionSetup plain_handshake(RunContext& context) {
  session::SessionSetup setup = setup_to(context);
  setup.last_heard = &context.last_heard;
  setup.headers = context.profile->headers;
  setup.subprotocols = context.profile->subprotocols;
  setup.connect_timeout_ms = kHealthCheckMs;
  return setup;
}

}  // namespace

HealthCheck::HealthCheck(RunContext& context, bool send_message, std::function<void()> on_change)
    : ends_(context.ends),
      session_(context.loop, plain_handshake(context), [this] { changed(); }),
      timer_(context.loop,
             [this] {
               late_ = true;
               session_.drain();
               on_change_();
             }),
      on_change_(std::move(on_change)),
      send_message_(send_message),
      greets_(context.facts.greets),
      may_be_full_(context.ends.may_fill_a_server()) {}

void HealthCheck::start() {
  session_.start();
}

void HealthCheck::end() {
  over_ = true;
  timer_.cancel();
}

void HealthCheck::changed() {
  if (over_) return;
  if (send_message_ && !message_sent_ && session_.record().phase == session::Phase::open) {
    message_sent_ = true;
    scenario::Item item;
    item.payload = scenario::Payload::text("wsspec: are you there?");
    item.carrier = false;
    session_.send({{item}}, false);
    timer_.start_deadline(std::chrono::milliseconds(kHealthCheckMs));
  }
  on_change_();
}

// A refusal, or a Close or the end of the stream after the 101, is an answer too.
HealthCheck::State HealthCheck::state() const {
  const auto& record = session_.record();
  if (record.own_trouble) return State::unknown;
  if (!record.response) {
    if (!record.is_over()) return State::pending;
    return record.failure == session::Failure::timeout ? State::silent : State::dead;
  }
  if (may_be_full_ && record.response->status == 503) return State::full;
  if (!message_sent_ || record.is_over() || record.close_at) return State::alive;
  if (record.sent.messages_answered() > 0) return State::alive;
  // Whatever else it sends (a flood, as a rule) shows that it is there; a greeting does not.
  if (!greets_ && record.received_octets > record.response_head.size()) return State::alive;
  return late_ ? State::stuck : State::pending;
}

std::optional<TargetSeen::TurnedAway> HealthCheck::turned_away() const {
  return engine::turned_away(session_.record());
}

const char* health_text(HealthCheck::State state) {
  if (state == HealthCheck::State::full) return "refuses a fresh handshake with HTTP 503";
  return state == HealthCheck::State::stuck
             ? "is stuck: a fresh connection is opened, but a message on it gets no answer"
             : "does not answer a fresh handshake";
}

}  // namespace wsspec::engine
