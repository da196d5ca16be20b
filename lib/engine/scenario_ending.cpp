// The end of a run: goodbye to the connections that are still open, a last look at each of them,
// and the result. Of a crowd so many are looked at in a step of the loop as it has time for.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "judge/conduct.h"
#include "judge/defect.h"

namespace wsspec::engine {
namespace {

constexpr int kClosingMs = 1000;  ///< how long an end of stream is awaited after the script
constexpr int kMostDrains = 64;   ///< of one connection, before the last looks
constexpr int kAnswerMs = 2000;   ///< how long the end of an HTTP answer is awaited
constexpr int kGoodbyeMs = 100;   ///< the same, where both have said that it is the end
constexpr std::uint64_t kClosingOctets = 4u << 20;  ///< what is read at most meanwhile

}  // namespace

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
  collect_for_ending();
  say_goodbyes();
  wake_in(kClosingMs + 1);
}

void ScenarioRun::collect_for_ending() {
  end_.next = 0;
  end_.members.clear();
  for (auto& [name, group] : groups_)
    for (auto& member : group.members)
      if (member.session) end_.members.push_back(&member);
}

// False: to the others in the next pass.
bool ScenarioRun::say_goodbyes() {
  while (!end_.goodbyes_said && end_.next < end_.members.size()) {
    Member& member = *end_.members[end_.next++];
    member.octets_before_closing = member.session->record().received_octets;
    if (!member.session->record().close_at) {
      member.session->cancel_sending();
      member.session->send_close();
    }
    if (end_.next == end_.members.size()) closing_since_ = net::Clock::now();
    if (end_.next == end_.members.size() || !long_enough()) continue;
    wake_at(net::Clock::now());
    return false;
  }
  end_.goodbyes_said = true;
  return true;
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
  if (stage_ == Stage::closing && !say_goodbyes()) return false;
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
  return !waiting;
}

void ScenarioRun::observe(const Member& member) {
  const session::Session& session = *member.session;
  result::Observed seen = session::observed(session.record());
  result::Observed& observed = result_.observed;
  // What another connection of the scenario has shown before stays where this one shows nothing.
  if (!seen.code) {
    seen.code = observed.code;
    seen.reason = std::move(observed.reason);
    seen.close_ms = observed.close_ms;
  }
  if (!seen.http_status) seen.http_status = observed.http_status;
  if (!seen.eof_ms) seen.eof_ms = observed.eof_ms;
  seen.evidence = observed.evidence;
  seen.detail = std::move(observed.detail);
  observed = std::move(seen);
  result_.fault = session.record().sent.excerpt;
  result_.timed = session.record().held;
  if (const auto& own = session.record().sent.fault.violation) result_.own_fault = own->kind;
  result_.own_request_fault = session.record().request_fault;
}

// A server that broke the protocol fails whatever was expected of it.
void ScenarioRun::judge_violation(Member& member) {
  if (end_.waited) member.session->answer_has_no_end();
  if (!member.session->record().violation || result_.cls == result::Class::broken) return;
  decide(result::broken(judge::violation_fact(member.session->record()), scenario_.level), &member);
}

// What a server sends besides what was asked for, where nothing else was found.
void ScenarioRun::judge_conduct(Member& member) {
  if (auto fact = judge::misconduct(member.session->record(), context_.facts, scenario_))
    decide(result::observation(result::Class::repaired, std::move(*fact), scenario_.level),
           &member);
}

// While this machine, or we, could not do what the script asked for, nothing is judged.
void ScenarioRun::judge_own_trouble(Member& member) {
  if (const auto& trouble = member.session->record().own_trouble)
    decide(result::not_judged(*trouble), &member);
}

