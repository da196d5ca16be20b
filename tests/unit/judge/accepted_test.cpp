// Acceptance: by an echo; where there is none, by a reply, by a pong and the quiet after it, or by
// the connection that stays open.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;
using result::Evidence;

JUDGE_RULE(all_echoed, "accepted on an echo target: all that no step has asked for is echoed") {
  return {
      {"one", Record().opened().text("a").at(5).echo(), accepted(), {}, passes()},
      {"one of two", Record().opened().text("a").text("b").at(5).echo(), accepted(), {}, waits()},
      {"two of two",
       Record().opened().text("a").binary("b").at(5).echoes(2),
       accepted(),
       {},
       passes()},
      {"all of a burst",
       Record().opened().burst("r", 1000).at(5).echoes(1000),
       accepted(),
       {},
       passes()},
      {"all but one of a burst", Record().opened().burst("r", 1000).at(5).echoes(999).at(2000),
       accepted(), Given().deadline(), fails(Class::hung, Cause::not_answered)},
      {"none until the deadline", Record().opened().text("a").at(2000), accepted(),
       Given().deadline(), fails(Class::hung, Cause::not_answered)},
      {"pings are answered, the message is not",
       Record().opened().text("a").at(100).probe().at(101).probe_pong().at(2000), accepted(),
       Given().deadline(), fails(Class::hung, Cause::not_answered_but_pings)},
      {"a pong is no echo",
       Record().opened().text("a").at(100).probe().at(101).probe_pong().at(900),
       accepted(),
       {},
       waits()},
      {"what an earlier step has taken is not asked for again",
       Record().opened().text("a").taken(1).text("b").at(5).echo_of("b"),
       accepted(),
       {},
       passes()},
      {"a frame that must be refused is not asked for",
       Record().opened().text("a").frame(1, "b", {.rsv = 2}).at(5).echo(),
       accepted(),
       {},
       passes()},
      {"nor is what was sent after our Close",
       Record().opened().text("a").our_close().text("b").at(5).echo(),
       accepted(),
       {},
       passes()},
      {"the server stopped reading",
       Record().opened().text("a").stalled().at(5),
       accepted(),
       {},
       fails(Class::hung, Cause::stopped_reading)},
      {"all echoed, then the server closed",
       Record().opened().text("a").at(5).echo().close(1000),
       accepted(),
       {},
       passes()},
      {"not all echoed, then it closed",
       Record().opened().text("a").text("b").at(5).echo().close(1000),
       accepted(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"not all echoed, then it ended",
       Record().opened().text("a").text("b").at(5).echo().eof(),
       accepted(),
       {},
       fails(Class::drop, Cause::ended_without_close)},
      {"it closed because of what came after our Close",
       Record().opened().text("a").our_close().ping("p").at(5).pong("p").close(1000),
       accepted(),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_own_close)},
  };
}

JUDGE_RULE(some_echoed, "echo: the oldest n messages that no step has taken") {
  return {
      {"the first of two",
       Record().opened().text("a").text("b").at(5).echo(),
       echoed(),
       {},
       passes()},
      {"not the first but the second",
       Record().opened().text("a").text("b").at(5).echo_of("b"),
       echoed(),
       {},
       waits()},
      {"the second, the first is taken",
       Record().opened().text("a").text("b").taken(1).at(5).echo_of("b"),
       echoed(),
       {},
       passes()},
      {"two of three",
       Record().opened().text("a").text("b").text("c").at(5).echoes(2),
       echoed(2),
       {},
       passes()},
      {"one of two asked for", Record().opened().text("a").text("b").text("c").at(2000).echo(),
       echoed(2), Given().deadline(), fails(Class::hung, Cause::not_answered)},
      {"a burst that has not sent a round yet",
       Record().opened().burst("r", 0).at(5),
       echoed(),
       {},
       waits()},
      {"a target that does not echo", Record().opened().text("a").at(5), echoed(),
       Given().no_echo(), fails(Class::hung, Cause::no_echo_here)},
      {"nothing was sent", Record().opened().at(2000), echoed(), Given().deadline(),
       fails(Class::hung, Cause::no_answer_at_all)},
  };
}

