// The steps of a script, each as begin (start it) and poll (is it done?).
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/scenario_op.h"
#include "engine/scenario_run.h"

namespace wsspec::engine {

using scenario::BurstStep;
using scenario::ConnectStep;
using scenario::DisconnectStep;
using scenario::ExpectStep;
using scenario::ReadStep;
using scenario::RepeatStep;
using scenario::ResetStep;
using scenario::SendStep;
using scenario::ShutdownStep;
using scenario::Step;
using scenario::TriggerStep;
using scenario::WaitStep;

// Takes the next step of the innermost list; at a list's end its next round, or back out.
ScenarioRun::Progress ScenarioRun::next_step(Strand& strand) {
  if (strand.frames.empty()) return Progress::over;
  Frame& frame = strand.frames.back();
  if (frame.next >= frame.steps->size()) {
    if (frame.repeat) {
      bool closed = false;
      for (auto& member : group(frame.alias.empty() ? "main" : frame.alias).members)
        if (member.session && member.session->close_received() && !member.end_expected)
          closed = true;
      if (closed) {
        strand.closed_in_repeat = true;
        frame.round = frame.times;
      } else {
        ++frame.round;
      }
      if (frame.round < frame.times) {
        const auto due = frame.round_started + std::chrono::milliseconds(frame.every_ms);
        if (frame.every_ms > 0 && net::Clock::now() < due) {
          --frame.round;
          wake_at(due);
          return Progress::waiting;
        }
        frame.round_started = frame.every_ms > 0 ? due : net::Clock::now();
        frame.next = 0;
        return Progress::done;
      }
    }
    if (frame.prologue)
      for (auto& member : group(frame.alias).members) member.session->forget_exchange();
    strand.frames.pop_back();
    return strand.frames.empty() ? Progress::over : Progress::done;
  }
  const Step& step = (*frame.steps)[frame.next];
  const std::string on = step.on == "main" && !frame.alias.empty() ? frame.alias : step.on;
  // `main` (and a trigger's own connection) is made before its first step.
  Group& target = group(on);
  const bool is_connect = std::holds_alternative<ConnectStep>(step.what);
  const bool needs = !std::holds_alternative<WaitStep>(step.what) &&
                     !std::holds_alternative<RepeatStep>(step.what) &&
                     !std::holds_alternative<TriggerStep>(step.what);
  if (!is_connect && needs && !target.connected) {
    if (on != "main" && (frame.alias.empty() || frame.prologue)) {
      error(fmt::format("the group '{}' is used before its `connect` step", on));
      return Progress::over;
    }
    strand.op = std::make_unique<Op>();
    strand.op->step.what = ConnectStep{};
    strand.op->on = on;
    return Progress::done;
  }
  ++frame.next;
  begin(strand, step);
  return Progress::done;
}

void ScenarioRun::begin(Strand& strand, const Step& step) {
  Frame& frame = strand.frames.back();
  scenario::RunValues values;
  for (auto i = strand.frames.rbegin(); i != strand.frames.rend(); ++i)
    if (i->repeat) {
      values.i = static_cast<std::int64_t>(i->round);
      break;
    }
  values.captures = captures_;
  auto op = std::make_unique<Op>();
  op->started = net::Clock::now();
  op->on = step.on == "main" && !frame.alias.empty() ? frame.alias : step.on;
  op->step = step;
  auto& members = group(op->on).members;
  if (step.late) {
    const std::size_t n = std::max<std::size_t>(1, members.size());
    for (std::size_t conn = 0; conn < n; ++conn) {
      values.conn = static_cast<std::int64_t>(conn);
      auto resolved = scenario::resolve(step, values);
      if (!resolved) {
        error(resolved.error().what);
        return;
      }
      op->resolved.push_back(std::move(*resolved));
    }
    op->step.what = op->resolved.front().what;
  }
  op->begun.assign(members.size(), 0);
  op->finished.assign(members.size(), 0);
  op->settled.assign(members.size(), 0);
  op->judged.resize(members.size());
  if (const auto* wait = std::get_if<WaitStep>(&op->step.what))
    op->wait_until = op->started + std::chrono::milliseconds(wait->ms);
  strand.op = std::move(op);
}

ScenarioRun::Progress ScenarioRun::poll(Strand& strand) {
  Op& op = *strand.op;
  Progress progress = Progress::done;
  if (std::holds_alternative<ConnectStep>(op.step.what)) {
    progress = poll_connect(op);
    // Every connection of the scenario says what the profile's prologue says, groups too: only a
    // trigger's own connection does not.
    const auto& made = group(op.on).members;
    const bool prologue = progress == Progress::done && !context_.profile->prologue.empty() &&
                          strand.frames.back().alias.empty() && group(op.on).connect.handshake &&
                          std::any_of(made.begin(), made.end(), [](const Member& member) {
                            return member.session->connected_ok();
                          });
    if (prologue) {
      Frame frame;
      frame.alias = op.on;
      strand.op.reset();
      frame.steps = &context_.profile->prologue;
      frame.prologue = true;
      strand.frames.push_back(std::move(frame));
      return Progress::done;
    }
  } else if (std::holds_alternative<SendStep>(op.step.what)) {
    progress = poll_send(op);
  } else if (std::holds_alternative<BurstStep>(op.step.what)) {
    progress = poll_burst(op);
  } else if (std::holds_alternative<ExpectStep>(op.step.what)) {
    progress = poll_expect(strand, op);
  } else if (std::holds_alternative<DisconnectStep>(op.step.what)) {
    progress = poll_disconnect(op);
  } else if (std::holds_alternative<WaitStep>(op.step.what)) {
    if (net::Clock::now() < op.wait_until) {
      wake_at(op.wait_until);
      progress = Progress::waiting;
    }
  } else if (const auto* repeat = std::get_if<RepeatStep>(&op.step.what)) {
    if (repeat->times > 0) {
      Frame frame;
      // A late step's inner list lives in the op, which goes away: the scenario's own is the same
      // list, and its steps are worked out one by one when they run.
      const Frame& outer = strand.frames.back();
      const Step& original = (*outer.steps)[outer.next - 1];
      frame.steps = &std::get<RepeatStep>(original.what).steps;
      frame.times = repeat->times;
      frame.every_ms = repeat->every_ms;
      frame.repeat = true;
      frame.round_started = net::Clock::now();
      frame.alias = outer.alias;
      if (repeat->background) {
        Strand background;
        background.background = true;
        background.frames.push_back(std::move(frame));
        strand.op.reset();
        strands_.push_back(std::move(background));
        again_ = true;
        return Progress::done;
      }
      strand.op.reset();
      strand.frames.push_back(std::move(frame));
      return Progress::done;
    }
  } else if (const auto* trigger = std::get_if<TriggerStep>(&op.step.what)) {
    const auto found = context_.profile->triggers.find(trigger->name);
    if (found == context_.profile->triggers.end()) {
      error("the target's profile has no trigger '" + trigger->name + "'");
      return Progress::over;
    }
    Frame frame;
    frame.steps = &found->second;
    frame.alias = "trigger:" + trigger->name;
    strand.op.reset();
    strand.frames.push_back(std::move(frame));
    return Progress::done;
  } else {
    for (auto& member : group(op.on).members) {
      Session& session = *member.session;
      if (const auto* read = std::get_if<ReadStep>(&op.step.what)) {
        if (read->mode == ReadStep::Mode::pause) session.pause_reading();
        if (read->mode == ReadStep::Mode::resume) session.resume_reading();
        if (read->mode == ReadStep::Mode::rate) session.read_rate(read->per_second);
      } else if (std::holds_alternative<ShutdownStep>(op.step.what)) {
        session.shutdown_write();
      } else if (std::holds_alternative<ResetStep>(op.step.what)) {
        session.reset();
        member.end_expected = true;
      }
    }
  }
  if (progress == Progress::done) strand.op.reset();
  return progress;
}

SessionSetup ScenarioRun::setup_for(const Group& group, const ConnectStep* step, std::size_t index,
                                    std::string& token_message) {
  const scenario::Profile& profile = *context_.profile;
  SessionSetup setup;
  setup.address = context_.address;
  setup.host = context_.host;
  scenario::RunValues values;
  values.captures = captures_;
  values.conn = static_cast<std::int64_t>(index);
  auto fill = [&](const std::string& text) {
    auto filled = scenario::resolve(text, values);
    return filled ? *filled : text;
  };
  setup.path = group.connect.path ? fill(*group.connect.path) : context_.path;
  for (const auto& [name, value] : profile.headers) setup.headers.emplace_back(name, fill(value));
  for (const auto& [name, value] : group.connect.headers)
    setup.headers.emplace_back(name, fill(value));
  setup.subprotocols =
      group.connect.subprotocols.empty() ? profile.subprotocols : group.connect.subprotocols;
  setup.extensions = group.connect.extensions;
  setup.from = group.connect.from;
  setup.receive_buffer = group.connect.receive_buffer;
  setup.handshake = group.connect.handshake;
  setup.auto_pong = scenario_.auto_pong;
  setup.auto_close = scenario_.auto_close;
  setup.prefix = profile.carrier_prefix;
  setup.suffix = profile.carrier_suffix;
  setup.connect_timeout_ms = context_.connect_timeout_ms;
  setup.seed = seed_of(scenario_.name, context_.seed) + 0x9e37 * ++connections_made_;

  token_message.clear();
  if (!profile.token_place) return setup;
  std::string which = step != nullptr && step->token ? *step->token : group.connect.token;
  std::optional<std::string> token;
  if (which == "valid") {
    token = fill(profile.token_valid);
  } else if (which != "none") {
    const auto all = nlohmann::json::parse(profile.json, nullptr, false);
    const auto policy =
        all.is_object() && all.contains("policy") ? all["policy"] : nlohmann::json{};
    const auto declared =
        policy.is_object() && policy.contains("token") ? policy["token"] : nlohmann::json{};
    if (which == "expired") {
      if (declared.contains("expired")) token = fill(declared["expired"].get<std::string>());
    } else if (which.starts_with("wrong") && declared.contains("wrong")) {
      const auto& wrong = declared["wrong"];
      const std::size_t n = which.size() > 6 ? std::strtoul(which.c_str() + 6, nullptr, 10) : 0;
      if (wrong.is_array() && !wrong.empty())
        token = wrong[std::min(n, wrong.size() - 1)].get<std::string>();
      else if (wrong.is_string())
        token = wrong.get<std::string>();
    }
    if (!token) token = "wsspec-wrong-token";
  }
  if (!token) return setup;
  const auto& place = *profile.token_place;
  std::string value = place.format.empty() ? "${token}" : place.format;
  if (const auto at = value.find("${token}"); at != std::string::npos) value.replace(at, 8, *token);
  using Kind = scenario::TokenPlace::Kind;
  switch (place.kind) {
    case Kind::header:
      setup.headers.emplace_back(place.name, value);
      break;
    case Kind::query:
      setup.path +=
          (setup.path.find('?') == std::string::npos ? "?" : "&") + place.name + "=" + value;
      break;
    case Kind::cookie:
      setup.headers.emplace_back("Cookie", place.name + "=" + value);
      break;
    case Kind::subprotocol:
      setup.subprotocols.push_back(value);
      break;
    case Kind::message:
      token_message = value;
      break;
  }
  return setup;
}

void ScenarioRun::connect_group(const std::string& name, const ConnectStep* step) {
  Group& target = group(name);
  target.connected = true;
  // Old connections go, but their end may still be wanted for the verdict: keep what decided.
  if (decided_by_ != nullptr)
    for (auto& member : target.members)
      if (&member == decided_by_ && member.session) {
        observe(member);
        decided_by_ = nullptr;
      }
  for (auto& member : target.members)
    if (member.session && member.session->violation()) {
      error("");  // replaced by the broken rule in conclude
      result_.because.clear();
      return;
    }
  target.members.clear();
  target.members.resize(target.count);
  std::string token_message;
  for (std::size_t i = 0; i < target.members.size(); ++i) {
    target.members[i].session = std::make_unique<Session>(
        context_.loop, setup_for(target, step, i, token_message), [this] { advance(); });
    target.members[i].session->start();
  }
  token_message_ = token_message;
}

ScenarioRun::Progress ScenarioRun::poll_connect(Op& op) {
  if (!op.connect_begun) {
    op.connect_begun = true;
    connect_group(op.on, std::get_if<ConnectStep>(&op.step.what));
    if (script_over_) return Progress::over;
    op.begun.assign(group(op.on).members.size(), 0);
  }
  auto& members = group(op.on).members;
  bool waiting = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    Session& session = *members[i].session;
    if (session.connected_ok()) {
      if (!token_message_.empty() && op.begun[i] == 0) {
        op.begun[i] = 1;
        scenario::Item item;
        item.payload = scenario::Payload::text(token_message_);
        item.carrier = false;
        session.send({{item}}, false);
      }
      if (session.busy()) waiting = true;
      continue;
    }
    if (!session.is_over()) waiting = true;
  }
  return waiting ? Progress::waiting : Progress::done;
}

