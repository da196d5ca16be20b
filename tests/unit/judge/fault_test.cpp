// After our fault nothing may be served: what counts as acting on it, with a Close (or drop) that
// follows and without one.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;

JUDGE_RULE(behind_text, "processed-after-fault: after a text that is not UTF-8") {
  return {
      {"nothing was answered",
       Record().opened().text("a\xff").text("b").ping("p").at(10).close(1007),
       closes(1007),
       {},
       passes(Class::exact)},
      {"an echo of a later message",
       Record().opened().text("a\xff").text("b").at(5).echo_of("b").at(10).close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"a pong for a later ping",
       Record().opened().text("a\xff").ping("p").at(5).pong("p").at(10).close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"an echo of the bad text itself",
       Record().opened().text("a\xff").at(5).echo().at(10).close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"an echo of an earlier message",
       Record().opened().text("ok").text("a\xff").at(5).echo().at(10).close(1007),
       closes(1007),
       {},
       passes(Class::exact)},
      {"the pong for our own probe",
       Record().opened().text("a\xff").at(100).probe().at(101).probe_pong().at(110).close(1007),
       closes(1007),
       {},
       passes(Class::exact)},
      {"FIN is not sent yet: nothing is after the fault",
       Record().opened().begin("a\xff").ping("p").at(5).pong("p").at(10).close(1007),
       closes(1007),
       {},
       passes(Class::late, Cause::only_after_release)},
      {"a ping between the proof and FIN is not after the fault",
       Record().opened().begin("a\xff").ping("p").finish("b").at(5).pong("p").at(10).close(1007),
       closes(1007),
       {},
       passes(Class::late, Cause::only_after_release)},
      {"a ping after FIN is",
       Record().opened().begin("a\xff").finish("b").ping("p").at(5).pong("p").at(10).close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"with another code too",
       Record().opened().text("a\xff").text("b").at(5).echo_of("b").at(10).close(1002),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"with a drop too",
       Record().opened().text("a\xff").text("b").at(5).echo_of("b").at(10).eof(),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"where a drop was asked for",
       Record().opened().text("a\xff").text("b").at(5).echo_of("b").at(10).eof(),
       drops(),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"without an echo, equal octets are somebody else's",
       Record().opened().text("a\xff").text("b").at(5).echo_of("b").at(10).close(1007),
       closes(1007), Given().no_echo(), passes(Class::exact)},
      {"without an echo, a pong counts all the same",
       Record().opened().text("a\xff").ping("p").at(5).pong("p").at(10).close(1007), closes(1007),
       Given().no_echo(), fails(Class::processed_after_fault, Cause::processed_after_fault)},
  };
}

JUDGE_RULE(behind_framing, "processed-after-fault: a frame that breaks a framing rule, and after") {
  constexpr Record::Shape rsv{.rsv = 2};
  constexpr Record::Shape unmasked{.masked = false};
  return {
      {"nothing was answered",
       Record().opened().frame(1, "a", rsv).text("b").at(10).close(1002),
       closes(1002),
       {},
       passes(Class::exact)},
      {"the frame itself was echoed",
       Record().opened().frame(1, "a", rsv).at(5).echo().at(10).close(1002),
       closes(1002),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"the ping itself was answered",
       Record().opened().frame(9, "p", rsv).at(5).pong("p").at(10).close(1002),
       closes(1002),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"a ping of 126 octets was answered",
       Record()
           .opened()
           .frame(9, std::string(126, 'p'))
           .at(5)
           .pong(std::string(126, 'p'))
           .at(10)
           .close(1002),
       closes(1002),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"an unmasked frame was echoed",
       Record().opened().frame(1, "a", unmasked).at(5).echo().at(10).close(1002),
       closes(1002),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"the next frame was echoed",
       Record().opened().frame(3, "a").text("b").at(5).echo_of("b").at(10).close(1002),
       closes(1002),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"the next ping was answered",
       Record().opened().frame(3, "a").ping("p").at(5).pong("p").at(10).close(1002),
       closes(1002),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"an earlier ping was answered",
       Record().opened().ping("p").frame(3, "a").at(5).pong("p").at(10).close(1002),
       closes(1002),
       {},
       passes(Class::exact)},
      {"without an echo, equal octets are somebody else's",
       Record().opened().frame(1, "a", rsv).at(5).echo().at(10).close(1002), closes(1002),
       Given().no_echo(), passes(Class::exact)},
      {"without an echo, a pong for the frame counts",
       Record().opened().frame(9, "p", rsv).at(5).pong("p").at(10).close(1002), closes(1002),
       Given().no_echo(), fails(Class::processed_after_fault, Cause::processed_after_fault)},
  };
}

