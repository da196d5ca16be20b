// Alternatives: the first that comes true, and what must not decide while another still may.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;
using result::Evidence;

JUDGE_RULE(one_true, "any_of: one of them comes true") {
  const auto either = any_of({closes(1007), closes(1002)});
  return {
      {"the first",
       Record().opened().text("\xff").at(5).close(1007),
       either,
       {},
       passes(Class::exact)},
      {"the second",
       Record().opened().text("\xff").at(5).close(1002),
       either,
       {},
       passes(Class::exact)},
      {"neither",
       Record().opened().text("\xff").at(5).close(1011),
       either,
       {},
       fails(Class::other_code, Cause::other_close)},
      {"none yet", Record().opened().text("\xff").at(5), either, {}, waits()},
      {"none at the deadline", Record().opened().text("\xff").at(2000), either, Given().deadline(),
       fails(Class::hung, Cause::silent)},
      {"a drop in place of a Close",
       Record().opened().text("\xff").at(5).eof(),
       any_of({closes(1007), drops()}),
       {},
       passes(Class::drop)},
      {"an any_of inside",
       Record().opened().text("\xff").at(5).eof(),
       any_of({closes(1007), any_of({closes(1002), drops()})}),
       {},
       passes(Class::drop)},
      {"which message it was is kept",
       Record().opened().at(5).says("x").says("abc"),
       any_of({closes(1008), message(equal_to("abc"))}),
       {},
       passes_with(1)},
      {"one that is wrong already, one that may come true",
       Record().opened().text("a").at(5).says("x"), any_of({silent(500), closes(1000)}),
       Given().no_echo(), waits()},
  };
}

JUDGE_RULE(worst, "any_of: what none of them took has the class of the first that knows one") {
  return {
      {"one took it",
       Record().opened().at(5).close(1008),
       any_of({message(), closes(1008)}),
       {},
       passes(Class::exact)},
      {"the first knows",
       Record().at(5).answered(403),
       any_of({http({101}), closes(1008)}),
       {},
       fails(Class::other_code, Cause::other_status)},
      {"the second knows: the first is only late", Record().opened().text("a").at(5000).close(1008),
       any_of({closes(1008), accepted()}), Given().within(1000),
       fails(Class::other_code, Cause::other_close)},
      {"none knows", Record().opened().text("a").at(5000).close(1008),
       any_of({closes(1008), closes({{1008, 1009}})}), Given().within(1000),
       fails(Class::none, Cause::closed_too_late)},
  };
}

JUDGE_RULE(soonest, "any_of: it is looked at again when the soonest alternative asks for it") {
  return {
      {"the sooner of two",
       Record().opened().at(100),
       any_of({stays_open(500), stays_open(300)}),
       {},
       waits(200)},
      {"one has no time",
       Record().opened().text("a").at(100),
       any_of({closes(1000), stays_open(300)}),
       {},
       waits(200)},
      {"the time is over",
       Record().opened().at(300),
       any_of({stays_open(500), stays_open(300)}),
       {},
       passes()},
      {"it closed before",
       Record().opened().at(299).close(1000),
       any_of({stays_open(500), stays_open(300)}),
       {},
       fails(Class::other_code, Cause::other_close)},
  };
}

JUDGE_RULE(weak, "any_of: weak evidence of acceptance does not decide while a Close may come") {
  const Seen ponged_long_ago =
      Record().opened().text("a").at(10).probe().at(20).probe_pong().at(900);
  const Given target = Given().no_echo();
  const auto close_or_accepted = any_of({accepted(), closes(1003)});
  return {
      {"a pong, before the deadline", ponged_long_ago, close_or_accepted, target, waits()},
      {"a pong, on the deadline", ponged_long_ago, close_or_accepted, Given(target).deadline(),
       passes_by(Evidence::ping)},
      {"a pong, and then the Close",
       Record().opened().text("a").at(10).probe().at(20).probe_pong().at(900).close(1003),
       close_or_accepted, target, passes(Class::exact)},
      {"a pong, and then another Close",
       Record().opened().text("a").at(10).probe().at(20).probe_pong().at(900).close(1011),
       close_or_accepted, target, fails(Class::other_code, Cause::other_close)},
      {"beside a drop", ponged_long_ago, any_of({accepted(), drops()}), target, waits()},
      {"beside a message it decides", ponged_long_ago, any_of({accepted(), message()}), target,
       passes_by(Evidence::ping)},
      {"silence, on the deadline", Record().opened().text("a").at(2000), close_or_accepted,
       Given(target).no_ping().deadline(), passes_by(Evidence::silence)},
      {"a reply is not weak", Record().opened().text("a").at(10).says("pong 1").at(20),
       close_or_accepted, Given(target).awaits_reply(like("^pong 1$"), 0, true),
       passes_by(Evidence::message)},
      {"an echo is not weak",
       Record().opened().text("a").at(10).echo().at(20),
       close_or_accepted,
       {},
       passes()},
  };
}

JUDGE_RULE(drop_beside_http, "any_of: beside http alone, a drop is a refusal without an answer") {
  const auto refused = any_of({http({400}), drops()});
  return {
      {"the answer", Record().connected().at(5).answered(400), refused, {}, passes()},
      {"no answer, but the end",
       Record().connected().at(5).eof(),
       refused,
       {},
       passes(Class::drop)},
      {"neither yet", Record().connected().at(5), refused, {}, waits()},
      {"a 101: its drop is not awaited",
       Record().at(5).opened(),
       refused,
       {},
       fails(Class::accepted, Cause::handshake_accepted)},
      {"a 101, then the end",
       Record().at(5).opened().at(10).eof(),
       refused,
       {},
       fails(Class::accepted, Cause::handshake_accepted)},
      {"refused after a second request, then the end",
       Record().at(5).answered(401).at(10).eof().with(
           [](session::ExchangeRecord& record) { record.asked_again = true; }),
       refused,
       {},
       fails(Class::other_code, Cause::other_status)},
      {"beside a Close too, it is awaited",
       Record().at(5).opened(),
       any_of({http({400}), closes(1002), drops()}),
       {},
       waits()},
      {"another answer",
       Record().connected().at(5).answered(500),
       refused,
       {},
       fails(Class::other_code, Cause::other_status)},
  };
}
