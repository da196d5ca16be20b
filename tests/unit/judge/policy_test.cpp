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

JUDGE_RULE(policy_code,
           "by_policy close: a code that says too little is tolerated, a false one not") {
  const auto promises = [](const char* key, int code) {
    scenario::Policy declared = policy(key, PolicyAction::close);
    declared.close.ranges = {{code, code}};
    return Given().about_policy().policy(declared);
  };
  const auto closed = [](int code) -> Seen {
    return Record().opened().binary("a").at(5).close(code);
  };
  const auto other = fails(Class::other_code, Cause::other_close);
  const auto little = passes(Class::other_code, Cause::code_too_generic);
  const auto unlisted = passes(Class::other_code, Cause::code_not_listed);
  const auto type = by_policy("text_only"), size = by_policy("message_bytes");
  const auto rate = by_policy("message_rate"), words = by_policy("forbidden");
  return {
      {"a type: 1003", closed(1003), type, promises("text_only", 1003), passes(Class::exact)},
      {"a type: 1008 says too little", closed(1008), type, promises("text_only", 1003), little},
      {"a type: 1007 is false", closed(1007), type, promises("text_only", 1003), other},
      {"a type: 1007 where the profile names it", closed(1007), type, promises("text_only", 1007),
       passes(Class::exact)},
      {"a size: 1008 says too little", closed(1008), size, promises("message_bytes", 1009), little},
      {"a size: 1003 is false", closed(1003), size, promises("message_bytes", 1009), other},
      {"a rate: 1013", closed(1013), rate, promises("message_rate", 1008), unlisted},
      {"a rate: 4029", closed(4029), rate, promises("message_rate", 1008), unlisted},
      {"a rate: 1000 is false", closed(1000), rate, promises("message_rate", 1008), other},
      {"a rate: 1009 is false", closed(1009), rate, promises("message_rate", 1008), other},
      {"words: 1002 is false", closed(1002), words, promises("forbidden", 1008), other},
      {"words: 1011 is false", closed(1011), words, promises("forbidden", 1008), other},
      {"words: 1013 is false", closed(1013), words, promises("forbidden", 1008), other},
      {"words: 1008 where the profile names 4003", closed(1008), words, promises("forbidden", 4003),
       little},
      {"an exception of the application's: 1008 is false", closed(1008), by_policy("throws"),
       promises("throws", 1011), other},
  };
}

TEST_CASE("a code that is tolerated says why") {
  scenario::Policy declared = policy("text_only", PolicyAction::close);
  declared.close.ranges = {{1003, 1003}};
  const auto judged = Given().about_policy().policy(declared).judge(
      Record().opened().binary("a").at(5).close(1008), by_policy("text_only"));
  CHECK(judged.tolerated);
  CHECK(judged.because.find("1003 says") != std::string::npos);
}

JUDGE_RULE(policy_served, "by_policy: nothing is served from the breach on") {
  const auto promises = [](const char* key, PolicyAction action = PolicyAction::close) {
    scenario::Policy declared = policy(key, action);
    declared.close.ranges = {{1008, 1008}};
    return Given().about_policy().policy(declared);
  };
  const auto served = fails(Class::processed_after_fault, Cause::served_after_breach);
  const auto words = by_policy("forbidden"), token = by_policy("token");
  Given app = promises("token").no_echo();
  app.profile.message = scenario::HarmlessMessage{};
  app.profile.message->reply = json_at("/type", "\"said\"");
  Given crowd = app;
  crowd.chatty();
  Given numbered = app;
  numbered.profile.message->late = true;
  const auto said = [](bool mark) -> Seen {
    Record record;
    record.opened().text("a");
    if (mark) record.marked();
    return record.at(5).says("{\"type\":\"said\"}").at(6).close(1008);
  };
  return {
      {"the bad message is not echoed", Record().opened().text("bad").at(5).close(1008), words,
       promises("forbidden"), passes(Class::exact)},
      {"it is echoed, then the Close", Record().opened().text("bad").at(5).echo().close(1008),
       words, promises("forbidden"), served},
      {"an earlier one is echoed",
       Record().opened().text("a").text("bad").at(5).echo_of("a").close(1008), words,
       promises("forbidden"), passes(Class::exact)},
      {"the last one was asked for",
       Record().opened().text("a").at(5).echo().taken(1).at(9).close(1008), words,
       promises("forbidden"), passes(Class::exact)},
      {"the last round of a burst", Record().opened().burst("r", 3).at(5).echoes(3).close(1008),
       by_policy("message_rate"), promises("message_rate"), passes(Class::exact)},
      {"no message breaks a time", Record().opened().text("a").at(5).echo().at(900).close(1008),
       by_policy("idle_timeout_ms"), promises("idle_timeout_ms"), passes(Class::exact)},
      {"a marked one is echoed", Record().opened().text("a").marked().at(5).echo().close(1008),
       token, promises("token"), served},
      {"one after the marked one",
       Record().opened().text("a").marked().text("b").at(5).echo_of("b").close(1008), token,
       promises("token"), served},
      {"one before the marked one",
       Record().opened().text("a").text("b").marked().at(5).echo_of("a").close(1008), token,
       promises("token"), passes(Class::exact)},
      {"the pong for a ping after it is allowed",
       Record().opened().text("bad").ping("p").at(5).pong("p").close(1008), words,
       promises("forbidden"), passes(Class::exact)},
      {"no echo: a reply as to the harmless message", said(true), token, app, served},
      {"no echo: nothing is marked", said(false), token, app, passes(Class::exact)},
      {"no echo: another message",
       Record().opened().text("a").marked().at(5).says("no").close(1008), token, app,
       passes(Class::exact)},
      {"a chatty target: it may be another's", said(true), token, crowd, passes(Class::exact)},
      {"a reply that only a run knows", said(true), token, numbered, passes(Class::exact)},
      {"an error reply, but echoed", Record().opened().text("bad").at(5).echo().says("no"), words,
       promises("forbidden", PolicyAction::error_reply), served},
      {"discarded, but echoed",
       Record().opened().text("bad").at(10).echo().probe().at(20).probe_pong().at(120), words,
       promises("forbidden", PolicyAction::discard), served},
  };
}

