#include "wsspec.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <random>
#include <set>

#include "diagnose/diagnosis.h"
#include "diagnose/sanitize.h"
#include "engine/random.h"
#include "engine/runner.h"
#include "net/loop.h"
#include "scenario/load.h"
#include "scenario/profile.h"
#include "secret_values.h"
#include "tools.h"
#include "wire/url.h"

namespace wsspec {

const char* version() {
  return WSSPEC_VERSION;
}

struct Suites::State {
  std::vector<scenario::Scenario> scenarios;
  scenario::Profile profile;
  std::string digest;
  std::vector<std::string> environment;
};

const std::vector<scenario::Scenario>& Suites::scenarios() const {
  return state_->scenarios;
}
const scenario::Profile& Suites::profile() const {
  return state_->profile;
}
const std::string& Suites::profile_url() const {
  return state_->profile.url;
}
const std::vector<std::string>& Suites::environment() const {
  return state_->environment;
}

namespace {

tl::expected<std::vector<scenario::Setting>, std::string> split_settings(
    const std::vector<std::string>& settings) {
  std::vector<scenario::Setting> out;
  for (const auto& text : settings) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return tl::unexpected(no_setting(text));
    out.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return out;
}

/// Removes secrets, adds the diagnosis, counts the required skips, and hands every event on.
class Relay : public engine::Observer {
 public:
  Relay(const std::vector<engine::Observer*>& observers, const RunOptions& options,
        diagnose::Secrets secrets)
      : observers_(observers), options_(options), secrets_(std::move(secrets)) {}
  void on_start(const engine::RunInfo& info) override {
    engine::RunInfo shown = info;
    shown.url = secrets_.redact(diagnose::redact_url(info.url));
    shown.server = secrets_.redact(info.server);
    for (auto* observer : observers_) observer->on_start(shown);
  }
  void on_scenario_started(const std::string& name, std::uint64_t running) override {
    for (auto* observer : observers_) observer->on_scenario_started(name, running);
  }
  void on_result(const engine::ScenarioResult& result) override {
    engine::ScenarioResult complete = result;
    remember(result.captured);
    hide(complete, secrets_);
    hide(complete, captured_secrets_);
    diagnose::complete(complete);
    summary_.add(complete.verdict);
    if (complete.verdict == engine::Verdict::tolerated && complete.level != "may")
      ++strict_findings_;
    if (complete.verdict == engine::Verdict::skipped)
      for (const auto& glob : options_.require)
        if (scenario::glob_match(glob, complete.name) ||
            scenario::glob_match(glob + "/**", complete.name)) {
          ++required_skips_;
          break;
        }
    for (auto* observer : observers_) observer->on_result(complete);
  }
  void on_notice(const std::string& text) override {
    for (auto* observer : observers_) observer->on_notice(text);
  }
  void on_end(const engine::Summary& summary, bool interrupted) override {
    for (auto* observer : observers_) observer->on_end(summary, interrupted);
  }
  const engine::Summary& summary() const { return summary_; }
  std::uint64_t strict_findings() const { return strict_findings_; }
  std::uint64_t required_skips() const { return required_skips_; }

 private:
  /// A token may come back on another connection than the one that captured it: the newest of all
  /// are looked for.
  void remember(const std::vector<std::string>& values) {
    constexpr std::size_t kRemembered = 64;
    bool changed = false;
    for (const auto& value : values) {
      if (std::find(captured_.begin(), captured_.end(), value) != captured_.end()) continue;
      captured_.push_back(value);
      changed = true;
    }
    if (!changed) return;
    while (captured_.size() > kRemembered) captured_.pop_front();
    captured_secrets_ = {};
    for (const auto& value : captured_) captured_secrets_.add(value);
  }