// A handshake that was refused although the script did not ask for that.
bool ScenarioRun::refusal(Member& member) {
  const Session& session = *member.session;
  if (session.phase() != Session::Phase::refused && session.phase() != Session::Phase::failed)
    return false;
  decided_by_ = &member;
  if (session.phase() == Session::Phase::refused) {
    const int status = session.response()->status;
    refused_ = status == 429 || status == 503;
    error(fmt::format("the opening handshake was refused with HTTP {}", status));
  } else {
    using Failure = Session::Failure;
    refused_ = session.failure() == Failure::connect;
    unreachable_ = session.failure() == Failure::connect || session.failure() == Failure::timeout;
    error(session.failure_text());
  }
  return true;
}

ScenarioRun::Progress ScenarioRun::poll_send(Op& op) {
  auto& members = group(op.on).members;
  bool waiting = false;
  for (std::size_t i = 0; i < members.size() && i < op.finished.size(); ++i) {
    if (op.finished[i] != 0) continue;
    Session& session = *members[i].session;
    if (op.begun[i] == 0) {
      if (op.on == "main" && refusal(members[i])) return Progress::over;
      const bool stopped = session.close_received() && !op.step.after_close;
      if (!session.connected_ok() || stopped || session.violation()) {
        op.finished[i] = 1;
        continue;
      }
      if (session.busy()) {  // a background strand is writing
        waiting = true;
        continue;
      }
      op.begun[i] = 1;
      const Step& step = op.resolved.empty() ? op.step : op.resolved[i];
      session.send(std::get<SendStep>(step.what), op.step.after_close);
    }
    if (session.busy()) {
      waiting = true;
      continue;
    }
    op.finished[i] = 1;
  }
  return waiting ? Progress::waiting : Progress::done;
}

