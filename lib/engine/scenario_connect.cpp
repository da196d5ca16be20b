// Making and ending connections: what a handshake carries (headers, token), groups, refusals.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "loader/late.h"

namespace wsspec::engine {

using scenario::ConnectStep;

namespace {

bool own_handshake(const scenario::ConnectOptions& connect) {
  return connect.path || !connect.headers.empty() || connect.subprotocols ||
         !connect.from.empty() || connect.tls.any() || connect.extensions ||
         connect.token.kind != scenario::TokenChoice::Kind::valid || !connect.handshake;
}

/// nullopt: no token, or the profile does not declare it (then the scenario was skipped).
std::optional<std::string> declared_token(const scenario::Profile& profile,
                                          const scenario::TokenChoice& which) {
  using Kind = scenario::TokenChoice::Kind;
  switch (which.kind) {
    case Kind::valid:
      return profile.token_valid;
    case Kind::expired:
      return profile.token_expired;
    case Kind::wrong:
      if (which.index < profile.token_wrong.size()) return profile.token_wrong[which.index];
      break;
    case Kind::none:
      break;
  }
  return std::nullopt;
}

/// Puts the token where the profile says that it goes; `message`: to be sent first.
void put_token(const scenario::TokenPlace& place, const std::string& token,
               session::SessionSetup& setup, std::string& message) {
  std::string value = place.format;
  if (const auto at = value.find("${token}"); at != std::string::npos) value.replace(at, 8, token);
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
      message = value;
      break;
  }
}

/// How a server without a free slot met the connection; nullptr: it did not.
const char* turned_away(const session::ExchangeRecord& record) {
  using session::Failure;
  if (!record.never_opened()) return nullptr;
  if (record.response && record.response->status == 503) return "refused with HTTP 503";
  if (record.failure == Failure::hangup) return "dropped without an answer";
  if (record.failure == Failure::timeout) return "left without an answer";
  return nullptr;
}

}  // namespace

session::SessionSetup ScenarioRun::setup_for(const Group& group, const ConnectStep* step,
                                             std::size_t index, const std::string& nonce,
                                             std::string& token_message) {
  const scenario::Profile& profile = *context_.profile;
  session::SessionSetup setup;
  setup.host = context_.host;
  setup.peer = context_.address.text;
  setup.last_heard = &context_.last_heard;
  const scenario::TlsOverride& tls = group.connect.tls;
  net::ConnectOptions transport;
  transport.from = group.connect.from;
  transport.receive_buffer = group.connect.receive_buffer;
  if (!tls.off) transport.tls = context_.tls;
  transport.tls_shape = {tls.version.empty()    ? 0
                         : tls.version == "1.2" ? 0x0303
                                                : 0x0304,
                         tls.alpn, tls.server_name};
  setup.secure = transport.tls != nullptr;
  setup.transport = net::tcp_client(context_.loop, context_.address, std::move(transport));
  setup.other_server_name = tls.server_name.has_value();
  setup.tls_overridden = tls.any();
  scenario::RunValues values;
  values.captures = captures_;
  values.conn = static_cast<std::int64_t>(index);
  values.nonce = nonce;
  // What the profile's prologue captures is not known when the first connection is made.
  auto known = [&](const std::string& text) -> std::optional<std::string> {
    auto filled = loader::resolve(text, values);
    return filled ? std::optional(*filled) : std::nullopt;
  };
  auto fill = [&](const std::string& text) {
    auto filled = loader::resolve(text, values);
    if (!filled) give_up(result::fact(result::Cause::scenario_problem, filled.error().what));
    return filled ? *filled : text;
  };
  setup.path = group.connect.path ? fill(*group.connect.path) : context_.path;
  if (step != nullptr && step->path) setup.path = fill(*step->path);
  // A header of the scenario stands for all of that name in the profile; an empty one for none.
  for (const auto& [name, value] : profile.headers)
    if (!wire::find_header(group.connect.headers, name))
      if (const auto filled = known(value)) setup.headers.emplace_back(name, *filled);
  for (const auto& [name, value] : group.connect.headers)
    setup.headers.emplace_back(name, fill(value));
  setup.subprotocols = group.connect.subprotocols.value_or(profile.subprotocols);
  setup.extensions = group.connect.extensions.value_or(std::vector<std::string>{});
  if (!group.connect.extensions && scenario::requires_capability(scenario_.requires_, "deflate"))
    setup.extensions = {std::string(wire::kDeflateOffer)};
  setup.compress = scenario_.compress;
  setup.handshake = step != nullptr && step->handshake ? *step->handshake : group.connect.handshake;
  setup.auto_pong = scenario_.auto_pong;
  setup.auto_close = scenario_.auto_close;
  setup.chatty = profile.chatty;
  setup.connect_timeout_ms = context_.connect_timeout_ms;
  setup.seed = session::seed_of(scenario_.name, context_.seed) + 0x9e37 * ++connections_made_;

  token_message.clear();
  if (!profile.token_place) return setup;
  const auto& which = step != nullptr && step->token ? *step->token : group.connect.token;
  const auto declared = declared_token(profile, which);
  if (!declared) return setup;
  if (which.kind != scenario::TokenChoice::Kind::valid)
    put_token(*profile.token_place, fill(*declared), setup, token_message);
  else if (const auto token = known(*declared))
    put_token(*profile.token_place, *token, setup, token_message);
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
    if (member.session && member.session->record().violation) {
      stop_script();  // the violation decides, in conclude()
      return;
    }
  add_use(target);
  for (const auto& member : target.members)
    if (member.session && member.session->record().response &&
        member.session->record().response->status == 101)
      ++opened_;
  // One of them may be calling us: they go when the loop does.
  for (auto& member : target.members)
    if (member.session) {
      member.session->drop();
      retired_.push_back(std::move(member.session));
    }
  if (!retired_.empty()) wake_in(0);
  target.members.clear();
  target.members.resize(target.count);
  std::string token_message;
  for (std::size_t i = 0; i < target.members.size(); ++i) {
    Member& member = target.members[i];
    member.paces = promises_.paces(Promises::Whose::connection);
    member.nonce = fmt::format("{}{:04x}", context_.nonce, ++context_.connections);
    session::SessionSetup setup = setup_for(target, step, i, member.nonce, token_message);
    if (script_over()) return;
    member.session =
        std::make_unique<session::Session>(context_.loop, std::move(setup), [this, &target, i] {
          target.touched.push_back(i);
          advance();
        });
  }
  token_message_ = token_message;
}

