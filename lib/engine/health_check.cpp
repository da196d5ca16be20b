#include "engine/health_check.h"

#include "scenario/profile.h"

namespace wsspec::engine {
namespace {

session::SessionSetup plain_handshake(const RunContext& context) {
  session::SessionSetup setup;
  setup.address = context.address;
  setup.host = context.host;
  setup.tls = context.tls;
  setup.path = context.path;
  setup.headers = context.profile->headers;
  setup.subprotocols = context.profile->subprotocols;
  setup.connect_timeout_ms = kLivenessMs;
  return setup;
}

}  // namespace

Liveness::Liveness(RunContext& context, bool ask, std::function<void()> on_change)
    : session_(context.loop, plain_handshake(context), [this] { changed(); }),
      timer_(context.loop,
             [this] {
               late_ = true;
               session_.drain();
               on_change_();
             }),
      on_change_(std::move(on_change)),
      ask_(ask),
      greets_(context.facts.greets) {}

void Liveness::start() {
  session_.start();
}

void Liveness::changed() {
  if (ask_ && !asked_ && session_.record().phase == session::Phase::open) {
    asked_ = true;
    scenario::Item item;
    item.payload = scenario::Payload::text("wsspec: are you there?");
    item.carrier = false;
    session_.send({{item}}, false);
    timer_.start(std::chrono::milliseconds(kLivenessMs));
  }
  on_change_();
}

// A refusal, a Close or the end of the stream is an answer too: somebody decided it.
Liveness::State Liveness::state() const {
  if (!session_.record().response)
    return session_.record().is_over() ? State::dead : State::pending;
  if (!asked_ || session_.record().is_over() || session_.record().close_at) return State::alive;
  if (session_.record().sent.messages_answered() > 0) return State::alive;
  // Whatever else it says (a flood, as a rule) shows that it is there; a greeting does not.
  if (!greets_ && session_.record().received_octets > session_.record().response_head.size())
    return State::alive;
  return late_ ? State::stuck : State::pending;
}

const char* liveness_words(Liveness::State state) {
  return state == Liveness::State::stuck
             ? "is stuck: a fresh connection is opened, but a message on it gets no answer"
             : "does not answer a fresh handshake";
}

}  // namespace wsspec::engine