JUDGE_RULE(differs, "an echo that differs is repaired, once the server was quiet for settle_ms") {
  const auto differs = [](double now) -> Seen {
    return Record().opened().text("a").at(50).says("A").at(now);
  };
  return {
      {"the same", Record().opened().text("a").at(50).echo(), accepted(), {}, passes()},
      {"a greeting before the echo",
       Record().opened().says("hello").text("a").at(50).echo(),
       accepted(),
       {},
       passes()},
      {"quiet for 100 ms",
       differs(150),
       accepted(),
       {},
       fails(Class::repaired, Cause::echo_differs)},
      {"its beginning alone",
       Record().opened().text("HelloHello").at(50).says("Hello").at(150),
       accepted(),
       {},
       fails(Class::repaired, Cause::echo_cut)},
      {"quiet for 70 ms", differs(120), accepted(), {}, waits(30)},
      {"not quiet, but the deadline", differs(60), accepted(), Given().deadline(),
       fails(Class::repaired, Cause::echo_differs)},
      {"one echo too", differs(150), echoed(), {}, fails(Class::repaired, Cause::echo_differs)},
      {"a chatty target may say more", differs(150), accepted(), Given().chatty(), waits()},
      {"a chatty target until the deadline", differs(2000), accepted(), Given().chatty().deadline(),
       fails(Class::hung, Cause::not_answered)},
      {"a target that greets: the greeting is no echo",
       Record().opened().says("hello").at(5).text("a").at(150), accepted(), Given().greets(),
       waits()},
      {"a target that greets: what comes after it may be",
       Record().opened().says("hello").text("a").at(50).says("A").at(150), accepted(),
       Given().greets(), fails(Class::repaired, Cause::echo_differs)},
      {"a target that greets, and answers no more",
       Record().opened().says("hello").text("a").at(2000), accepted(), Given().greets().deadline(),
       fails(Class::hung, Cause::not_answered)},
      {"then the Close: that decides",
       Record().opened().text("a").at(50).says("A").at(60).close(1007),
       accepted(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"a flood is never quiet: its first message counts",
       Record().opened().text("a").at(50).repeats(16).at(149).repeats(1).at(150),
       accepted(),
       {},
       fails(Class::repaired, Cause::echo_differs)},
  };
}

TEST_CASE("an echo that differs: the first octet that does, and both lengths") {
  const auto differs = [](const Seen& seen, Given given = {}) {
    return given.deadline().judge(seen, accepted()).fact.difference;
  };
  const auto octet = differs(Record().opened().text("abcd").at(5).says("abXd"));
  CHECK(octet.known);
  CHECK(octet.at == 2);
  CHECK(octet.sent == 4);
  CHECK(octet.got == 4);
  const auto cut = differs(Record().opened().text("abcd").at(5).says("abc"));
  CHECK(cut.known);
  CHECK(cut.at == 3);
  CHECK(cut.got == 3);
  CHECK_FALSE(differs(Record().opened().text("abcd").at(5).says_long("ab", 9)).known);
  // The oldest that is not answered; and never the greeting.
  CHECK(differs(Record().opened().text("x").text("abcd").at(5).echo().says("aX")).at == 1);
  CHECK(differs(Record().opened().says("Hello").text("abcd").at(5).says("abX"), Given().greets())
            .at == 2);
}

JUDGE_RULE(overtaken, "the Close that a fault earns may overtake the echo of an earlier message") {
  const Record::Shape rsv{.rsv = 2};
  return {
      {"the fault is sent",
       Record().opened().text("a").text("b\xff").at(5).close(1007),
       echoed(),
       {},
       passes(Class::none, Cause::close_overtook_echo)},
      {"a marked fault is sent",
       Record().opened().text("a").text("badword").marked().at(5).close(1008),
       echoed(),
       {},
       passes(Class::none, Cause::close_overtook_echo)},
      {"a fault in the framing is sent",
       Record().opened().text("a").frame(1, "b", rsv).at(5).close(1002),
       echoed(),
       {},
       passes(Class::none, Cause::close_overtook_echo)},
      {"a drop may, too",
       Record().opened().text("a").text("b\xff").at(5).eof(),
       echoed(),
       {},
       passes(Class::none, Cause::close_overtook_echo)},
      {"inside a frame whose fault is still to come",
       Record().opened().text("a").cut_frame(1, "b").at(5).close(1002),
       echoed(),
       {},
       passes(Class::none, Cause::close_overtook_echo)},
      {"a greeting came before it",
       Record().opened().says("hello").text("a").text("b\xff").at(5).close(1007), echoed(),
       Given().greets(), passes(Class::none, Cause::close_overtook_echo)},
      {"no fault is sent",
       Record().opened().text("a").text("b").at(5).close(1007),
       echoed(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"no fault is sent, a drop",
       Record().opened().text("a").text("b").at(5).eof(),
       echoed(),
       {},
       fails(Class::drop, Cause::ended_without_close)},
      {"where all is to be accepted, nothing may",
       Record().opened().text("a").text("b\xff").at(5).close(1007),
       accepted(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"another answer came",
       Record().opened().text("a").text("b\xff").at(5).says("A").at(9).close(1007),
       echoed(),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"another answer came before the fault",
       Record().opened().text("a").at(5).says("A").at(7).text("b\xff").at(9).close(1007),
       echoed(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"it never opened, though the fault was sent with the handshake",
       Record().connected().text("a").text("b\xff").at(5).answered(400),
       echoed(),
       {},
       fails(Class::other_code, Cause::handshake_refused)},
      {"it never opened",
       Record().at(5).answered(503),
       echoed(),
       {},
       fails(Class::other_code, Cause::handshake_refused)},
  };
}

JUDGE_RULE(slow, "latency: 99 of 100 answers come within p99_ms of their message") {
  const auto burst = [](std::uint64_t slow) -> Seen {
    return Record().opened().burst("r", 200).at(40).echoes(200 - slow).at(300).echoes(slow);
  };
  return {
      {"all in time", burst(0), accepted(), Given().latency(40), passes()},
      {"all too slow", burst(0), accepted(), Given().latency(39),
       fails(Class::none, Cause::answers_too_slow)},
      {"1 of 100 is slow", burst(2), accepted(), Given().latency(100), passes()},
      {"more than 1 of 100 is slow", burst(3), accepted(), Given().latency(100),
       fails(Class::none, Cause::answers_too_slow)},
      {"nobody asks how long", burst(200), accepted(), {}, passes()},
      {"a fraction of a millisecond counts whole", Record().opened().text("a").at(40.5).echo(),
       accepted(), Given().latency(40), fails(Class::none, Cause::answers_too_slow)},
      {"the messages of this step alone",
       Record().opened().text("a").at(500).echo().taken(1).text("b").at(510).echo(), accepted(),
       Given().latency(100), passes()},
      {"the oldest n alone", Record().opened().text("a").text("b").at(10).echo().at(500).echo(),
       echoed(), Given().latency(100), passes()},
  };
}

JUDGE_RULE(nothing_to_echo, "accepted on an echo target with nothing to echo: a pong and quiet") {
  const auto pinged = [](double now) -> Seen {
    return Record().opened().frame(10, "pong").at(10).probe().at(20).probe_pong().at(now);
  };
  return {
      {"quiet for 100 ms after the pong", pinged(120), accepted(), {}, passes_by(Evidence::ping)},
      {"quiet for 60 ms", pinged(80), accepted(), {}, waits(40)},
      {"no pong yet",
       Record().opened().frame(10, "pong").at(10).probe().at(500),
       accepted(),
       {},
       waits()},
      {"no pong", Record().opened().frame(10, "pong").at(10).probe().at(2000), accepted(),
       Given().deadline(), fails(Class::hung, Cause::no_answer_at_all)},
      {"no pong, but it answers none ever", Record().opened().frame(10, "pong").at(2000),
       accepted(), Given().no_ping().deadline(), fails(Class::hung, Cause::no_answer_at_all)},
  };
}

JUDGE_RULE(by_ping, "accepted without an echo: a pong, and no Close for settle_ms after it") {
  const auto pinged = [](double now) -> Seen {
    return Record().opened().text("a").at(10).probe().at(20).probe_pong().at(now);
  };
  const Given target = Given().no_echo();
  return {
      {"quiet for 100 ms after the pong", pinged(120), accepted(), target,
       passes_by(Evidence::ping)},
      {"quiet for 1 ms", pinged(21), accepted(), target, waits(99)},
      {"another settle_ms", pinged(120), accepted(), Given(target).settles_in(150), waits(50)},
      {"a Close in that time",
       Record().opened().text("a").at(10).probe().at(20).probe_pong().at(60).close(1003),
       accepted(), target, fails(Class::other_code, Cause::other_close)},
      {"a drop in that time",
       Record().opened().text("a").at(10).probe().at(20).probe_pong().at(60).eof(), accepted(),
       target, fails(Class::drop, Cause::ended_without_close)},
      {"the deadline does not cut the quiet short", pinged(60), accepted(),
       Given(target).deadline(), waits(60)},
      {"no pong", Record().opened().text("a").at(10).probe().at(2000), accepted(),
       Given(target).deadline(), fails(Class::hung, Cause::no_pong_either)},
      {"a pong for a probe before our last octet",
       Record().opened().at(10).probe().at(20).probe_pong().at(30).text("a").at(900), accepted(),
       target, waits()},
      {"messages say nothing", Record().opened().text("a").at(10).says("b").at(900), accepted(),
       target, waits()},
  };
}

JUDGE_RULE(by_reply, "accepted without an echo: the reply to the profile's harmless message") {
  const auto replied = [](std::string_view text, double now) -> Seen {
    return Record().opened().text("a").at(10).says("news").at(20).says(text).at(now);
  };
  const Given any_reply = Given().no_echo().awaits_reply(like("^pong"), 1);
  const Given numbered = Given().no_echo().awaits_reply(like("^pong 7"), 1, true);
  return {
      {"a reply, and quiet for 100 ms", replied("pong", 120), accepted(), any_reply,
       passes_by(Evidence::message)},
      {"a reply that may be an older one's", replied("pong", 50), accepted(), any_reply, waits(70)},
      {"a numbered one is no other's", replied("pong 7", 20), accepted(), numbered,
       passes_by(Evidence::message)},
      {"another number", replied("pong 6", 120), accepted(), numbered, waits()},
      {"not the reply", replied("more news", 120), accepted(), any_reply, waits()},
      {"it came before the message was sent", replied("pong", 120), accepted(),
       Given().no_echo().awaits_reply(like("^pong"), 2), waits()},
      {"a Close after a reply that may be an older one's",
       Record().opened().text("a").at(10).says("pong").at(60).close(1003), accepted(),
       Given().no_echo().awaits_reply(like("^pong")), fails(Class::other_code, Cause::other_close)},
      {"a Close after a numbered reply",
       Record().opened().text("a").at(10).says("pong 7").at(60).close(1003), accepted(),
       Given().no_echo().awaits_reply(like("^pong 7"), 0, true), passes_by(Evidence::message)},
      {"no reply", replied("more news", 2000), accepted(), Given(any_reply).deadline(),
       fails(Class::hung, Cause::no_reply)},
      {"no reply, but pongs",
       Record().opened().text("a").at(10).probe().at(20).probe_pong().at(2000), accepted(),
       Given(any_reply).deadline(), fails(Class::hung, Cause::no_reply_but_pings)},
      {"the server stopped reading", Record().opened().text("a").stalled().at(20), accepted(),
       any_reply, fails(Class::hung, Cause::stopped_reading)},
      {"a drop", Record().opened().text("a").at(10).eof(), accepted(), any_reply,
       fails(Class::drop, Cause::ended_without_close)},
  };
}

JUDGE_RULE(by_silence, "accepted where nothing is answered: the connection stays open") {
  const Given target = Given().no_echo().no_ping();
  return {
      {"until the deadline", Record().opened().text("a").at(2000), accepted(),
       Given(target).deadline(), passes_by(Evidence::silence)},
      {"before it", Record().opened().text("a").at(1999), accepted(), target, waits()},
      {"a Close", Record().opened().text("a").at(900).close(1003), accepted(), target,
       fails(Class::other_code, Cause::other_close)},
      {"a reset", Record().opened().text("a").at(900).reset(), accepted(), target,
       fails(Class::drop, Cause::reset_without_close)},
      {"it has stopped reading: open is no evidence",
       Record().opened().text("a").stalled().at(2000), accepted(), Given(target).deadline(),
       fails(Class::hung, Cause::stopped_reading)},
      {"pings are answered: they have to be", Record().opened().text("a").at(2000), accepted(),
       Given().no_echo().deadline(), fails(Class::hung, Cause::no_pong_either)},
  };
}

JUDGE_RULE(payload, "by_payload: accepted if the text was UTF-8, else 1007") {
  return {
      {"good text is echoed", Record().opened().text("a").at(5).echo(), by_payload(), {}, passes()},
      {"good text is refused",
       Record().opened().text("a").at(5).close(1007),
       by_payload(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"bad text is refused",
       Record().opened().text("\xff").at(5).close(1007),
       by_payload(),
       {},
       passes(Class::exact)},
      {"bad text is refused with 1002",
       Record().opened().text("\xff").at(5).close(1002),
       by_payload(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"bad text is echoed",
       Record().opened().text("\xff").at(5).echo().at(200),
       by_payload(),
       {},
       fails(Class::accepted, Cause::fault_echoed)},
      {"a text cut inside a character is bad",
       Record().opened().text("\xe2\x82").at(5).close(1007),
       by_payload(),
       {},
       passes(Class::exact)},
  };
}