  const std::vector<engine::Observer*>& observers_;
  const RunOptions& options_;
  diagnose::Secrets secrets_, captured_secrets_;
  std::deque<std::string> captured_;
  engine::Summary summary_;
  std::uint64_t strict_findings_ = 0, required_skips_ = 0;
};

int exit_code(const Relay& relay, const RunOptions& options, bool interrupted) {
  const auto& summary = relay.summary();
  if (interrupted) return kExitInterrupted;
  if (summary.fail > 0 || relay.required_skips() > 0 ||
      (options.strict && relay.strict_findings() > 0))
    return kExitFindings;
  if (summary.error > 0 || summary.pass + summary.tolerated == 0) return kExitNotJudged;
  return kExitGood;
}

std::string started_now() {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// The command line wins. A key belongs to its certificate.
net::TlsSettings tls_settings(const TlsOptions& given, const scenario::ProfileTls& profile,
                              const std::string& host) {
  net::TlsSettings out;
  out.host = host;
  out.insecure = given.insecure || profile.insecure;
  out.ca_file = given.cacert.empty() ? profile.cacert : given.cacert;
  out.certificate = given.cert.empty() ? profile.cert : given.cert;
  out.key = given.key.empty() && given.cert.empty() ? profile.key : given.key;
  return out;
}

std::string tls_hint(net::TlsFailure failure) {
  switch (failure) {
    case net::TlsFailure::certificate:
      return "--cacert FILE names the CA to trust, -k takes any certificate";
    case net::TlsFailure::client_certificate:
      return "--cert FILE and --key FILE are our side's certificate";
    case net::TlsFailure::not_tls:
      return "use ws:// if the server does not speak TLS on this port";
    default:
      return {};
  }
}

}  // namespace

tl::expected<Suites, std::string> load_suites(const LoadOptions& options) {
  auto settings = split_settings(options.settings);
  if (!settings) return tl::unexpected(settings.error());
  auto state = std::make_shared<Suites::State>();
  std::vector<scenario::Setting> for_profile, for_suites;
  for (auto& setting : *settings)
    (scenario::is_profile_setting(setting.name) ? for_profile : for_suites)
        .push_back(std::move(setting));

  scenario::Source source;
  if (!options.profile.empty()) {
    auto read = scenario::read_sources(options.profile);
    if (!read) return tl::unexpected(read.error().text() + "\n");
    if (read->size() != 1) return tl::unexpected(std::string("error: --target wants one file\n"));
    source = std::move(read->front());
  }
  auto profile = scenario::load_profile(source, for_profile);
  if (!profile.problems.empty()) return tl::unexpected(text_of(profile.problems, {source}));
  state->profile = std::move(profile.profile);

  scenario::LoadInput input;
  input.tables = scenario::built_in_tables();
  if (options.files.empty()) input.suites = scenario::built_in_suites();
  for (const auto& file : options.files) {
    auto read = scenario::read_sources(file);
    if (!read) return tl::unexpected(read.error().text() + "\n");
    for (auto& one : *read) input.suites.push_back(std::move(one));
  }
  input.profile = &state->profile;
  input.settings = std::move(for_suites);
  input.seed = options.seed;
  auto loaded = scenario::load(input);
  if (!loaded.problems.empty()) return tl::unexpected(text_of(loaded.problems, input.suites));
  state->scenarios = scenario::with_compressed(std::move(loaded.scenarios), options.deflate);
  state->digest = scenario::digest(input);
  state->environment = std::move(loaded.environment);
  const auto& used = state->profile.environment;
  state->environment.insert(state->environment.end(), used.begin(), used.end());
  return Suites(std::move(state));
}

RunResult run(const Target& target, const Suites& suites, const RunOptions& options,
              const std::vector<engine::Observer*>& observers) {
  RunResult result;
  const diagnose::Secrets secrets = secrets_of(target, suites);
  auto stop = [&](int code, const std::string& problem) {
    result.exit_code = code;
    result.problem = secrets.redact(problem);
    return result;
  };
  const auto& state = suites.state();
  auto url = wire::parse_url(target.url.empty() ? state.profile.url : target.url);
  if (!url) return stop(kExitUsage, "bad URL: " + url.error());

  const auto chosen = scenario::select(state.scenarios, options.selection);
  if (chosen.empty()) {
    return stop(kExitUsage, nothing_matched(state.scenarios, options.selection));
  }

  // The profile, with what the command line adds.
  scenario::Profile profile = state.profile;
  for (const auto& [name, value] : target.headers) profile.headers.emplace_back(name, value);
  if (!target.subprotocols.empty()) profile.subprotocols = target.subprotocols;
  if (!url->userinfo.empty())
    profile.headers.emplace_back("Authorization",
                                 "Basic " + wire::base64(wire::as_octets(url->userinfo)));

  std::shared_ptr<const net::TlsContext> tls;
  if (url->tls) {
    auto created = net::TlsContext::create(tls_settings(target.tls, profile.tls, url->host));
    if (!created) return stop(kExitUsage, created.error());
    tls = std::move(*created);
  }

  std::vector<net::Address> addresses;
  if (!target.unix_socket.empty()) {
    auto address = net::unix_address(target.unix_socket);
    if (!address) return stop(kExitUsage, address.error());
    addresses.push_back(std::move(*address));
  } else {
    auto resolved = net::resolve(url->host, url->port);
    if (!resolved) return stop(kExitNotJudged, resolved.error());
    addresses = std::move(*resolved);
  }

  std::vector<const scenario::Scenario*> plan;
  std::uint64_t heaviest = 1, all_of_them = 0;
  const bool loopback = std::all_of(addresses.begin(), addresses.end(),
                                    [](const auto& address) { return address.loopback(); });
  std::set<std::string> needed;
  std::vector<std::size_t> order = chosen;
  for (int round = 1; round < options.repeat; ++round)
    order.insert(order.end(), chosen.begin(), chosen.end());
  if (options.shuffle) {
    engine::Random random(options.seed);
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.next() % i]);
  }
  for (const auto index : order) {
    const auto& one = state.scenarios[index];
    const bool load = std::find(one.tags.begin(), one.tags.end(), "load") != one.tags.end();
    if (load && !loopback && !options.may_load_target)
      return stop(kExitUsage, fmt::format("{} is a load scenario and the target is not on this "
                                          "machine: add --i-may-load-this-target if you may",
                                          one.name));
    heaviest = std::max(heaviest, one.weight);
    all_of_them += one.weight;
    needed.insert(one.requires_.begin(), one.requires_.end());
    plan.push_back(&one);
  }

