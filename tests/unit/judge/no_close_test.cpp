// No Close where one was expected: what the answers, or their absence, say instead.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;

JUDGE_RULE(why_no_close, "without a Close: accepted, repaired or hung, by what was answered") {
  constexpr Record::Shape rsv{.rsv = 2};
  const Given over = Given().deadline();
  return {
      {"the Close came", Record().opened().text("a\xff").at(10).close(1007), closes(1007), over,
       passes(Class::exact)},
      {"a stalled server", Record().opened().text("a\xff").echo().stalled().at(2000), closes(1007),
       over, fails(Class::hung, Cause::stopped_reading)},
      {"the bad text was echoed", Record().opened().text("a\xff").at(5).echo().at(2000),
       closes(1007), over, fails(Class::accepted, Cause::fault_echoed)},
      {"the bad ping was answered", Record().opened().frame(9, "p", rsv).at(5).pong("p").at(2000),
       closes(1002), over, fails(Class::accepted, Cause::faulty_ping_answered)},
      {"a message for a bad frame", Record().opened().frame(3, "a").at(5).says("what?").at(2000),
       closes(1002), over, fails(Class::accepted, Cause::fault_answered)},
      {"other octets for bad text", Record().opened().text("a\xff").at(5).says("a?").at(2000),
       closes(1007), over, fails(Class::repaired, Cause::other_octets_answered)},
      {"on a chatty target they say nothing",
       Record().opened().text("a\xff").at(5).says("a?").at(2000), closes(1007),
       Given(over).chatty(), fails(Class::hung, Cause::silent)},
      {"a greeting alone", Record().opened().says("hello").text("a\xff").at(2000), closes(1007),
       Given(over).greets(), fails(Class::hung, Cause::silent)},
      {"a good message was echoed, and there is no fault",
       Record().opened().text("spam").at(5).echo().at(2000), closes(1008), over,
       fails(Class::accepted, Cause::answered_and_open)},
      {"a good message was echoed, the fault was not",
       Record().opened().text("ok").text("a\xff").at(5).echo().at(2000), closes(1007), over,
       fails(Class::hung, Cause::silent)},
      {"the probe was answered",
       Record().opened().text("a\xff").at(100).probe().at(101).probe_pong().at(2000), closes(1007),
       over, fails(Class::accepted, Cause::open_and_alive)},
      {"the probe was not answered", Record().opened().text("a\xff").at(100).probe().at(2000),
       closes(1007), over, fails(Class::hung, Cause::silent)},
      {"a pong for a probe before our last octet says nothing",
       Record().opened().at(100).probe().at(101).probe_pong().at(102).text("a\xff").at(2000),
       closes(1007), over, fails(Class::hung, Cause::silent)},
      {"it waits for the rest of a frame", Record().opened().cut_frame(1, "a\xff").at(2000),
       closes(1007), over, fails(Class::accepted, Cause::waits_for_rest)},
      {"a frame of our own that is half written is none of the script's",
       Record().opened().text("a\xff").half_own_frame().at(2000), closes(1007), over,
       fails(Class::hung, Cause::silent)},
  };
}

JUDGE_RULE(passed_on, "repaired: the bad octets were passed on as U+FFFD") {
  const auto got = [](std::string_view text) -> Seen {
    return Record().opened().text("a\xff").at(5).says(text).at(2000);
  };
  const Given over = Given().no_echo().deadline();
  return {
      {"the Close came", Record().opened().text("a\xff").at(10).close(1007), closes(1007), over,
       passes(Class::exact)},
      {"as octets", got("they said: a\xef\xbf\xbd"), closes(1007), over,
       fails(Class::repaired, Cause::passed_on_repaired)},
      {"as an escape", got("{\"said\":\"a\\ufffd\"}"), closes(1007), over,
       fails(Class::repaired, Cause::passed_on_repaired)},
      {"as an escape in capitals", got("{\"said\":\"a\\uFFFD\"}"), closes(1007), over,
       fails(Class::repaired, Cause::passed_on_repaired)},
      {"another message", got("they said: a?"), closes(1007), over,
       fails(Class::hung, Cause::silent)},
      {"one that an earlier step has taken", got("a\xef\xbf\xbd"), closes(1007),
       Given(over).taken_messages(1), fails(Class::hung, Cause::silent)},
      {"we sent U+FFFD ourselves",
       Record().opened().text("\xef\xbf\xbd").text("a\xff").at(5).says("\xef\xbf\xbd").at(2000),
       closes(1007), over, fails(Class::hung, Cause::silent)},
      {"no text of ours was bad", Record().opened().text("a").at(5).says("\xef\xbf\xbd").at(2000),
       closes(1007), over, fails(Class::hung, Cause::silent)},
  };
}