JUDGE_RULE(behind_deflate, "processed-after-fault: compressed octets that do not inflate") {
  constexpr Record::Shape rsv1{.rsv = 4};
  const std::string bad = "\x07\xff\xff\xff";
  return {
      {"nothing was answered",
       Record().opened().deflate().frame(2, bad, rsv1).at(10).close(1007),
       closes(1007),
       {},
       passes(Class::exact)},
      {"a later message was echoed",
       Record()
           .opened()
           .deflate()
           .frame(2, bad, rsv1)
           .text("b")
           .at(5)
           .echo_of("b")
           .at(10)
           .close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"the bad message was",
       Record().opened().deflate().frame(2, bad, rsv1).at(5).echo().at(10).close(1007),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"an earlier message was",
       Record().opened().deflate().text("ok").frame(2, bad, rsv1).at(5).echo().at(10).close(1007),
       closes(1007),
       {},
       passes(Class::exact)},
  };
}

JUDGE_RULE(behind_mark, "processed-after-fault: after what the script marks as the fault") {
  return {
      {"nothing was answered",
       Record().opened().text("badword").marked().text("b").at(10).close(1008),
       closes(1008),
       {},
       passes(Class::exact)},
      {"a later message was echoed",
       Record().opened().text("badword").marked().text("b").at(5).echo_of("b").at(10).close(1008),
       closes(1008),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"a later ping was answered",
       Record().opened().text("badword").marked().ping("p").at(5).pong("p").at(10).close(1008),
       closes(1008),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"what is marked is good by the protocol: its own echo is not after it",
       Record().opened().text("badword").marked().at(5).echo().at(10).close(1008),
       closes(1008),
       {},
       passes(Class::exact)},
      {"the mark goes before a fault that the audit finds",
       Record().opened().text("a\xff").text("b").marked().text("c").at(5).echo_of("b").at(10).close(
           1008),
       closes(1008),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
  };
}

JUDGE_RULE(unsolicited_after,
           "processed-after-fault: an echo server answers the fault in its own words") {
  const auto answered = [](double ms) -> Seen {
    return Record()
        .opened()
        .at(100)
        .text("a\xff")
        .at(ms)
        .says("error: bad text")
        .at(300)
        .close(1007);
  };
  return {
      {"after the fault",
       answered(101),
       closes(1007),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"before the fault", answered(99), closes(1007), {}, passes(Class::exact)},
      {"in the instant of the fault it cannot be its answer",
       answered(100),
       closes(1007),
       {},
       passes(Class::exact)},
      {"a chatty target says much", answered(101), closes(1007), Given().chatty(),
       passes(Class::exact)},
      {"a target that greets may be late with it", answered(101), closes(1007), Given().greets(),
       passes(Class::exact)},
      {"a target that does not echo says what it likes", answered(101), closes(1007),
       Given().no_echo(), passes(Class::exact)},
      {"there is no fault",
       Record().opened().our_close().at(5).says("bye").at(10).close(1000),
       closes(1000),
       {},
       passes(Class::exact)},
  };
}

JUDGE_RULE(not_in_policies, "processed-after-fault is not asked in scenarios about a policy") {
  const Seen seen =
      Record().opened().text("spam").marked().text("b").at(5).echo_of("b").at(10).close(1008);
  return {
      {"elsewhere",
       seen,
       closes(1008),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"about a policy", seen, closes(1008), Given().about_policy(), passes(Class::exact)},
      {"in a scenario that requires a policy", seen, closes(1008),
       Given().requires_("policy.message_rate"), passes(Class::exact)},
      {"another requirement is no policy", seen, closes(1008), Given().requires_("echo"),
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
  };
}

JUDGE_RULE(behind_own_close, "after our own Close nothing is looked at") {
  return {
      {"it is answered with a Close",
       Record().opened().our_close().at(5).close(1000),
       closes(1000),
       {},
       passes(Class::exact)},
      {"a message before it is echoed",
       Record().opened().text("a").our_close().at(5).echo().close(1000),
       closes(1000),
       {},
       passes(Class::exact)},
      {"a message after it is echoed",
       Record().opened().our_close().text("a").at(5).echo().close(1000),
       closes(1000),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_own_close)},
      {"a ping after it is answered",
       Record().opened().our_close().ping("p").at(5).pong("p").close(1000),
       closes(1000),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_own_close)},
      {"a ping before it is answered",
       Record().opened().ping("p").our_close().at(5).pong("p").close(1000),
       closes(1000),
       {},
       passes(Class::exact)},
      {"without an echo, a message after it may be somebody else's",
       Record().opened().our_close().text("a").at(5).echo().close(1000), closes(1000),
       Given().no_echo(), passes(Class::exact)},
      {"echoed, and no Close comes", Record().opened().our_close().text("a").at(5).echo().at(2000),
       closes(1000), Given().deadline(), fails(Class::accepted, Cause::answered_after_own_close)},
      {"another code in the answer",
       Record().opened().our_close().at(5).close(1002),
       closes(1000),
       {},
       fails(Class::other_code, Cause::other_close)},
  };
}

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
