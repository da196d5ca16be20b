// What can this target do? Each question is a little scenario of its own, so that its answer is
// found by the same rules as every verdict.
#include <algorithm>

#include "engine/runner.h"

namespace wsspec::engine {
namespace {

using scenario::ExpectStep;
using scenario::Item;
using scenario::Outcome;
using scenario::Scenario;
using scenario::Step;

constexpr int kAnswerMs = 1000;

Scenario question(const std::string& name, Item::Kind kind, Outcome::Kind wanted) {
  Scenario scenario;
  scenario.name = "probe/" + name;
  scenario.suite = "probe";
  Item item;
  item.kind = kind;
  item.payload = scenario::Payload::text("wsspec probe");
  Step send, expect;
  send.what = scenario::SendStep{{item}};
  ExpectStep step;
  step.outcome.kind = wanted;
  step.within_ms = kAnswerMs;
  expect.what = step;
  scenario.steps = {send, expect};
  return scenario;
}

struct Answer {
  ScenarioResult result;
  bool unreachable = false, refused = false;
  net::TlsFailure tls_failure = net::TlsFailure::none;
  std::string server;
};

Answer ask(RunContext& context, const Scenario& scenario, const RunnerOptions& options) {
  bool over = false;
  ScenarioRun run(context, scenario, [&] { over = true; });
  run.start();
  while (!over) {
    if (options.interrupted != nullptr && *options.interrupted != 0) run.abandon("interrupted");
    context.loop.run_once();
  }
  return {run.take_result(), run.unreachable(), run.refused(), run.tls_failure(),
          run.server_header()};
}

}  // namespace

Probed probe(RunContext& context, const std::vector<net::Address>& addresses,
             const std::vector<std::string>& needed, const RunnerOptions& options) {
  Probed probed;
  const auto& declared = context.profile->capabilities;
  auto declared_value = [&](const std::string& name) -> std::optional<bool> {
    const auto found = declared.find(name);
    if (found == declared.end()) return std::nullopt;
    return found->second;
  };
  const bool echo_known = declared_value("echo").has_value();
  context.facts.echo = declared_value("echo").value_or(true);

  // The control: valid text must be accepted, or invalid text cannot be told from any text.
  Scenario text =
      question("text", Item::Kind::text,
               echo_known && !context.facts.echo ? Outcome::Kind::accepted : Outcome::Kind::echo);
  if (context.profile->message_send) {
    auto& send = std::get<scenario::SendStep>(text.steps[0].what);
    send.items = {*context.profile->message_send};
    if (!echo_known) std::get<ExpectStep>(text.steps[1].what).outcome.kind = Outcome::Kind::echo;
  }
  for (const auto& address : addresses) {
    context.address = address;
    for (int attempt = 0;; ++attempt) {
      const Answer answer = ask(context, text, options);
      probed.reachable = answer.result.verdict != Verdict::error;
      probed.server = answer.server;
      probed.problem = answer.result.because;
      probed.tls_failure = answer.tls_failure;
      if (!probed.reachable) {
        const bool again = answer.refused && !answer.unreachable && attempt < 3;
        if (!again) break;
        const auto until = net::Clock::now() + std::chrono::milliseconds(100 << attempt);
        net::Timer nap(context.loop, [] {});
        nap.start_at(until);
        while (net::Clock::now() < until) context.loop.run_once();
        continue;
      }
      const bool good = answer.result.verdict == Verdict::pass;
      // An echo that is not right in all else (it comes twice) is an echo all the same.
      if (!echo_known)
        context.facts.echo = answer.result.observed.answered > 0 && !context.profile->message_reply;
      if (!good && (answer.result.observed.code || answer.result.observed.end != End::open)) {
        probed.accepts_text = false;
        probed.problem = answer.result.observed.detail;
      }
      break;
    }
    if (probed.reachable || probed.tls_failure != net::TlsFailure::none) break;
  }
  probed.capabilities["echo"] = context.facts.echo;
  if (!probed.reachable) return probed;

  for (const auto& name : needed) {
    if (probed.capabilities.contains(name)) continue;
    if (const auto value = declared_value(name)) {
      probed.capabilities[name] = *value;
      continue;
    }
    if (name == "binary") {
      const auto wanted = context.facts.echo ? Outcome::Kind::echo : Outcome::Kind::accepted;
      probed.capabilities[name] =
          ask(context, question(name, Item::Kind::binary, wanted), options).result.verdict ==
          Verdict::pass;
    } else if (name == "ping") {
      probed.capabilities[name] =
          ask(context, question(name, Item::Kind::ping, Outcome::Kind::pong), options)
              .result.verdict == Verdict::pass;
    } else if (name == "deflate") {
      const auto wanted = context.facts.echo ? Outcome::Kind::echo : Outcome::Kind::accepted;
      Scenario deflate = question(name, Item::Kind::text, wanted);
      deflate.requires_ = {name};
      deflate.compress = true;
      probed.capabilities[name] = ask(context, deflate, options).result.verdict == Verdict::pass;
    } else if (name == "subprotocol") {
      probed.capabilities[name] = !context.profile->subprotocols.empty();
    } else {
      probed.capabilities[name] = false;
    }
  }
  return probed;
}

}  // namespace wsspec::engine
