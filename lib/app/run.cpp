#include "app/run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>

#include "app/collect_secrets.h"
#include "app/destination.h"
#include "app/result_pipeline.h"
#include "app/server_under_test.h"
#include "diagnose/clause.h"
#include "diagnose/diagnosis.h"
#include "diagnose/server_end.h"
#include "engine/runner.h"
#include "net/connection.h"
#include "net/loop.h"
#include "net/memory_reserve.h"
#include "scenario/profile.h"
#include "session/random.h"
#include "text/secret_names.h"
#include "wire/url.h"

namespace wsspec {

const char* version() {
  return WSSPEC_VERSION;
}

void keep_memory_reserve() {
  net::keep_memory_reserve();
}

namespace {

std::string started_now() {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// What is run, in order, and what that takes.
struct Plan {
  std::vector<const scenario::Scenario*> scenarios;
  std::uint64_t heaviest = 1, all_of_them = 0;  ///< connections
  std::vector<std::string> capabilities;        ///< needed of the target
};

tl::expected<Plan, Refusal> plan_of(const std::vector<scenario::Scenario>& scenarios,
                                    const std::vector<std::size_t>& chosen,
                                    const RunOptions& options, bool loopback) {
  std::vector<std::size_t> order = chosen;
  for (int round = 1; round < options.repeat; ++round)
    order.insert(order.end(), chosen.begin(), chosen.end());
  if (options.shuffle) {
    session::Random random(options.seed);
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.next() % i]);
  }
  Plan plan;
  std::set<std::string> needed;
  for (const auto index : order) {
    const auto& one = scenarios[index];
    if (scenario::has_tag(one, "load") && !loopback && !options.may_load_target)
      return tl::unexpected(
          Refusal{kExitUsage, fmt::format("{} is a load scenario and the target is not on this "
                                          "machine: add --i-may-load-this-target if you may",
                                          one.name)});
    plan.heaviest = std::max(plan.heaviest, one.weight);
    plan.all_of_them += one.weight;
    for (const auto& need : one.requires_)
      if (need.kind == scenario::Requirement::Kind::capability) needed.insert(need.path);
    plan.scenarios.push_back(&one);
  }
  plan.capabilities.assign(needed.begin(), needed.end());
  return plan;
}

engine::RunnerOptions runner_options_of(const RunOptions& options) {
  engine::RunnerOptions out;
  out.jobs = std::max<std::uint64_t>(1, options.jobs);
  out.connect_rate = options.connect_rate;
  if (options.max_time_ms > 0)
    out.until = net::Clock::now() + std::chrono::milliseconds(options.max_time_ms);
  if (options.fail_fast)  // with --strict every fail counts
    out.fail_fast = options.strict ? scenario::Impact::letter : options.fail_on;
  out.retry = options.retry;
  out.interrupted = options.interrupted;
  return out;
}

/// No more connections at once than this process may open files for: what it cannot open, it cannot
/// judge. Some are left for health checks and reports. True: that is fewer than were wanted.
bool keep_to_descriptors(engine::RunnerOptions& options, std::uint64_t wanted) {
  constexpr std::uint64_t kSpare = 6;
  const std::uint64_t room = net::free_descriptors();
  const std::uint64_t most = room > kSpare ? room - kSpare : 1;
  if (std::min(options.jobs, wanted) <= most) return false;
  options.jobs = most;
  return true;
}

/// Probes the target until it answers or --wait-for is over.
engine::Probed wait_for_target(engine::RunContext& context,
                               const std::vector<net::Address>& addresses, const Plan& plan,
                               int patience_ms, const engine::RunnerOptions& options) {
  const auto patience = net::Clock::now() + std::chrono::milliseconds(patience_ms);
  for (;;) {
    auto probed = engine::probe(context, addresses, plan.capabilities, options);
    if (probed.reachable || options.stop_asked() || net::Clock::now() >= patience) return probed;
    if (probed.tls_failure != net::TlsFailure::none) return probed;  // waiting mends no certificate
    const auto until = net::Clock::now() + std::chrono::milliseconds(100);
    net::Timer nap(context.loop, [] {});
    nap.start_at(until);
    while (net::Clock::now() < until && !options.stop_asked()) context.loop.run_once();
  }
}

/// Why no scenario can be judged, and what may help.
std::string setup_problem(const engine::Probed& probed, const result::RunInfo& info) {
  if (probed.reachable) return {};
  result::ScenarioResult result;
  result.verdict = result::Verdict::error;
  result.fact = probed.problem;
  std::string text = diagnose::diagnose(result);
  if (info.server_end && info.server_end->by_itself)
    text += " " + diagnose::sentence(diagnose::server_end_text(*info.server_end));
  return text;
}

/// Every scenario is skipped, with the same reason.
void nothing_reached(const Plan& plan, const result::Fact& problem, bool interrupted,
                     ResultPipeline& pipeline) {
  for (const auto* one : plan.scenarios) {
    auto head = engine::result_head(*one);
    head.verdict = result::Verdict::skipped;
    head.fact = {.cause = result::Cause::target_unreachable, .of = {problem}};
    pipeline.on_result(head);
  }
  pipeline.end(pipeline.summary(), interrupted);
}

engine::RunContext context_of(net::Loop& loop, const net::Address& address, const wire::Url& url,
                              const Target& target, const RunOptions& options) {
  engine::RunContext context{endpoint_of(loop, address, url, target)};
  context.timeout_ms = options.timeout_ms;
  context.timeout_factor = options.timeout_factor;
  context.seed = options.seed;
  context.show_secrets = target.show_secrets;
  context.nonce = fmt::format("{:08x}", std::random_device{}());
  return context;
}

result::RunInfo run_info(const Target& target, const std::string& url, const engine::Probed& probed,
                         const Suites& suites, const RunOptions& options, const Plan& plan) {
  result::RunInfo info;
  info.selected = plan.scenarios.size();
  info.version = version();
  info.url = target.show_secrets ? url : text::redact_url(url);
  info.server = probed.server;
  info.scenario_set = suites.digest();
  info.started = started_now();
  info.strict = options.strict;
  return info;
}

engine::Probed not_probed(result::Cause cause, const std::string& why) {
  engine::Probed out;
  out.problem = result::fact(cause, why);
  return out;
}

/// `profile` outlives the context.
void use(const scenario::Profile& profile, engine::RunContext& context) {
  context.profile = &profile;
  context.facts.profile = &profile;
  context.facts.chatty = profile.chatty;
  context.connects = engine::ConnectPace(profile);
}

bool on_this_machine(const std::vector<net::Address>& addresses) {
  return std::all_of(addresses.begin(), addresses.end(),
                     [](const auto& address) { return address.loopback(); });
}

/// Runs what is planned, and then the findings that are shown once more, alone. The exit code.
int run_all(engine::RunContext& context, const engine::Probed& probed, const Plan& plan,
            engine::RunnerOptions how, ResultPipeline& pipeline, result::Summary& summary) {
  if (keep_to_descriptors(how, plan.all_of_them))
    pipeline.on_notice(
        fmt::format("at most {} connections at once: this process may open no more "
                    "files (ulimit -n)",
                    how.jobs));
  engine::Runner runner(context, probed, how, pipeline);
  runner.run(plan.scenarios);
  runner.repeat(pipeline.shown_findings(), plan.scenarios,
                [&](const engine::Found& found, const result::Reproduction& reproduction) {
                  pipeline.on_repeated(found, reproduction);
                });
  summary = runner.summary();
  return pipeline.end(summary, runner.interrupted());
}

RunResult run_against(const Target& target, const Suites& suites, const RunOptions& options,
                      const text::Secrets& secrets, ResultPipeline& pipeline) {
  RunResult result;
  const auto stop = [&](int code, const std::string& problem) {
    result.exit_code = code;
    result.problem = text::show(problem, secrets);
    return result;
  };
  const auto& scenarios = suites.scenarios();
  const std::string& url_text = target.url.empty() ? suites.profile_url() : target.url;
  const auto url = wire::parse_url(url_text);
  if (!url) return stop(kExitUsage, "bad URL: " + url.error());
  const auto chosen = scenario::select(scenarios, options.selection);
  if (chosen.empty()) return stop(kExitUsage, nothing_matched(scenarios, options.selection));

  const scenario::Profile profile = profile_of(target, suites.profile(), *url);
  const auto tls = tls_of(target, profile, *url);
  if (!tls) return stop(tls.error().code, tls.error().problem);
  const auto addresses = addresses_of(target, *url);
  if (!addresses && addresses.error().code == kExitUsage)
    return stop(kExitUsage, addresses.error().problem);
  const bool loopback = target.proxy.empty() && (!addresses || on_this_machine(*addresses));
  const auto plan = plan_of(scenarios, chosen, options, loopback);
  if (!plan) return stop(plan.error().code, plan.error().problem);
  const auto unreached = [&](const engine::Probed& probed, const result::RunInfo& info) {
    pipeline.start(info, setup_problem(probed, info));
    const bool stopped = interrupted(options);
    nothing_reached(*plan, probed.problem, stopped, pipeline);
    result.summary = pipeline.summary();
    result.hint = tls_hint(probed.tls_failure);
    return stop(stopped ? kExitInterrupted : kExitNotJudged, diagnose::clause(probed.problem));
  };
  const auto not_begun = [&](result::Cause cause, const std::string& why) {
    const engine::Probed probed = not_probed(cause, why);
    return unreached(probed, run_info(target, url_text, probed, suites, options, *plan));
  };
  if (!addresses) return not_begun(result::Cause::host_not_resolved, addresses.error().problem);

  const std::uint64_t at_once = std::max(plan->heaviest, std::min(options.jobs, plan->all_of_them));
  net::global_init(static_cast<unsigned>(std::max<std::uint64_t>(8192, at_once * 2 + 256)));
  auto loop = net::Loop::create(at_once);
  if (!loop) return not_begun(result::Cause::not_set_up, loop.error());
  engine::RunnerOptions how = runner_options_of(options);
  (*loop)->stop_when([how] { return how.stop_asked(); });
  engine::RunContext context = context_of(**loop, addresses->front(), *url, target, options);
  context.tls = *tls;
  use(profile, context);

  ServerUnderTest server(**loop, options);
  if (auto started = server.start(*addresses); !started)
    return not_begun(result::Cause::not_set_up, started.error());
  context.server = server.get();
  const engine::Probed probed =
      server.missing() ? server.problem()
                       : wait_for_target(context, *addresses, *plan, options.wait_for_ms, how);
  result::RunInfo info = run_info(target, url_text, probed, suites, options, *plan);
  if (server.missing()) info.server_end = server.last_end();
  if (!probed.reachable) return unreached(probed, info);
  pipeline.start(info, {});
  result.exit_code = run_all(context, probed, *plan, how, pipeline, result.summary);
  if (const std::string& error = server.log_error(); !error.empty()) {
    result.problem = text::show(error, secrets);
    if (result.exit_code == kExitGood) result.exit_code = kExitNotJudged;
  }
  return result;
}

/// Directly, without reports of its own, and then through the proxy.
RunResult run_through(const Target& target, const Suites& suites, const RunOptions& options,
                      const text::Secrets& secrets, ResultPipeline& pipeline) {
  DirectRun direct;
  RunResult result;
  if (const auto url = wire::parse_url(target.through); !url) {
    result.exit_code = kExitUsage;
    result.problem = text::show("bad URL of --through: " + url.error(), secrets);
    return result;
  }
  {
    const std::vector<report::Observer*> none;
    ResultPipeline quiet(none, options, secrets);
    quiet.record_in(direct);
    result = run_against(target, suites, options, secrets, quiet);
  }
  const bool judged = result.summary.pass + result.summary.tolerated + result.summary.fail > 0;
  if (result.exit_code == kExitUsage) return result;
  if (!judged || result.exit_code == kExitInterrupted) {
    // What stands in the way without the proxy is what the reports have to tell.
    result = run_against(target, suites, options, secrets, pipeline);
    if (result.exit_code == kExitGood || result.exit_code == kExitFindings) {
      result.exit_code = kExitNotJudged;
      result.problem = text::show("without the proxy no scenario was judged at first", secrets);
    }
    return result;
  }
  pipeline.compare_with(direct);
  Target proxied = target;
  proxied.url = target.through;
  const std::uint64_t without = result.summary.total() - result.summary.skipped;
  result = run_against(proxied, suites, options, secrets, pipeline);
  if (result.exit_code == kExitNotJudged && !result.problem.empty())
    result.hint =
        fmt::format("without the proxy {} scenarios were judged: it is the proxy's doing", without);
  return result;
}

}  // namespace

RunResult run(const Target& given, const Suites& suites, const RunOptions& options,
              const std::vector<report::Observer*>& observers) {
  const Target target = with_proxy(given, given.url.empty() ? suites.profile_url() : given.url);
  const text::Secrets secrets = secrets_of(target, suites);
  ResultPipeline pipeline(observers, options, secrets);
  if (target.through.empty()) return run_against(target, suites, options, secrets, pipeline);
  return run_through(target, suites, options, secrets, pipeline);
}

}  // namespace wsspec