JUDGE_RULE(policy_soon, "by_policy close: the Close comes within the policy's within_ms") {
  Given given = promised(PolicyAction::close);
  given.step.policy_within_ms = 1000;
  Given own = promised(PolicyAction::close);
  own.within(3000);
  return {
      {"soon", Record().opened().text("a").at(900).close(1008), kWanted, given,
       passes(Class::exact)},
      {"on a busy machine", Record().opened().text("a").at(1090).close(1008), kWanted, given,
       passes(Class::exact)},
      {"late", Record().opened().text("a").at(1500).close(1008), kWanted, given,
       fails(Class::none, Cause::closed_too_late)},
      {"the step gives more time", Record().opened().text("a").at(1500).close(1008), kWanted, own,
       passes(Class::exact)},
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
       kWanted, Given(this_reply).deadline(), fails(Class::none, Cause::no_message_fits)},
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

JUDGE_RULE(policy_served_in_part,
           "by_policy: no part of a message whose content is forbidden is served") {
  const auto promises = [](const char* key, PolicyAction action = PolicyAction::close) {
    scenario::Policy declared = policy(key, action);
    declared.close.ranges = {{1008, 1008}};
    return Given().about_policy().policy(declared);
  };
  const auto part = fails(Class::processed_after_fault, Cause::served_in_part);
  const auto words = by_policy("forbidden");
  const auto begun = [](std::string_view text) -> Seen {
    return Record().opened().text("bad").at(5).begins_to_say(text).close(1008);
  };
  return {
      {"its beginning, then the Close", begun("ba"), words, promises("forbidden"), part},
      {"all of it but the end of the message", begun("bad"), words, promises("forbidden"), part},
      {"no octet of it", begun(""), words, promises("forbidden"), passes(Class::exact)},
      {"another message's beginning", begun("so"), words, promises("forbidden"),
       passes(Class::exact)},
      {"more than we sent", begun("bad luck"), words, promises("forbidden"), passes(Class::exact)},
      {"a message of another type",
       Record().opened().text("bad").at(5).begins_to_say("ba", wire::Opcode::binary).close(1008),
       words, promises("forbidden"), passes(Class::exact)},
      {"the beginning of an earlier message, which it may be as well",
       Record().opened().text("bath").text("bad").at(5).begins_to_say("ba").close(1008), words,
       promises("forbidden"), passes(Class::exact)},
      {"the earlier one is answered already",
       Record().opened().text("bath").text("bad").at(5).echo().begins_to_say("ba").close(1008),
       words, promises("forbidden"), part},
      {"a size is not known before the end",
       Record().opened().text("bad").at(5).begins_to_say("ba").close(1008),
       by_policy("message_bytes"), promises("message_bytes"), passes(Class::exact)},
      {"a type is known from the beginning",
       Record().opened().binary("bad").at(5).begins_to_say("ba", wire::Opcode::binary).close(1008),
       by_policy("text_only"), promises("text_only"), part},
      {"of a marked message",
       Record().opened().text("a").marked().text("bad").at(5).begins_to_say("b").close(1008),
       by_policy("token"), promises("token"), part},
      {"of a message before the marked one",
       Record().opened().text("bad").text("a").marked().at(5).begins_to_say("b").close(1008),
       by_policy("token"), promises("token"), passes(Class::exact)},
      {"discarded, but begun",
       Record().opened().text("bad").at(10).begins_to_say("b").probe().at(20).probe_pong().at(120),
       words, promises("forbidden", PolicyAction::discard), part},
      {"a target that does not echo", begun("ba"), words, promises("forbidden").no_echo(),
       passes(Class::exact)},
      {"next: nothing at all comes first", begun("so"), words, promises("forbidden").next(),
       fails(Class::none, Cause::message_before_close)},
  };
}

TEST_CASE("a message that is served in part: how much of it") {
  const auto judged =
      Given()
          .about_policy()
          .policy(policy("forbidden", PolicyAction::close))
          .judge(Record().opened().text("badword").at(5).begins_to_say("badw").close(1008),
                 by_policy("forbidden"));
  CHECK(judged.fact.count == 4);
  CHECK(judged.fact.total == 7);
}