// Whether the server was there at all, and whether it may have died.
void ScenarioRun::note_survival(Member& member) {
  const session::ExchangeRecord& record = member.session->record();
  if (record.own_trouble) return;
  seen_.trace = nearer(seen_.trace, trace_of(record));
  context_.ends.add(record);
  if (record.never_opened() && record.response && record.response->status == 503) seen_.full = true;
  if (!record.unsolicited.empty()) seen_.unsolicited = true;
  if (seen_.extensions.empty()) seen_.extensions = record.agreed_extensions();
  const bool parted = record.said_goodbye() && record.close_at;
  if ((record.ended_at && !record.close_at && record.closer == result::Closer::none) ||
      (record.end == result::End::reset && !parted) || record.failure == session::Failure::hangup ||
      record.failure == session::Failure::connect)
    seen_.suspicious = true;
  if (seen_.server.empty() && record.response && record.response->status == 101)
    if (const auto value = wire::find_header(record.response->headers, "Server"))
      seen_.server = std::string(*value);
}

void ScenarioRun::conclude() {
  const auto since = net::ms_between(closing_since_, net::Clock::now());
  end_.waited = stage_ == Stage::closing && since >= kAnswerMs;
  end_.look = stage_ == Stage::closing ? Look::drain : Look::violations;
  stage_ = Stage::ending;
  collect_for_ending();
  if (decided_by_ == nullptr) {
    auto& main = group("main").members;
    if (!main.empty()) decided_by_ = &main.front();
    for (auto& [name, group] : groups_)
      if (decided_by_ == nullptr && !name.starts_with(kTrigger) && !group.members.empty())
        decided_by_ = &group.members.front();
  }
  go_on_ending();
}

// So many looks as a step of the loop has time for, and one at least.
void ScenarioRun::go_on_ending() {
  for (slice_end_ = context_.loop.slice_end(); end_.look != Look::over;) {
    if (end_.next < end_.members.size()) {
      if (look_once_more(*end_.members[end_.next])) ++end_.next;
      if (!long_enough()) continue;
      timer_.start(std::chrono::microseconds(1));
      return;
    }
    after_look();
    end_.next = 0;
    end_.look = static_cast<Look>(static_cast<int>(end_.look) + 1);
  }
  stage_ = Stage::done;
  timer_.start(std::chrono::microseconds(1));  // on_done_ from the loop, not from a callback
}

// False: there is more to see there.
bool ScenarioRun::look_once_more(Member& member) {
  switch (end_.look) {
    case Look::drain:
      if (!member.session->drain() && ++end_.drains < kMostDrains) return false;
      end_.drains = 0;
      break;
    case Look::violations:
      judge_violation(member);
      break;
    case Look::conduct:
      judge_conduct(member);
      break;
    case Look::own_trouble:
      judge_own_trouble(member);
      break;
    case Look::survival:
      add_use(member);
      note_survival(member);
      break;
    case Look::drop:
      member.session->drop();
      retired_.push_back(std::move(member.session));  // it may be calling us
      break;
    case Look::over:
      break;
  }
  return true;
}

// What follows from a look at all of them.
void ScenarioRun::after_look() {
  if (end_.look == Look::own_trouble) {
    seen_.own_trouble = standing_.rank == result::Rank::own;
    if (decided_by_ == nullptr || !decided_by_->session) return;
    observe(*decided_by_);
    result_.transcript = decided_by_->session->take_transcript();
  }
  if (end_.look == Look::survival) {
    if (seen_.unreachable || result_.cls == result::Class::hung) seen_.suspicious = true;
    if (seen_.own_trouble) {
      seen_.suspicious = seen_.unanswered = seen_.full = false;
      seen_.turned_away.reset();
    }
    tell_captured();
    result_.duration_ms = net::ms_between(started_, net::Clock::now());
  }
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

// Nothing more is done, and the end of no connection is awaited.
void ScenarioRun::stop_script() {
  stage_ = std::max(stage_, Stage::cut_short);
  closing_since_ = net::Clock::now() - std::chrono::milliseconds(kClosingMs);
}

}  // namespace wsspec::engine
