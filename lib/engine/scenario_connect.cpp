// Making and ending connections: what a handshake carries (headers, token), and groups.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/scenario_run.h"
#include "engine/step_state.h"
#include "engine/token.h"
#include "loader/late.h"

namespace wsspec::engine {

using scenario::ConnectStep;

session::SessionSetup ScenarioRun::setup_for(const Group& group, const ConnectStep* step,
                                             std::size_t index, const std::string& nonce,
                                             std::string& token_message) {
  const scenario::Profile& profile = *context_.profile;
  const scenario::TlsOverride& tls = group.connect.tls;
  net::ConnectOptions transport;
  transport.from = group.connect.from;
  transport.receive_buffer = group.connect.receive_buffer;
  transport.tls_shape = {tls.version.empty()    ? 0
                         : tls.version == "1.2" ? 0x0303
                                                : 0x0304,
                         tls.alpn, tls.server_name};
  session::SessionSetup setup = setup_to(context_, std::move(transport), tls.off);
  setup.last_heard = &context_.last_heard;
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
  if (group.connect.path) setup.path = fill(*group.connect.path);
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
  setup.keep_answers = looks_into_answers();
  setup.seed = session::seed_of(scenario_.name, context_.seed) + 0x9e37 * ++connections_made_;

  token_message.clear();
  if (!profile.token_place) return setup;
  const auto& which = step != nullptr && step->token ? *step->token : group.connect.token;
  const auto sent = token_sent(profile, which, known, fill);
  if (!sent) {
    skip(result::fact(result::Cause::no_such_token, sent.error()));
    return setup;
  }
  for (const std::string& token : *sent)
    put_token(*profile.token_place, token, setup, token_message);
  return setup;
}

// Where an echo server is tested without a profile, an answer is known by what it answers, unless a
// step asks for more.
bool ScenarioRun::looks_into_answers() const {
  const judge::TargetFacts& facts = context_.facts;
  const scenario::Profile& profile = *context_.profile;
  const bool echoes = facts.echo && !facts.chatty && !facts.greets;
  const bool bare = !profile.message && !profile.stream && profile.prologue.empty() &&
                    profile.triggers.empty() && profile.policies.empty();
  return !echoes || !bare || judge::is_policy(scenario_) ||
         judge::looks_into_messages(scenario_.steps);
}

// Old connections go, but their end may still be wanted for the verdict: keep what decided. False:
// the script is over.
bool ScenarioRun::begin_connecting(Group& target) {
  target.connected = true;
  if (decided_by_ != nullptr)
    for (auto& member : target.members)
      if (&member == decided_by_ && member.session) {
        observe(member);
        decided_by_ = nullptr;
      }
  for (auto& member : target.members)
    if (member.session && member.session->record().violation) {
      stop_script();  // the violation decides, in conclude()
      return false;
    }
  return true;
}

// False: more are left, for the next pass.
bool ScenarioRun::drop_members(Op& op, const std::function<void(Member&)>& before) {
  auto& members = group(op.on).members;
  while (op.old_dropped < members.size()) {
    Member& member = members[op.old_dropped++];
    if (!member.session) continue;
    before(member);
    member.session->drop();
    if (op.old_dropped == members.size() || !long_enough()) continue;
    wake_at(net::Clock::now());
    return false;
  }
  return true;
}

// A member's session is made when its turn to connect has come: until then it costs next to
// nothing. False: the script is over.
bool ScenarioRun::make_session(Group& target, const ConnectStep* step, std::size_t i) {
  Member& member = target.members[i];
  member.paces = promises_.paces(Promises::Whose::connection);
  member.nonce = fmt::format("{}{:04x}", context_.nonce, ++context_.connections);
  std::string token_message;
  session::SessionSetup setup = setup_for(target, step, i, member.nonce, token_message);
  if (script_over()) return false;
  member.session =
      std::make_unique<session::Session>(context_.loop, std::move(setup), [this, &target, i] {
        target.touched.push_back(i);
        advance();
      });
  token_message_ = token_message;
  if (--target.unmade == 0) again_ = true;  // other strands may wait for it
  return true;
}

ScenarioRun::Progress ScenarioRun::poll_connect(Op& op) {
  Group& target = group(op.on);
  auto& members = target.members;
  if (!op.connect_begun) {
    if (op.old_dropped == 0 && !begin_connecting(target)) return Progress::over;
    // One of them may be calling us: they go when the loop does.
    const bool all = drop_members(op, [this](Member& member) {
      add_use(member);
      const session::ExchangeRecord& record = member.session->record();
      if (record.response && record.response->status == 101) ++opened_;
      context_.ends.add(record);
      seen_.trace = nearer(seen_.trace, trace_of(record));
    });
    if (!all) return Progress::waiting;
    for (auto& member : members)
      if (member.session) retired_.push_back(std::move(member.session));
    if (!retired_.empty()) wake_in(0);
    op.connect_begun = true;
    members.clear();
    members.resize(target.count);
    target.unmade = target.count;
    op.for_members(members.size());
  }
  collect(op);
  for (std::size_t k = 0; k < op.due.size() && !leaves_rest(op, k); ++k) {
    const std::size_t i = op.due[k];
    if (!members[i].session) {
      if (!may_connect()) break;
      if (!make_session(target, std::get_if<ConnectStep>(&op.step.what), i)) return Progress::over;
      members[i].session->start();
    }
    session::Session& session = *members[i].session;
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
      if (!agreed(target.connect, session)) return Progress::over;
      // A login is no part of the scenario: no answer to it is required.
      if (op.begun[i] == 1) forget_login(session);
      op.finish(i);
    } else if (session.record().is_over()) {
      op.finish(i);
      if (session.record().own_trouble) {
        decided_by_ = &members[i];
        give_up(*session.record().own_trouble);
        return Progress::over;
      }
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

void ScenarioRun::add_use(const Member& member) {
  const session::SentRecord& sent = member.session->record().sent;
  use_.messages += sent.messages();
  use_.octets += sent.position;
  use_.controls += sent.controls();
}

ScenarioRun::Progress ScenarioRun::poll_disconnect(Op& op) {
  constexpr double kLongest = 1000;
  Group& target = group(op.on);
  const double waited = net::ms_between(op.started, net::Clock::now());
  collect(op);
  for (std::size_t k = 0; k < op.due.size() && !leaves_rest(op, k); ++k) {
    const std::size_t i = op.due[k];
    Member& member = target.members[i];
    session::Session& session = *member.session;
    if (op.begun[i] == 0) {
      op.begun[i] = 1;
      member.end_expected = true;
      if (!session.record().close_at) session.send_close();
    }
    if (session.record().phase != session::Phase::open || session.record().close_at) op.finish(i);
  }
  const bool all_told = std::find(op.begun.begin(), op.begun.end(), 0) == op.begun.end();
  if (op.unfinished > 0 && (waited < kLongest || !all_told)) {
    wake_in(static_cast<int>(kLongest - std::min(waited, kLongest)) + 1);
    return Progress::waiting;
  }
  return drop_members(op, [](Member&) {}) ? Progress::done : Progress::waiting;
}

}  // namespace wsspec::engine
