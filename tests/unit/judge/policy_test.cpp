// by_policy: what the target's profile promises, by its action.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;
using result::Evidence;
using scenario::PolicyAction;

namespace {

Given promised(PolicyAction action) {
  scenario::Policy rate = policy("message_rate", action);
  rate.close.ranges = {{1008, 1008}, {4029, 4029}};
  rate.statuses = {429, 503};
  return Given().about_policy().policy(rate);
}

const scenario::Outcome kWanted = by_policy("message_rate");

}  // namespace

JUDGE_RULE(policy_close, "by_policy close: one of the declared codes") {
  const Given given = promised(PolicyAction::close);
  return {
      {"the code", Record().opened().text("a").at(5).close(1008), kWanted, given,
       passes(Class::exact)},
      {"the other one", Record().opened().text("a").at(5).close(4029), kWanted, given,
       passes(Class::exact)},
      {"neither", Record().opened().text("a").at(5).close(1011), kWanted, given,
       fails(Class::other_code, Cause::other_close)},
      {"a drop", Record().opened().text("a").at(5).eof(), kWanted, given,
       fails(Class::drop, Cause::ended_without_close)},
      {"not yet, though it echoes", Record().opened().text("a").at(5).echo().at(900), kWanted,
       given, waits()},
      {"never", Record().opened().text("a").at(5).echo().at(2000), kWanted, Given(given).deadline(),
       fails(Class::accepted, Cause::answered_and_open)},
      {"too early", Record().opened().text("a").text("b").at(5).echo().close(1008), kWanted,
       Given(given).after_messages(2), fails(Class::none, Cause::too_few_messages)},
  };
}

JUDGE_RULE(policy_refuse, "by_policy refuse: one of the declared statuses") {
  const Given given = promised(PolicyAction::refuse);
  return {
      {"the status", Record().at(5).answered(429), kWanted, given, passes()},
      {"another one", Record().at(5).answered(404), kWanted, given,
       fails(Class::other_code, Cause::other_status)},
      {"let in", Record().at(5).opened(), kWanted, given,
       fails(Class::accepted, Cause::handshake_accepted)},
      {"no answer", Record().failed(session::Failure::timeout), kWanted, given,
       fails(Class::hung, Cause::handshake_timeout)},
  };
}

JUDGE_RULE(policy_throttle, "by_policy throttle: all is answered, if slowly") {
  const Given given = promised(PolicyAction::throttle);
  return {
      {"all", Record().opened().text("a").text("b").at(900).echoes(2), kWanted, given, passes()},
      {"not all yet", Record().opened().text("a").text("b").at(900).echo(), kWanted, given,
       waits()},
      {"a Close", Record().opened().text("a").text("b").at(900).close(1008), kWanted, given,
       fails(Class::other_code, Cause::other_close)},
  };
}

JUDGE_RULE(policy_discard, "by_policy discard: the connection stays open") {
  const Given given = promised(PolicyAction::discard);
  return {
      {"a pong, and quiet", Record().opened().text("a").at(10).probe().at(20).probe_pong().at(120),
       kWanted, given, passes_by(Evidence::ping)},
      {"no pong yet", Record().opened().text("a").at(10).probe().at(500), kWanted, given, waits()},
      {"no pong", Record().opened().text("a").at(10).probe().at(2000), kWanted,
       Given(given).deadline(), fails(Class::hung, Cause::no_answer_at_all)},
      {"a Close", Record().opened().text("a").at(10).close(1008), kWanted, given,
       fails(Class::other_code, Cause::other_close)},
      {"a drop", Record().opened().text("a").at(10).eof(), kWanted, given,
       fails(Class::drop, Cause::ended_without_close)},
  };
}

JUDGE_RULE(policy_reply, "by_policy error_reply: the declared reply, or any message") {
  const Given any_reply = promised(PolicyAction::error_reply);
  scenario::Policy rate = policy("message_rate", PolicyAction::error_reply);
  rate.error_reply = json_at("/error", "\"rate\"");
  const Given this_reply = Given().about_policy().policy(rate);
  return {
      {"the reply", Record().opened().text("a").at(5).says("{\"error\":\"rate\"}"), kWanted,
       this_reply, passes_with(0)},
      {"another message", Record().opened().text("a").at(5).says("{\"error\":\"x\"}").at(2000),
       kWanted, Given(this_reply).deadline(), fails(Class::hung, Cause::no_such_message)},
      {"any, where none is declared", Record().opened().text("a").at(5).says("no"), kWanted,
       any_reply, passes_with(0)},
      {"none", Record().opened().text("a").at(2000), kWanted, Given(any_reply).deadline(),
       fails(Class::hung, Cause::no_such_message)},
      {"a Close", Record().opened().text("a").at(5).close(1008), kWanted, this_reply,
       fails(Class::other_code, Cause::other_close)},
      {"not declared at all", Record().opened().text("a").at(5).close(1008), by_policy("byte_rate"),
       this_reply, fails(Class::none, Cause::policy_not_declared)},
  };
}