ScenarioRun::Progress ScenarioRun::poll_connect(Op& op) {
  if (!op.connect_begun) {
    op.connect_begun = true;
    connect_group(op.on, std::get_if<ConnectStep>(&op.step.what));
    if (script_over()) return Progress::over;
    op.for_members(group(op.on).members.size());
  }
  auto& members = group(op.on).members;
  collect(op);
  for (const std::size_t i : op.due) {
    session::Session& session = *members[i].session;
    if (session.record().phase == session::Phase::idle) {
      if (!may_connect()) break;
      session.start();
    }
    if (session.record().is_connected()) {
      if (!token_message_.empty() && op.begun[i] == 0) {
        op.begun[i] = 1;
        scenario::Item item;
        item.payload = scenario::Payload::text(token_message_);
        item.carrier = false;
        const std::vector<scenario::Item> login{item};
        take_turn(members[i], Sending{login}, {});
        session.send({login}, false);
      }
      if (session.busy()) continue;
      if (!agreed(group(op.on).connect, session)) return Progress::over;
      // A login is no part of the scenario: no answer to it is required.
      if (op.begun[i] == 1) session.forget_exchange();
      op.finish(i);
    } else if (session.record().is_over()) {
      op.finish(i);
      if (auto leak = slots_leaked(session.record())) {
        decide(result::deviation(result::Class::leaks, std::move(*leak), scenario_.level),
               &members[i]);
        finish_script();
        return Progress::over;
      }
    }
  }
  return op.unfinished > 0 ? Progress::waiting : Progress::done;
}

// The scenario is about parameters that a server need not agree to.
bool ScenarioRun::agreed(const scenario::ConnectOptions& connect, const session::Session& session) {
  if (!connect.agreed || session.record().phase != session::Phase::open) return true;
  const std::string answer = session.record().agreed_extensions();
  if (!connect.agreed->broken_by(answer)) return true;
  skip(result::fact(result::Cause::parameters_declined, answer));
  return false;
}

scenario::RunValues ScenarioRun::values_of(const Group& group, std::size_t index) const {
  scenario::RunValues values;
  values.captures = captures_;
  values.conn = static_cast<std::int64_t>(index);
  if (index >= group.members.size()) return values;
  values.nonce = group.members[index].nonce;
  for (const auto& [name, value] : group.members[index].captures) values.captures[name] = value;
  if (!group.members[index].session) return values;
  const session::Session& session = *group.members[index].session;
  values.n = static_cast<std::int64_t>(session.messages_begun());
  if (!context_.profile->carrier) return values;
  const auto found = context_.profile->policies.find("message_bytes");
  const std::uint64_t limit = found == context_.profile->policies.end() ? 0 : found->second.limit;
  values.carrier_added =
      static_cast<std::int64_t>(scenario::added_octets(session.carrier(), limit));
  return values;
}

