// The connection stays open, and nothing is said on it.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;

JUDGE_RULE(open_for, "open_for_ms: the connection stays open for so long") {
  return {
      {"so long", Record().opened().text("a").at(500), stays_open(500), {}, passes()},
      {"not so long yet", Record().opened().text("a").at(400), stays_open(500), {}, waits(100)},
      {"counted from our last octet",
       Record().opened().at(300).text("a").at(500),
       stays_open(500),
       {},
       waits(300)},
      {"since connect: from the 101", Record().opened().at(300).text("a").at(500), stays_open(500),
       Given().since_connect(), passes()},
      {"a Close",
       Record().opened().text("a").at(400).close(1001),
       stays_open(500),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"a drop",
       Record().opened().text("a").at(400).eof(),
       stays_open(500),
       {},
       fails(Class::drop, Cause::ended_without_close)},
      {"a refusal",
       Record().at(5).answered(503),
       stays_open(500),
       {},
       fails(Class::other_code, Cause::handshake_refused)},
      {"a Close where something big was sent", Record().opened().text("a").at(400).close(1009),
       stays_open(500), Given().tag("big"), fails(Class::limit, Cause::own_limit)},
      {"a Close on the last millisecond",
       Record().opened().text("a").at(499).close(1001).at(520),
       stays_open(500),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"a Close once the time is over: it is our timer that is late",
       Record().opened().text("a").at(500).close(1001).at(520),
       stays_open(500),
       {},
       passes()},
      {"a step that began later: the Close was there already",
       Record().opened().text("a").at(4000).echo().close(1008).at(4005), stays_open(500),
       Given().begun(4002), fails(Class::other_code, Cause::other_close)},
      {"an end once the time is over",
       Record().opened().text("a").at(501).eof().at(520),
       stays_open(500),
       {},
       passes()},
      {"a refusal is none that stays open, whenever it ends",
       Record().at(5).answered(503).at(600).eof(),
       stays_open(500),
       {},
       fails(Class::other_code, Cause::handshake_refused)},
      {"messages may come",
       Record().opened().text("a").at(400).says("b").at(500),
       stays_open(500),
       {},
       passes()},
  };
}

JUDGE_RULE(silence, "silence_ms: no message comes for so long, and the connection stays open") {
  const auto said_at = [](double ms) -> Seen {
    return Record().opened().at(100).text("a").at(ms).says("b").at(600);
  };
  return {
      {"nothing", Record().opened().at(100).text("a").at(600), silent(500), {}, passes()},
      {"nothing yet", Record().opened().at(100).text("a").at(300), silent(500), {}, waits(300)},
      {"a message", said_at(300), silent(500), {}, fails(Class::none, Cause::not_silent)},
      {"a message decides at once",
       Record().opened().at(100).text("a").at(101).says("b"),
       silent(500),
       {},
       fails(Class::none, Cause::not_silent)},
      {"a message once the time is over: it is our timer that is late",
       Record().opened().at(100).text("a").at(600).says("b").at(620),
       silent(500),
       {},
       passes()},
      {"one in time and one later",
       Record().opened().at(100).text("a").at(599).says("b").at(610).says("c").at(620),
       silent(500),
       {},
       fails(Class::none, Cause::not_silent)},
      {"a message before our last octet", said_at(99), silent(500), {}, passes()},
      {"since connect it counts", said_at(99), silent(500), Given().since_connect(),
       fails(Class::none, Cause::not_silent)},
      {"one that an earlier step has taken", said_at(300), silent(500), Given().taken_messages(1),
       passes()},
      {"a chatty target only has to stay open", said_at(300), silent(500), Given().chatty(),
       passes()},
      {"a chatty target that closes", Record().opened().text("a").at(9).close(1000), silent(500),
       Given().chatty(), fails(Class::other_code, Cause::other_close)},
      {"the beginning of a message",
       Record().opened().text("a").at(300).begins_to_say("b").at(400),
       silent(500),
       {},
       fails(Class::none, Cause::not_silent)},
      {"a message that begins with an empty fragment",
       Record().opened().text("a").at(300).begins_to_say("").at(500),
       silent(500),
       {},
       passes()},
      {"a message that begins once the time is over",
       Record().opened().text("a").at(501).begins_to_say("b").at(520),
       silent(500),
       {},
       passes()},
      {"a pong is no message",
       Record().opened().ping("p").at(300).pong("p").at(600),
       silent(500),
       {},
       passes()},
      {"a Close",
       Record().opened().text("a").at(300).close(1000),
       silent(500),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"a drop",
       Record().opened().text("a").at(300).eof(),
       silent(500),
       {},
       fails(Class::drop, Cause::ended_without_close)},
  };
}

JUDGE_RULE(silence_of, "silence_ms of certain messages: others may come, on any target") {
  scenario::Outcome quiet = silent(500);
  quiet.silence_of = true;
  quiet.message = like("bad");
  return {
      {"another message", Record().opened().at(50).says("hello").at(500), quiet, {}, passes()},
      {"such a message",
       Record().opened().at(50).says("a bad word").at(60),
       quiet,
       {},
       fails(Class::none, Cause::not_silent)},
      {"such a message on a chatty target", Record().opened().at(50).says("a bad word").at(60),
       quiet, Given().chatty(), fails(Class::none, Cause::not_silent)},
      {"the beginning of another message",
       Record().opened().at(50).begins_to_say("ba").at(500),
       quiet,
       {},
       passes()},
      {"the beginning of a message in which it stands already",
       Record().opened().at(50).begins_to_say("a bad w").at(60), quiet, Given().chatty(),
       fails(Class::none, Cause::not_silent)},
      {"such a message once the time is over",
       Record().opened().at(510).says("a bad word").at(520),
       quiet,
       {},
       passes()},
  };
}

JUDGE_RULE(silence_of_one, "silence_ms of one message: no beginning of it comes either") {
  scenario::Outcome quiet = silent(500);
  quiet.silence_of = true;
  quiet.message = equal_to("badword");
  const auto begins = [](std::string_view text, wire::Opcode type = wire::Opcode::text) -> Seen {
    return Record().opened().at(50).begins_to_say(text, type).at(500);
  };
  const auto heard = fails(Class::none, Cause::not_silent);
  scenario::Outcome text = quiet, json = quiet;
  text.message.type = scenario::MessageRule::Type::text;
  json.message = json_at("/a", "1");
  return {
      {"the whole", Record().opened().at(50).says("badword").at(500), quiet, {}, heard},
      {"its beginning", begins("b"), quiet, {}, heard},
      {"its beginning on a chatty target", begins("badwor"), quiet, Given().chatty(), heard},
      {"all its octets, but not its end", begins("badword"), quiet, {}, heard},
      {"more than that", begins("badwords"), quiet, {}, passes()},
      {"another beginning", begins("bade"), quiet, {}, passes()},
      {"nothing of it", begins(""), quiet, {}, passes()},
      {"the beginning of another type", begins("bad", wire::Opcode::binary), text, {}, passes()},
      {"half of a JSON text is none", begins("{\"a\":1"), json, {}, passes()},
      {"a message of a chatty target that was complete",
       Record().opened().at(50).says("bad").at(500), quiet, Given().chatty(), passes()},
  };
}