JUDGE_RULE(early, "a complete wrong echo decides once the server was quiet for settle_ms") {
  constexpr Record::Shape rsv{.rsv = 2};
  const auto echoed_bad = [](double now) -> Seen {
    return Record().opened().text("a\xff").at(50).echo().at(now);
  };
  return {
      {"the Close comes after all: it acted on the fault",
       Record().opened().text("a\xff").at(50).echo().at(90).close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"a good echo decides nothing: the Close comes",
       Record().opened().text("a").text("b\xff").at(50).echo().at(500).close(1007),
       closes(1007),
       {},
       passes(Class::exact)},
      {"60 ms quiet", echoed_bad(110), closes(1007), {}, waits(40)},
      {"99 ms quiet", echoed_bad(149), closes(1007), {}, waits(1)},
      {"100 ms quiet",
       echoed_bad(150),
       closes(1007),
       {},
       fails(Class::accepted, Cause::fault_echoed)},
      {"another settle_ms", echoed_bad(150), closes(1007), Given().settles_in(300), waits(200)},
      {"where a drop was asked for too",
       echoed_bad(150),
       drops(),
       {},
       fails(Class::accepted, Cause::fault_echoed)},
      {"it was quiet only since its last octet",
       Record().opened().text("ok").text("a\xff").at(50).echo_of("a\xff").at(100).echo().at(160),
       closes(1007),
       {},
       waits(40)},
      {"the deadline", echoed_bad(60), closes(1007), Given().deadline(),
       fails(Class::accepted, Cause::fault_echoed)},
      {"a frame that breaks the framing was answered",
       Record().opened().frame(9, "p", rsv).at(50).pong("p").at(150),
       closes(1002),
       {},
       fails(Class::accepted, Cause::faulty_ping_answered)},
      {"what came after our Close was answered",
       Record().opened().our_close().text("a").at(50).echo().at(150),
       closes(1000),
       {},
       fails(Class::accepted, Cause::answered_after_own_close)},
      {"other octets",
       Record().opened().text("a\xff").at(50).says("a?").at(150),
       closes(1007),
       {},
       fails(Class::repaired, Cause::other_octets_answered)},
      {"other octets, not quiet yet",
       Record().opened().text("a\xff").at(50).says("a?").at(149),
       closes(1007),
       {},
       waits(1)},
      {"other octets of a chatty target",
       Record().opened().text("a\xff").at(50).says("a?").at(1500), closes(1007), Given().chatty(),
       waits()},
      {"a target that does not echo", Record().opened().text("a\xff").at(50).says("a?").at(1500),
       closes(1007), Given().no_echo(), waits()},
      {"the greeting of a target that greets",
       Record().opened().says("hello").text("a\xff").at(500), closes(1007), Given().greets(),
       waits()},
      {"other octets after the greeting",
       Record().opened().says("hello").text("a\xff").at(50).says("a?").at(150), closes(1007),
       Given().greets(), fails(Class::repaired, Cause::other_octets_answered)},
      {"a policy's Close may be slow",
       Record().opened().text("spam").marked().at(50).echo().at(1500), closes(1008),
       Given().about_policy(), waits()},
      {"a flood is never quiet: its first message counts",
       Record().opened().text("a\xff").at(50).repeats(16).at(140).repeats(1).at(150),
       closes(1007),
       {},
       fails(Class::repaired, Cause::other_octets_answered)},
      {"nearly a flood",
       Record().opened().text("a\xff").at(50).repeats(14).at(140).repeats(1).at(150),
       closes(1007),
       {},
       waits(90)},
      {"a flood before our last octet counts from that",
       Record().opened().text("a\xff").at(50).repeats(16).at(100).text("b").at(150),
       closes(1007),
       {},
       waits(50)},
  };
}
