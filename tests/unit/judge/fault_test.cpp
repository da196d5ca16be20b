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

JUDGE_RULE(in_policies, "in scenarios about a policy only the marked message is the fault") {
  const Seen unmarked =
      Record().opened().text("b\xff").text("b").at(5).echo_of("b").at(10).close(1008);
  const Seen seen =
      Record().opened().text("spam").marked().text("b").at(5).echo_of("b").at(10).close(1008);
  return {
      {"elsewhere",
       seen,
       closes(1008),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"about a policy", seen, closes(1008), Given().about_policy(),
       fails(Class::processed_after_fault, Cause::served_after_breach)},
      {"in a scenario that requires a policy", seen, closes(1008),
       Given().requires_("policy.message_rate"),
       fails(Class::processed_after_fault, Cause::served_after_breach)},
      {"bad text, unmarked, elsewhere",
       unmarked,
       closes(1008),
       {},
       fails(Class::processed_after_fault, Cause::processed_after_fault)},
      {"bad text, unmarked, about a policy", unmarked, closes(1008), Given().about_policy(),
       passes(Class::exact)},
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
