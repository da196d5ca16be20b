// The life of a run: start, advance, end. The steps themselves are in scenario_steps.cpp.
#include "engine/scenario_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/step_state.h"
#include "judge/conduct.h"
#include "judge/defect.h"

namespace wsspec::engine {
namespace {

constexpr int kClosingMs = 1000;  ///< how long an end of stream is awaited after the script
constexpr int kAnswerMs = 2000;   ///< how long the end of an HTTP answer is awaited
constexpr int kGoodbyeMs = 100;   ///< the same, where both have said that it is the end
constexpr std::uint64_t kClosingOctets = 4u << 20;  ///< what is read at most meanwhile

}  // namespace

result::ScenarioResult result_head(const scenario::Scenario& scenario) {
  result::ScenarioResult result;
  result.name = scenario.name;
  result.suite = scenario.suite;
  result.suite_title = scenario.suite_title;
  result.title = scenario.title;
  result.tags = scenario.tags;
  result.level = scenario.level;
  result.impact = scenario.impact;
  result.rule = scenario.rule;
  result.spec = scenario.spec;
  result.about_policy = judge::is_policy(scenario);
  return result;
}

ScenarioRun::ScenarioRun(RunContext& context, const scenario::Scenario& scenario,
                         std::function<void()> on_done)
    : context_(context),
      scenario_(scenario),
      on_done_(std::move(on_done)),
      promises_(*context.profile, scenario),
      shared_paces_(promises_.paces(Promises::Whose::shared)),
      timer_(context.loop,
             [this] {
               wake_.reset();
               retired_.clear();
               if (done()) {
                 if (stage_ == Stage::done) {
                   stage_ = Stage::told;
                   on_done_();
                 }
                 return;
               }
               timed_ = true;
               advance();
             }),
      result_(result_head(scenario)) {
  result_.verdict = result::Verdict::pass;
  about_connect_rate_ = scenario::requires_policy(scenario.requires_, "connect_rate");
}

void Ends::add(const session::ExchangeRecord& record) {
  if (!record.response || record.response->status != 101) return;
  ++opened;
  if (!record.close_at || !record.sent.close_sent) ++unclosed;
}

ScenarioRun::~ScenarioRun() = default;

void ScenarioRun::start() {
  started_ = net::Clock::now();
  Group main;
  main.connect = scenario_.connect;
  groups_.emplace("main", std::move(main));
  for (const auto& declared : scenario_.groups) {
    Group group;
    group.connect = declared.connect;
    group.count = declared.count;
    groups_.emplace(declared.name, std::move(group));
  }
  Strand strand;
  Frame frame;
  frame.steps = &scenario_.steps;
  strand.frames.push_back(std::move(frame));
  strands_.push_back(std::move(strand));
  advance();
}

void ScenarioRun::wake_at(net::TimePoint when) {
  if (!wake_ || when < *wake_) {
    wake_ = when;
    timer_.start_at(when);
  }
}

void ScenarioRun::wake_in(int ms) {
  wake_at(net::Clock::now() + std::chrono::milliseconds(std::max(ms, 0)));
}

// Sessions call this whenever anything happens; steps that cannot go on say when to look again.
void ScenarioRun::advance() {
  if (done()) return;
  if (advancing_) {
    again_ = true;
    return;
  }
  advancing_ = true;
  do {
    again_ = false;
    for (auto& [name, group] : groups_) {
      group.told.swap(group.touched);
      group.touched.clear();
      // A member that was touched twice is looked at once: it is finished once.
      std::sort(group.told.begin(), group.told.end());
      group.told.erase(std::unique(group.told.begin(), group.told.end()), group.told.end());
    }
    if (!script_over()) {
      for (std::size_t i = 0; i < strands_.size() && !script_over(); ++i) {
        if (!strands_[i].finished) step_strand(strands_[i]);
      }
      if (!script_over() && strands_.front().finished) finish_script();
    }
    timed_ = false;
    if (script_over() && !done() && closing_done()) conclude();
  } while (again_ && !done());
  advancing_ = false;
}

void ScenarioRun::step_strand(Strand& strand) {
  while (!strand.finished && !script_over()) {
    const Progress progress = strand.op ? poll(strand) : next_step(strand);
    if (progress == Progress::waiting) return;
    if (progress == Progress::over) {
      strand.finished = true;
      return;
    }
  }
}

// Nothing is left to do in the script: say goodbye where the server has not.
void ScenarioRun::finish_script() {
  stage_ = Stage::closing;
  closing_since_ = net::Clock::now();
  if (strands_.front().closed_in_repeat && result_.verdict == result::Verdict::pass) {
    for (auto& [name, group] : groups_)
      for (auto& member : group.members)
        if (member.session && member.session->record().close_at && !member.end_expected) {
          decide(result::deviation(result::Class::other_code,
                                   {.cause = result::Cause::closed_inside_repeat,
                                    .code = member.session->record().close_code.value_or(0)},
                                   scenario_.level),
                 &member);
        }
  }
  for (auto& [name, group] : groups_)
    for (auto& member : group.members) {
      if (!member.session) continue;
      member.octets_before_closing = member.session->record().received_octets;
      if (member.session->record().close_at) continue;
      member.session->cancel_sending();
      member.session->send_close();
    }
  wake_in(kClosingMs + 1);
}

// Until when the end of this connection is awaited; the past = no more.
net::TimePoint ScenarioRun::awaited_until(const Member& member) const {
  constexpr auto past = net::TimePoint::min();
  if (!member.session || member.session->record().ended_at) return past;
  const session::Session& session = *member.session;
  if (session.answer_is_open())
    return stage_ == Stage::closing ? closing_since_ + std::chrono::milliseconds(kAnswerMs) : past;
  // What comes after a refusal is a finding too; a server that said Close is about to end TCP.
  if (session.end_is_due())
    return stage_ == Stage::closing ? closing_since_ + std::chrono::milliseconds(kGoodbyeMs) : past;
  if (session.record().violation || session.record().phase != session::Phase::open) return past;
  // A connection that cannot be said goodbye to (a frame of ours is incomplete) and that the server
  // leaves open has nothing more to tell.
  if (!session.record().close_at && !session.record().sent.close_sent) return past;
  if (session.record().received_octets - member.octets_before_closing > kClosingOctets) return past;
  const auto longest = closing_since_ + std::chrono::milliseconds(kClosingMs);
  // What comes after the server's Close is a finding. Where that Close only answers our goodbye
  // (a server may leave it to us to end TCP), a short while must do.
  if (session.record().said_goodbye() && session.record().close_at)
    return std::min(longest,
                    session.record().close_at.value() + std::chrono::milliseconds(kGoodbyeMs));
  return longest;
}

// Over when every connection is ended, or its time is past. A finished one stays so.
bool ScenarioRun::closing_done() {
  const auto now = net::Clock::now();
  bool waiting = false;
  for (auto& [name, group] : groups_) {
    const auto& members = group.members;
    while (group.closed < members.size() && awaited_until(members[group.closed]) <= now)
      ++group.closed;
    if (group.closed == members.size()) continue;
    waiting = true;
    wake_at(awaited_until(members[group.closed]));
  }
  if (waiting) return false;
  for (auto& [name, group] : groups_)
    for (auto& member : group.members)
      if (member.session) member.session->drain();
  return true;
}

void ScenarioRun::observe(const Member& member) {
  const session::Session& session = *member.session;
  result::Observed& observed = result_.observed;
  if (session.record().close_at && !session.record().said_goodbye()) {
    observed.code = session.record().close_code;
    observed.reason = session.record().close_reason;
    observed.close_ms = std::max(
        0.0, net::ms_between(session.record().reference(), session.record().close_at.value()));
    if (session.record().released_at &&
        session.record().close_at.value() < *session.record().released_at)
      observed.close_ms = std::max(
          0.0, net::ms_between(session.record().opened_at, session.record().close_at.value()));
  }
  observed.closer =
      session.record().said_goodbye() ? result::Closer::none : session.record().closer;
  observed.tls = session.record().tls;
  observed.lag_ms = session.record().lag_ms;
  const bool parted = session.record().said_goodbye() && session.record().close_at;
  observed.end = parted ? result::End::open : session.record().end;
  if (session.record().response) observed.http_status = session.record().response->status;
  if (session.record().ended_at && !session.record().said_goodbye())
    observed.eof_ms =
        std::max(0.0, net::ms_between(session.record().close_at ? session.record().close_at.value()
                                                                : session.record().reference(),
                                      session.record().ended_at.value()));
  observed.sent = session.record().sent.messages();
  observed.answered = session.record().sent.messages_answered();
  result_.fault = session.record().sent.excerpt;
  result_.timed = session.record().held;
  if (const auto& own = session.record().sent.fault.violation) result_.own_fault = own->kind;
  result_.own_request_fault = session.record().request_fault;
}

// A server that broke the protocol fails whatever was expected of it.
// `waited`: as long as the end of an HTTP answer may take.
void ScenarioRun::judge_violations(bool waited) {
  for (auto& [name, group] : groups_)
    for (auto& member : group.members) {
      if (member.session && waited) member.session->answer_has_no_end();
      if (!member.session || !member.session->record().violation ||
          result_.cls == result::Class::broken)
        continue;
      decide(result::broken(judge::violation_fact(member.session->record()), scenario_.level),
             &member);
    }
}

// What a server sends besides what was asked for, where nothing else was found.
void ScenarioRun::judge_conduct() {
  for (auto& [name, group] : groups_)
    for (auto& member : group.members) {
      if (!member.session) continue;
      if (auto fact = judge::misconduct(member.session->record(), context_.facts, scenario_))
        decide(result::observation(result::Class::repaired, std::move(*fact), scenario_.level),
               &member);
    }
}

// While this machine, or we, could not do what the script asked for, nothing is judged.
void ScenarioRun::judge_own_trouble() {
  for (auto& [name, group] : groups_)
    for (auto& member : group.members)
      if (member.session && member.session->record().own_trouble)
        decide(result::not_judged(*member.session->record().own_trouble), &member);
  seen_.own_trouble = standing_.rank == result::Rank::own;
}

// Whether the server was there at all, and whether it may have died.
void ScenarioRun::note_survival() {
  for (auto& [name, group] : groups_)
    for (auto& member : group.members) {
      if (!member.session) continue;
      const session::Session& session = *member.session;
      if (session.record().own_trouble) continue;
      seen_.trace = nearer(seen_.trace, trace_of(session.record()));
      context_.ends.add(session.record());
      if (session.record().never_opened() && session.record().response &&
          session.record().response->status == 503)
        seen_.full = true;
      if (!session.record().unsolicited.empty()) seen_.unsolicited = true;
      if (seen_.extensions.empty()) seen_.extensions = session.record().agreed_extensions();
      const bool parted = session.record().said_goodbye() && session.record().close_at;
      if ((session.record().ended_at && !session.record().close_at &&
           session.record().closer == result::Closer::none) ||
          (session.record().end == result::End::reset && !parted) ||
          session.record().failure == session::Failure::hangup ||
          session.record().failure == session::Failure::connect)
        seen_.suspicious = true;
      if (seen_.server.empty() && session.record().response &&
          session.record().response->status == 101)
        if (const auto value = wire::find_header(session.record().response->headers, "Server"))
          seen_.server = std::string(*value);
    }
  if (seen_.unreachable || result_.cls == result::Class::hung) seen_.suspicious = true;
  if (!seen_.own_trouble) return;
  seen_.suspicious = seen_.unanswered = seen_.full = false;
  seen_.turned_away.reset();
}

void ScenarioRun::conclude() {
  const bool waited =
      stage_ == Stage::closing && net::ms_between(closing_since_, net::Clock::now()) >= kAnswerMs;
  stage_ = Stage::done;
  if (decided_by_ == nullptr) {
    auto& main = group("main").members;
    if (!main.empty()) decided_by_ = &main.front();
    for (auto& [name, group] : groups_)
      if (decided_by_ == nullptr && !name.starts_with(kTrigger) && !group.members.empty())
        decided_by_ = &group.members.front();
  }
  judge_violations(waited);
  judge_conduct();
  judge_own_trouble();
  if (decided_by_ != nullptr && decided_by_->session) {
    observe(*decided_by_);
    result_.transcript = decided_by_->session->take_transcript();
  }
  note_survival();
  tell_captured();
  result_.duration_ms = net::ms_between(started_, net::Clock::now());
  for (auto& [name, group] : groups_) add_use(group);
  for (auto& [name, group] : groups_)
    for (auto& member : group.members)
      if (member.session) member.session->drop();
  timer_.start(std::chrono::microseconds(1));  // on_done_ from the loop, not from a callback
}

// A value that was captured may be a token: what shows the result must know it.
void ScenarioRun::tell_captured() {
  if (context_.show_secrets) return;
  const auto add = [&](const auto& self, const nlohmann::json& value) -> void {
    if (value.is_string()) result_.captured.push_back(value.get<std::string>());
    if (value.is_number()) result_.captured.push_back(value.dump());
    if (value.is_structured())
      for (const auto& member : value) self(self, member);
  };
  const auto add_all = [&](const std::map<std::string, std::string>& captures) {
    for (const auto& [name, text] : captures) add(add, nlohmann::json::parse(text, nullptr, false));
  };
  add_all(captures_);
  for (const auto& [name, group] : groups_)
    for (const Member& member : group.members) add_all(member.captures);
}

void ScenarioRun::decide(result::Finding finding, Member* member) {
  finding = within_promises(std::move(finding), member);
  if (result::decide(std::move(finding), standing_, result_)) decided_by_ = member;
}

// Nothing more is done, and the end of no connection is awaited.
void ScenarioRun::stop_script() {
  stage_ = std::max(stage_, Stage::cut_short);
  closing_since_ = net::Clock::now() - std::chrono::milliseconds(kClosingMs);
}

void ScenarioRun::give_up(result::Fact fact) {
  decide(result::not_judged(std::move(fact)), decided_by_);
  stop_script();
}

void ScenarioRun::skip(result::Fact fact) {
  decide(result::skipped(std::move(fact)), decided_by_);
  stop_script();
}

void ScenarioRun::abandon(result::Cause why) {
  if (done()) return;
  give_up(result::fact(why));
  conclude();
}

// What the judge is told: with the command line's factor, and long enough for what is to be seen.
void ScenarioRun::fix_deadline(scenario::Step& step, bool of_profile) const {
  using Kind = scenario::Outcome::Kind;
  auto* expect = std::get_if<scenario::ExpectStep>(&step.what);
  if (expect == nullptr) return;
  expect->policy_within_ms = policy_within_ms(*expect);
  int within = std::max(within_ms(*expect, of_profile), expect->policy_within_ms);
  if (expect->outcome.kind == Kind::open_for || expect->outcome.kind == Kind::silence)
    within = std::max(within, expect->outcome.duration_ms + 1);
  if (auto& rule = expect->outcome.drop; rule.within_ms) {
    rule.within_ms = stretched(*rule.within_ms);
    within = std::max(within, *rule.within_ms);
  }
  expect->deadline_ms = within;
  if (expect->within_ms) expect->within_ms = within;
  if (expect->latency_ms) expect->latency_ms = stretched(*expect->latency_ms);
}

// --timeout-factor, for a time that the scenario or the profile states. Nothing is awaited for
// longer than 11 days, which leaves room for what is added to it.
int ScenarioRun::stretched(int ms) const {
  constexpr double kLongest = 1e9;
  return static_cast<int>(std::min(ms * context_.timeout_factor, kLongest));
}

// How soon the profile promises its Close, where the step does not say so itself; 0 = it does.
int ScenarioRun::policy_within_ms(const scenario::ExpectStep& step) const {
  if (step.within_ms) return 0;
  const auto find = [](const auto& self, const scenario::Outcome& outcome) -> const std::string* {
    if (outcome.kind == scenario::Outcome::Kind::by_policy) return &outcome.policy_key;
    for (const auto& one : outcome.any)
      if (const auto* key = self(self, one)) return key;
    return nullptr;
  };
  const std::string* key = find(find, step.outcome);
  if (key == nullptr) return 0;
  const auto found = context_.profile->policies.find(*key);
  if (found == context_.profile->policies.end()) return 0;
  return stretched(found->second.within_ms);
}

// --timeout is for what is tested: a login takes its time.
int ScenarioRun::within_ms(const scenario::ExpectStep& step, bool of_profile) const {
  const bool own = of_profile || step.within_ms || scenario_.own_within || !context_.timeout_ms;
  const int ms = own ? step.within_ms.value_or(scenario_.default_within_ms) : *context_.timeout_ms;
  return stretched(ms);
}

ScenarioRun::Group& ScenarioRun::group(const std::string& name) {
  return groups_[name];
}

}  // namespace wsspec::engine