// Below the target's connect_rate, unless that is what the scenario is about.
bool ScenarioRun::may_connect() {
  const auto now = net::Clock::now();
  if (about_connect_rate_) {
    context_.connects.note(now);
    return true;
  }
  const auto when = context_.connects.take(now);
  if (when > now) wake_at(when);
  return when <= now;
}

void ScenarioRun::add_use(const Group& target) {
  for (const auto& member : target.members) {
    if (!member.session) continue;
    const session::SentRecord& sent = member.session->record().sent;
    use_.messages += sent.messages();
    use_.octets += sent.position;
    use_.controls += sent.controls();
  }
}

// A 101 that is none is the server's fault, whatever was wanted: it has shown a good one to the
// control before. Where the control itself gets one, nothing can be judged.
bool ScenarioRun::is_broken_101(const session::Session& session) const {
  using Failure = session::Failure;
  // What answers a script's own handshake has answered the control as a server should.
  const bool no_http = session.record().failure == Failure::not_http && session.record().scripted;
  return (session.record().failure == Failure::bad_101 || no_http) && !scenario_.control;
}

// A handshake that was refused although the script did not ask for that.
bool ScenarioRun::refusal(Member& member) {
  const session::ExchangeRecord& record = member.session->record();
  if (!record.never_opened()) return false;
  if (record.scripted && member.end_expected) return false;  // asked for, and judged
  if (is_broken_101(*member.session)) {
    decide(result::broken(record.failure_fact, scenario_.level), &member);
    stop_script();
    return true;
  }
  decided_by_ = &member;
  // A step has asked for it, or tolerated it: the rest of the script has nothing to run on.
  if (record.phase == session::Phase::refused && member.end_expected) {
    finish_script();
    return true;
  }
  if (record.phase == session::Phase::refused)
    refused_by_status(record.response->status);
  else
    not_opened(record);
  return true;
}

// Alone with the server, a scenario has opened and ended many connections: it refuses a new one
// because it still counts them. A policy may want just that.
std::optional<result::Fact> ScenarioRun::slots_leaked(const session::ExchangeRecord& record) const {
  constexpr std::uint64_t kMany = 8;
  const char* how = turned_away(record);
  if (how == nullptr || !scenario_.exclusive || opened_ <= kMany || judge::is_policy(scenario_))
    return std::nullopt;
  return result::Fact{.cause = result::Cause::slots_leaked, .detail = how, .count = opened_};
}

void ScenarioRun::refused_by_status(int status) {
  seen_.refused = opened_ == 0 && (status == 429 || status == 503);
  const result::Fact fact{.cause = result::Cause::handshake_refused, .status = status};
  // Where the same handshake was accepted a moment ago, or the scenario has one of its own and a
  // plain one is accepted, that is what the server does: a finding.
  if (opened_ == 0 && !own_handshake(scenario_.connect)) {
    give_up(fact);
    return;
  }
  decide(result::deviation(result::Class::other_code, fact, scenario_.level), decided_by_);
  stop_script();
  scenario::Outcome wanted;
  wanted.kind = scenario::Outcome::Kind::http;
  wanted.http.statuses = {101};
  result_.expected = {wanted};
}

void ScenarioRun::not_opened(const session::ExchangeRecord& record) {
  using session::Failure;
  // The server did not accept the scenario's own TLS.
  if (record.failure == Failure::hangup && scenario_.connect.tls.any()) {
    decide(result::deviation(result::Class::drop, record.failure_fact, scenario_.level),
           decided_by_);
    stop_script();
    return;
  }
  seen_.refused = record.failure == Failure::connect;
  if (record.tls_failure != net::TlsFailure::cut) seen_.tls_failure = record.tls_failure;
  seen_.unreachable = record.failure == Failure::connect || record.failure == Failure::timeout;
  give_up(record.failure_fact);
}

ScenarioRun::Progress ScenarioRun::poll_disconnect(Op& op) {
  Group& target = group(op.on);
  if (!op.goodbye_said) {
    op.goodbye_said = true;
    for (auto& member : target.members) {
      member.end_expected = true;
      if (member.session && !member.session->record().close_at) member.session->send_close();
    }
  }
  const double waited = net::ms_between(op.started, net::Clock::now());
  collect(op);
  for (const std::size_t i : op.due) {
    const session::Session& session = *target.members[i].session;
    if (session.record().phase != session::Phase::open || session.record().close_at) op.finish(i);
  }
  if (op.unfinished > 0 && waited < 1000) {
    wake_in(1001 - static_cast<int>(waited));
    return Progress::waiting;
  }
  for (auto& member : target.members)
    if (member.session) member.session->drop();
  return Progress::done;
}

}  // namespace wsspec::engine