  const std::uint64_t at_once = std::max(heaviest, std::min(options.jobs, all_of_them));
  net::global_init(static_cast<unsigned>(std::max<std::uint64_t>(8192, at_once * 2 + 256)));
  auto loop = net::Loop::create(at_once);
  if (!loop) return stop(kExitNotJudged, loop.error());
  engine::RunContext context{**loop, addresses.front(), url->authority(), url->target};
  context.tls = tls;
  context.profile = &profile;
  context.facts.profile = &profile;
  context.facts.chatty = profile.chatty;
  context.connects = engine::ConnectPace(profile);
  context.connect_timeout_ms = target.connect_timeout_ms;
  context.timeout_ms = options.timeout_ms;
  context.timeout_factor = options.timeout_factor;
  context.seed = options.seed;
  context.nonce = fmt::format("{:08x}", std::random_device{}());

  engine::RunnerOptions runner_options;
  runner_options.jobs = std::max<std::uint64_t>(1, options.jobs);
  runner_options.connect_rate = options.connect_rate;
  runner_options.max_time_ms = options.max_time_ms;
  runner_options.fail_fast = options.fail_fast;
  runner_options.retry = options.retry;
  runner_options.interrupted = options.interrupted;

  Relay relay(observers, options, secrets);
  std::vector<std::string> capabilities;
  for (const auto& name : needed)
    if (name.find('.') == std::string::npos) capabilities.push_back(name);

  const auto patience = net::Clock::now() + std::chrono::milliseconds(options.wait_for_ms);
  engine::Probed probed;
  for (;;) {
    probed = engine::probe(context, addresses, capabilities, runner_options);
    const bool stopped = options.interrupted != nullptr && *options.interrupted != 0;
    if (probed.reachable || stopped || net::Clock::now() >= patience) break;
    if (probed.tls_failure != net::TlsFailure::none) break;  // waiting mends no certificate
    const auto until = net::Clock::now() + std::chrono::milliseconds(100);
    net::Timer nap(**loop, [] {});
    nap.start_at(until);
    while (net::Clock::now() < until) (*loop)->run_once();
  }

  engine::RunInfo info;
  info.version = version();
  info.url = target.url.empty() ? state.profile.url : target.url;
  info.server = probed.server;
  info.scenario_set = state.digest;
  info.started = started_now();
  info.strict = options.strict;
  info.selected = plan.size();
  relay.on_start(info);
  if (!probed.reachable) {
    const bool interrupted = options.interrupted != nullptr && *options.interrupted != 0;
    for (const auto* one : plan) {
      auto head = engine::result_head(*one);
      head.verdict = engine::Verdict::error;
      head.because = probed.problem;
      relay.on_result(head);
    }
    relay.on_end(relay.summary(), interrupted);
    result.summary = relay.summary();
    result.hint = tls_hint(probed.tls_failure);
    return stop(interrupted ? kExitInterrupted : kExitNotJudged, probed.problem);
  }
  engine::Runner runner(context, probed, runner_options, relay);
  result.summary = runner.run(plan);
  relay.on_end(result.summary, runner.interrupted());
  result.exit_code = exit_code(relay, options, runner.interrupted());
  return result;
}

}  // namespace wsspec
