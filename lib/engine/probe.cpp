// Each question is a small scenario of its own, so that its answer is judged by the same rules as
// every verdict.

#include "engine/probe.h"

namespace wsspec::engine {
namespace {

using scenario::ExpectStep;
using scenario::Item;
using scenario::Outcome;
using scenario::Scenario;
using scenario::Step;

constexpr int kAnswerMs = 1000;
constexpr int kMaxRefusals = 3;

Scenario question(const std::string& name, Item::Kind kind, Outcome::Kind wanted) {
  Scenario scenario;
  scenario.name = "probe/" + name;
  scenario.suite = "probe";
  scenario.control = true;
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
  TargetSeen seen;

  bool accepted() const { return result.verdict == result::Verdict::pass; }
  /// By a Close, or by the end of the connection.
  bool ended() const { return result.observed.code || result.observed.end != result::End::open; }
  bool echoed() const { return result.observed.answered > 0; }
};

class Prober {
 public:
  Prober(RunContext& context, const RunnerOptions& options)
      : context_(context),
        options_(options),
        by_reply_(context.profile->message && context.profile->message->reply),
        control_(context.profile->policies.contains("binary_only") ? Item::Kind::binary
                                                                   : Item::Kind::text) {
    if (control_ == Item::Kind::binary) probed_.control_type = "binary";
  }

  Probed run(const std::vector<net::Address>& addresses, const std::vector<std::string>& needed);

 private:
  std::optional<bool> declared(const std::string& name) const;
  /// How the target is known to take a valid message.
  Outcome::Kind wanted() const {
    return context_.facts.echo ? Outcome::Kind::echo : Outcome::Kind::accepted;
  }
  Answer ask(const Scenario& scenario);
  Answer ask_patiently(const Scenario& scenario);
  Answer reach(const std::vector<net::Address>& addresses);
  void learn_control(Answer answer);
  bool has(const std::string& capability);
  bool agrees_to_deflate();
  void pause(int ms);

  RunContext& context_;
  const RunnerOptions& options_;
  Probed probed_;
  bool by_reply_;       ///< the profile describes what a message is answered with
  Item::Kind control_;  ///< the type of data that the target takes for certain
};

std::optional<bool> Prober::declared(const std::string& name) const {
  const auto& capabilities = context_.profile->capabilities;
  const auto found = capabilities.find(name);
  if (found == capabilities.end()) return std::nullopt;
  return found->second;
}

Answer Prober::ask(const Scenario& scenario) {
  bool over = false;
  ScenarioRun run(context_, scenario, [&] { over = true; });
  run.start();
  while (!over) {
    if (options_.stop_asked())
      run.abandon(options_.is_interrupted() ? result::Cause::interrupted
                                            : result::Cause::out_of_time);
    context_.loop.run_once();
  }
  return {run.take_result(), run.seen()};
}

void Prober::pause(int ms) {
  const auto until = net::Clock::now() + std::chrono::milliseconds(ms);
  net::Timer alarm(context_.loop, [] {});
  alarm.start_at(until);
  while (net::Clock::now() < until && !options_.stop_asked()) context_.loop.run_once();
}

/// Again after a refusal that may pass (429, 503).
Answer Prober::ask_patiently(const Scenario& scenario) {
  for (int refusals = 0;; ++refusals) {
    Answer answer = ask(scenario);
    const bool reached = answer.result.verdict != result::Verdict::error;
    if (options_.stop_asked()) return answer;
    if (reached || !answer.seen.refused || answer.seen.unreachable || refusals == kMaxRefusals)
      return answer;
    pause(100 << refusals);
  }
}

/// Sends valid data to each address until one answers.
Answer Prober::reach(const std::vector<net::Address>& addresses) {
  Answer answer;
  for (const auto& address : addresses) {
    context_.address = address;
    answer = ask_patiently(question("control", control_, wanted()));
    probed_.reachable = answer.result.verdict != result::Verdict::error;
    probed_.tls_failure = answer.seen.tls_failure;
    if (options_.stop_asked()) break;
    if (probed_.reachable || probed_.tls_failure != net::TlsFailure::none) break;
  }
  probed_.server = answer.seen.server;
  probed_.problem = answer.result.fact;
  probed_.echoes = answer.echoed();
  return answer;
}

// The control: valid data must be accepted in the way that the scenarios' own text travels, or
// invalid text cannot be told from any text.
void Prober::learn_control(Answer answer) {
  // No echo and no described answer: then the text must at least not be refused.
  if (!context_.facts.echo && !by_reply_ && !answer.ended())
    answer = ask(question("control", control_, Outcome::Kind::accepted));
  const bool answer_missing = by_reply_ && !context_.facts.echo;
  if (answer.accepted() || (!answer.ended() && !answer_missing)) return;
  probed_.accepts_data = false;
  probed_.problem = answer.result.fact;
  probed_.control = std::move(answer.result);
}

// A server that agrees to compression and then does it wrongly can be judged.
bool Prober::agrees_to_deflate() {
  Scenario deflate = question("deflate", control_, wanted());
  deflate.requires_ = {scenario::requirement_of("deflate")};
  deflate.compress = true;
  const Answer answer = ask(deflate);
  return answer.accepted() ||
         answer.seen.extensions.find("permessage-deflate") != std::string::npos;
}

bool Prober::has(const std::string& capability) {
  if (const auto value = declared(capability)) return *value;
  if (capability == "binary")
    return ask(question("binary", Item::Kind::binary, wanted())).accepted();
  if (capability == "ping")
    return ask(question("ping", Item::Kind::ping, Outcome::Kind::pong)).accepted();
  if (capability == "deflate") return agrees_to_deflate();
  if (capability == "tls") return context_.tls != nullptr;  // the URL decides
  if (capability == "subprotocol") return !context_.profile->subprotocols.empty();
  return false;
}

Probed Prober::run(const std::vector<net::Address>& addresses,
                   const std::vector<std::string>& needed) {
  // An endpoint whose answers are described is no echo; any other one may be.
  const auto echo = declared("echo");
  context_.facts.echo = echo.value_or(!by_reply_);
  context_.facts.ping = declared("ping").value_or(true);
  Answer answer = reach(addresses);
  context_.facts.greets = answer.seen.unsolicited;
  // An echo that is not right in all else (it comes twice) is an echo all the same.
  if (probed_.reachable && !echo && !by_reply_) context_.facts.echo = answer.echoed();
  probed_.capabilities["echo"] = context_.facts.echo;
  if (!probed_.reachable) return std::move(probed_);
  learn_control(std::move(answer));
  for (const auto& name : needed)
    if (!probed_.capabilities.contains(name) && !options_.stop_asked())
      probed_.capabilities[name] = has(name);
  return std::move(probed_);
}

}  // namespace

Probed probe(RunContext& context, const std::vector<net::Address>& addresses,
             const std::vector<std::string>& needed, const RunnerOptions& options) {
  return Prober(context, options).run(addresses, needed);
}

}  // namespace wsspec::engine
