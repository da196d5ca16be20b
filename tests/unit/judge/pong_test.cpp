// Pongs: RFC 6455 5.5.2 and 5.5.3.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;

JUDGE_RULE(last_ping, "pong: the last ping is answered, earlier ones may be passed over") {
  return {
      {"one", Record().opened().ping("p").at(5).pong("p"), ponged(), {}, passes()},
      {"the last of two",
       Record().opened().ping("p").ping("q").at(5).pong("q"),
       ponged(),
       {},
       passes()},
      {"the first of two",
       Record().opened().ping("p").ping("q").at(5).pong("p"),
       ponged(),
       {},
       waits()},
      {"the first of two alone", Record().opened().ping("p").ping("q").at(5).pong("p").at(2000),
       ponged(), Given().deadline(), fails(Class::hung, Cause::no_pong)},
      {"none", Record().opened().ping("p").at(2000), ponged(), Given().deadline(),
       fails(Class::hung, Cause::no_pong)},
      {"other octets", Record().opened().ping("p").at(5).pong("q").at(2000), ponged(),
       Given().deadline(), fails(Class::hung, Cause::no_pong)},
      {"our own probe is not asked for",
       Record().opened().ping("p").at(5).pong("p").at(100).probe().at(900),
       ponged(),
       {},
       passes()},
      {"nor does its pong count",
       Record().opened().ping("p").at(100).probe().at(101).probe_pong().at(2000), ponged(),
       Given().deadline(), fails(Class::hung, Cause::no_pong)},
      {"nor is a ping that must be refused",
       Record().opened().ping("p").frame(9, "q", {.rsv = 2}).at(5).pong("p"),
       ponged(),
       {},
       passes()},
      {"a Close",
       Record().opened().ping("p").at(5).close(1002),
       ponged(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"the pong, then a Close",
       Record().opened().ping("p").at(5).pong("p").close(1000),
       ponged(),
       {},
       passes()},
      {"a drop",
       Record().opened().ping("p").at(5).eof(),
       ponged(),
       {},
       fails(Class::drop, Cause::ended_without_close)},
      {"the server stopped reading",
       Record().opened().ping("p").stalled().at(5),
       ponged(),
       {},
       fails(Class::hung, Cause::stopped_reading)},
  };
}

JUDGE_RULE(all_pings, "pong all: every ping is answered, in order") {
  const auto reorder = [](session::ExchangeRecord& record) { record.reordered_pongs = 1; };
  return {
      {"both",
       Record().opened().ping("p").ping("q").at(5).pong("p").pong("q"),
       ponged(true),
       {},
       passes()},
      {"the last alone",
       Record().opened().ping("p").ping("q").at(5).pong("q"),
       ponged(true),
       {},
       waits()},
      {"the last alone until the deadline",
       Record().opened().ping("p").ping("q").at(5).pong("q").at(2000), ponged(true),
       Given().deadline(), fails(Class::none, Cause::some_pings_unanswered)},
      {"in another order",
       Record().opened().ping("p").ping("q").at(5).pong("q").pong("p").with(reorder),
       ponged(true),
       {},
       fails(Class::none, Cause::pongs_reordered)},
      {"in another order, one asked for",
       Record().opened().ping("p").ping("q").at(5).pong("q").pong("p").with(reorder),
       ponged(),
       {},
       fails(Class::none, Cause::pongs_reordered)},
  };
}

JUDGE_RULE(pong_next, "pong next: before the echo of a message that ended after the ping") {
  const auto late = [](session::ExchangeRecord& record) { record.late_pongs = 1; };
  const Seen seen =
      Record().opened().begin("a").ping("p").finish("b").at(5).echo().pong("p").with(late);
  return {
      {"before it", Record().opened().begin("a").ping("p").finish("b").at(5).pong("p").echo(),
       ponged(), Given().next(), passes()},
      {"after it", seen, ponged(), Given().next(), fails(Class::none, Cause::echo_before_pong)},
      {"nobody asks for the order", seen, ponged(), {}, passes()},
      {"what is tolerated in its place may come after it", seen, ponged(),
       Given().next().tolerated_instead(), passes()},
  };
}
