// What can this target do? Each question is a little scenario of its own, so that its answer is
// found by the same rules as every verdict.

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
  result::ScenarioResult result;
  bool unreachable = false, refused = false;
  net::TlsFailure tls_failure = net::TlsFailure::none;
  std::string server, extensions;
  bool strayed = false;
};

Answer ask(RunContext& context, const Scenario& scenario, const RunnerOptions& options) {
  bool over = false;
  ScenarioRun run(context, scenario, [&] { over = true; });
  run.start();
  while (!over) {
    if (options.stop_asked()) run.abandon("interrupted");
    context.loop.run_once();
  }
  return {run.take_result(),   run.unreachable(), run.refused(), run.tls_failure(),
          run.server_header(), run.extensions(),  run.strayed()};
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
  // An endpoint whose answers are described is no echo; any other one may be.
  const bool by_reply = context.profile->message && context.profile->message->reply;
  const bool echo_known = declared_value("echo").has_value() || by_reply;
  context.facts.echo = declared_value("echo").value_or(!by_reply);
  context.facts.ping = declared_value("ping").value_or(true);

  // The control: valid text must be accepted in the way that the scenarios' own text travels, or
  // invalid text cannot be told from any text.
  const auto wanted = [&] {
    return context.facts.echo ? Outcome::Kind::echo : Outcome::Kind::accepted;
  };
  Answer answer;
  for (const auto& address : addresses) {
    context.address = address;
    for (int attempt = 0;; ++attempt) {
      answer = ask(context, question("text", Item::Kind::text, wanted()), options);
      probed.reachable = answer.result.verdict != result::Verdict::error;
      probed.tls_failure = answer.tls_failure;
      if (probed.reachable || !answer.refused || answer.unreachable || attempt >= 3) break;
      const auto until = net::Clock::now() + std::chrono::milliseconds(100 << attempt);
      net::Timer nap(context.loop, [] {});
      nap.start_at(until);
      while (net::Clock::now() < until) context.loop.run_once();
    }
    if (probed.reachable || probed.tls_failure != net::TlsFailure::none) break;
  }
  probed.server = answer.server;
  context.facts.greets = answer.strayed;
  probed.problem = answer.result.because;
  probed.echoes = answer.result.observed.answered > 0;
  // An echo that is not right in all else (it comes twice) is an echo all the same.
  if (probed.reachable && !echo_known) context.facts.echo = answer.result.observed.answered > 0;
  probed.capabilities["echo"] = context.facts.echo;
  if (!probed.reachable) return probed;

  const auto ended = [](const Answer& one) {
    return one.result.observed.code || one.result.observed.end != result::End::open;
  };
  // Nothing comes back but pongs, or not even those: then the text was at least not refused.
  if (!context.facts.echo && !by_reply && !ended(answer))
    answer = ask(context, question("text", Item::Kind::text, Outcome::Kind::accepted), options);
  const bool unanswered = by_reply && !context.facts.echo;
  if (answer.result.verdict != result::Verdict::pass && (ended(answer) || unanswered)) {
    probed.accepts_text = false;
    probed.problem = answer.result.observed.detail;
  }

  for (const auto& name : needed) {
    if (probed.capabilities.contains(name)) continue;
    if (const auto value = declared_value(name)) {
      probed.capabilities[name] = *value;
      continue;
    }
    if (name == "binary") {
      probed.capabilities[name] =
          ask(context, question(name, Item::Kind::binary, wanted()), options).result.verdict ==
          result::Verdict::pass;
    } else if (name == "ping") {
      probed.capabilities[name] =
          context.facts.ping &&
          ask(context, question(name, Item::Kind::ping, Outcome::Kind::pong), options)
                  .result.verdict == result::Verdict::pass;
    } else if (name == "deflate") {
      Scenario deflate = question(name, Item::Kind::text, wanted());
      deflate.requires_ = {name};
      deflate.compress = true;
      // A server that agrees to it and then does it wrongly can be judged.
      const Answer compressed = ask(context, deflate, options);
      probed.capabilities[name] =
          compressed.result.verdict == result::Verdict::pass ||
          compressed.extensions.find("permessage-deflate") != std::string::npos;
    } else if (name == "tls" || name == "!tls") {
      probed.capabilities[name] = (context.tls != nullptr) == (name == "tls");  // the URL decides
    } else if (name == "subprotocol") {
      probed.capabilities[name] = !context.profile->subprotocols.empty();
    } else {
      probed.capabilities[name] = false;
    }
  }
  return probed;
}

}  // namespace wsspec::engine