ScenarioRun::Progress ScenarioRun::poll_burst(Op& op) {
  auto& members = group(op.on).members;
  bool waiting = false;
  for (std::size_t i = 0; i < members.size() && i < op.finished.size(); ++i) {
    if (op.finished[i] != 0) continue;
    Session& session = *members[i].session;
    if (op.begun[i] == 0) {
      if (op.on == "main" && refusal(members[i])) return Progress::over;
      if (!session.connected_ok() || session.close_received() || session.violation()) {
        op.finished[i] = 1;
        continue;
      }
      op.begun[i] = 1;
      const Step& step = op.resolved.empty() ? op.step : op.resolved[i];
      if (const auto problem = session.burst(std::get<BurstStep>(step.what))) {
        error(*problem);
        return Progress::over;
      }
    }
    if (session.busy()) {
      waiting = true;
      continue;
    }
    op.finished[i] = 1;
  }
  return waiting ? Progress::waiting : Progress::done;
}

ScenarioRun::Progress ScenarioRun::poll_disconnect(Op& op) {
  Group& target = group(op.on);
  if (!op.goodbye_said) {
    op.goodbye_said = true;
    for (auto& member : target.members) {
      member.end_expected = true;
      if (member.session && !member.session->close_received()) member.session->send_close(1000);
    }
  }
  bool waiting = false;
  const double waited = net::ms_between(op.started, net::Clock::now());
  for (auto& member : target.members)
    if (member.session && member.session->phase() == Session::Phase::open &&
        !member.session->close_received())
      waiting = true;
  if (waiting && waited < 1000) {
    wake_in(1001 - static_cast<int>(waited));
    return Progress::waiting;
  }
  for (auto& member : target.members)
    if (member.session) member.session->drop();
  return Progress::done;
}

