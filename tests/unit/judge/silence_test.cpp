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
      {"a message before our last octet", said_at(99), silent(500), {}, passes()},
      {"since connect it counts", said_at(99), silent(500), Given().since_connect(),
       fails(Class::none, Cause::not_silent)},
      {"one that an earlier step has taken", said_at(300), silent(500), Given().taken_messages(1),
       passes()},
      {"a chatty target only has to stay open", said_at(300), silent(500), Given().chatty(),
       passes()},
      {"a chatty target that closes", Record().opened().text("a").at(9).close(1000), silent(500),
       Given().chatty(), fails(Class::other_code, Cause::other_close)},
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