void ScenarioRun::fail_step(Op& op, Member* member, const Judgement& judgement) {
  const auto& expect = std::get<ExpectStep>(op.step.what);
  decided_by_ = member;
  result_.cls = judgement.cls;
  result_.verdict = verdict_of(judgement.cls, scenario_.level);
  result_.observed.detail = judgement.detail;
  result_.expected = {expect.outcome};
  result_.failed_step = op.step.summary;
  if (result_.verdict == Verdict::tolerated) result_.because = judgement.detail;
  finish_script();
}

ScenarioRun::Progress ScenarioRun::poll_expect(Strand& strand, Op& op) {
  const auto now = net::Clock::now();
  auto& members = group(op.on).members;
  std::uint64_t matched = 0, mismatched = 0;
  Member* bad = nullptr;
  Judgement bad_judgement, good_judgement;
  bool any_tolerated = false;
  std::string because;
  for (std::size_t i = 0; i < members.size() && i < op.settled.size(); ++i) {
    Member& member = members[i];
    Session& session = *member.session;
    const Step& own = op.resolved.empty() ? op.step : op.resolved[i];
    const auto& expect = std::get<ExpectStep>(own.what);
    if (op.settled[i] == 0) {
      if (session.violation()) {
        op.judged[i] = {Judgement::State::mismatch,
                        Class::broken,
                        fmt::format("the server sent {} ({})", session.violation()->what,
                                    session.violation()->section),
                        {},
                        false,
                        0};
        op.settled[i] = 1;
      } else if (op.on == "main" && !wants_http(expect) &&
                 !(wants_end(expect) && session.failure() == Session::Failure::hangup) &&
                 refusal(member)) {
        return Progress::over;
      } else {
        const auto from = expect.since_connect ? session.opened_at() : session.reference();
        int within = within_ms(expect);
        if (expect.outcome.kind == scenario::Outcome::Kind::open_for ||
            expect.outcome.kind == scenario::Outcome::Kind::silence)
          within = std::max(within, expect.outcome.duration_ms + 1);
        const auto due = from + std::chrono::milliseconds(within);
        ExpectStep scaled = expect;
        scaled.within_ms = within;
        JudgeInput input{context_.facts,       scenario_,          scaled, now, now >= due,
                         member.received_next, member.end_expected};
        if (input.deadline) session.drain();
        auto judged = judge(expect.outcome, session, input);
        bool tolerated = false;
        std::string why;
        if (judged.state == Judgement::State::mismatch) {
          bool open = false;
          for (const auto& allowed : expect.tolerate) {
            const auto second = judge(allowed, session, input);
            if (second.state == Judgement::State::match &&
                judged.cls != Class::processed_after_fault) {
              tolerated = true;
              why = allowed.because;
              break;
            }
            if (second.state == Judgement::State::pending) open = true;
          }
          if (!tolerated && open && !input.deadline) {
            judged.state = Judgement::State::pending;
          }
        }
        if (judged.state == Judgement::State::pending) {
          // A close that some other alternative waits for may come until the deadline.
          wake_at(due > now ? due : now + std::chrono::milliseconds(std::max(1, judged.again_ms)));
          if (judged.again_ms > 0) wake_in(judged.again_ms);
          if (probe_allowed(expect.outcome, expect) && !session.probe_sent() &&
              !session.close_received() && session.may_write() && !session.busy()) {
            const auto silence = std::max(session.last_activity(), session.reference()) +
                                 std::chrono::milliseconds(100);
            if (now >= silence)
              session.send_probe();
            else
              wake_at(silence);
          }
          continue;
        }
        if (tolerated) {
          judged.state = Judgement::State::match;
          judged.tolerated = true;
          judged.detail = why;
        }
        op.judged[i] = judged;
        op.settled[i] = 1;
        if (judged.state == Judgement::State::match) {
          if (wants_end(expect) || wants_http(expect)) member.end_expected = true;
          using Kind = scenario::Outcome::Kind;
          if (expect.outcome.kind == Kind::accepted || expect.outcome.kind == Kind::echo) {
            std::uint64_t left =
                expect.outcome.kind == Kind::accepted ? UINT64_MAX : expect.outcome.count;
            for (auto& entry : session.outbound().ledger()) {
              if (left == 0) break;
              if (entry.kind != LedgerEntry::Kind::message || entry.consumed) continue;
              entry.consumed = true;
              --left;
            }
          }
          if (expect.outcome.kind == Kind::message) {
            const std::size_t at =
                find_message(expect.outcome.message, session, member.received_next);
            if (at != std::string::npos) {
              for (const auto& [name, pointer] : expect.capture) {
                const auto value = nlohmann::json::parse(
                    wire::as_chars(session.received()[at].octets), nullptr, false);
                try {
                  captures_[name] = value.at(nlohmann::json::json_pointer(pointer)).dump();
                } catch (const nlohmann::json::exception&) {
                  error(fmt::format("nothing to capture as '{}' at {} in the server's message",
                                    name, pointer));
                  return Progress::over;
                }
              }
              member.received_next = at + 1;
              session.expected(session.received()[at].serial);
            }
          }
        }
      }
    }
    if (op.settled[i] == 0) continue;
    if (op.judged[i].state == Judgement::State::match) {
      ++matched;
      if (op.judged[i].tolerated) {
        any_tolerated = true;
        because = op.judged[i].detail;
      }
      good_judgement = op.judged[i];
    } else {
      ++mismatched;
      bad = &member;
      bad_judgement = op.judged[i];
    }
  }
  const auto& expect = std::get<ExpectStep>(op.step.what);
  const std::uint64_t total = std::min<std::uint64_t>(members.size(), op.settled.size());
  const std::uint64_t unsettled = total - matched - mismatched;
  using Kind = scenario::HowMany::Kind;
  bool good = false, hopeless = false;
  const std::uint64_t n = expect.how_many.n;
  switch (expect.how_many.kind) {
    case Kind::all:
      good = matched == total;
      hopeless = mismatched > 0;
      break;
    case Kind::exactly:
      good = unsettled == 0 && matched == n;
      hopeless = matched > n || matched + unsettled < n;
      break;
    case Kind::at_least:
      good = matched >= n;
      hopeless = matched + unsettled < n;
      break;
    case Kind::at_most:
      good = unsettled == 0 && matched <= n;
      hopeless = matched > n;
      break;
  }
  if (good) {
    if (!members.empty() && wants_end(expect)) decided_by_ = &members.front();
    if (expect.how_many.kind != Kind::all)
      for (std::size_t i = 0; i < members.size(); ++i)
        if (op.judged[i].state == Judgement::State::match) decided_by_ = &members[i];
    result_.expected = {expect.outcome};
    if (any_tolerated) {
      result_.verdict = Verdict::tolerated;
      result_.because = because;
      result_.cls = members.empty() ? Class::none : op.judged.front().cls;
    } else {
      if (good_judgement.cls != Class::none) result_.cls = good_judgement.cls;
      if (good_judgement.cls == Class::late && scenario_.level != scenario::Level::must) {
        result_.verdict = Verdict::tolerated;
        result_.because = good_judgement.detail;
      }
      if (!good_judgement.barrier.empty()) result_.observed.barrier = good_judgement.barrier;
    }
    return Progress::done;
  }
  if (!hopeless) return Progress::waiting;
  // Inside a repeat, a Close that no step in it asks for ends the repeat and is left to the steps
  // behind it.
  const bool in_repeat = std::any_of(strand.frames.begin(), strand.frames.end(),
                                     [](const Frame& frame) { return frame.repeat; });
  if (in_repeat && bad != nullptr && bad->session->close_received() && !wants_end(expect) &&
      !bad->end_expected && bad_judgement.cls == Class::other_code) {
    while (!strand.frames.back().repeat) strand.frames.pop_back();
    strand.frames.pop_back();
    strand.closed_in_repeat = true;
    return strand.frames.empty() ? Progress::over : Progress::done;
  }
  if (bad == nullptr) {  // too many members matched
    bad = members.empty() ? nullptr : &members.front();
    bad_judgement.cls = Class::none;
  }
  if (expect.how_many.kind != Kind::all)
    bad_judgement.detail =
        fmt::format("{} of {} connections: {}", matched, total, expect.outcome.text());
  if (std::any_of(strand.frames.begin(), strand.frames.end(),
                  [](const Frame& frame) { return frame.prologue; })) {
    decided_by_ = bad;
    error("the profile's prologue failed: " + bad_judgement.detail);
    return Progress::over;
  }
  fail_step(op, bad, bad_judgement);
  return Progress::over;
}

}  // namespace wsspec::engine
