// What a server sends besides what was asked for: for each kind a record that shows it, and the
// nearest ones that do not.
#include "judge/conduct.h"

#include <doctest/doctest.h>

#include "records.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;

namespace {

struct Row {
  std::string name;
  Seen seen;
  Given given;
  Cause cause = Cause::none;
  std::uint64_t count = 0;
};

auto pongs(std::uint64_t session::ReceivedRecord::*counter) {
  return [=](session::ExchangeRecord& record) { record.*counter = 1; };
}

}  // namespace

TEST_CASE("what an echo server sends of its own") {
  const Row rows[] = {
      {"an echo", Record().opened().text("one").echo(), Given()},
      {"an echo, and again", Record().opened().text("one").echo().repeats(2), Given(),
       Cause::answered_twice, 2},
      {"an echo, and again, of a chatty endpoint", Record().opened().text("one").echo().repeats(2),
       Given().chatty()},
      {"an echo in another order",
       Record().opened().text("one").echo().with(
           [](session::ExchangeRecord& record) { record.reordered = 1; }),
       Given(), Cause::echoes_reordered},
      {"an answer to a pong",
       Record().opened().text("one").echo().with(pongs(&session::ReceivedRecord::answered_pongs)),
       Given(), Cause::pong_answered},
      {"an answer to a pong, of an endpoint that does not echo",
       Record().opened().with(pongs(&session::ReceivedRecord::answered_pongs)), Given().no_echo(),
       Cause::pong_answered},
      {"two pongs for a ping",
       Record().opened().text("one").echo().with(pongs(&session::ReceivedRecord::duplicate_pongs)),
       Given(), Cause::ping_answered_twice},
      {"fragments as messages", Record().opened().text("middle").says("").echo().says(""), Given(),
       Cause::unsolicited_messages, 2},
      {"a greeting", Record().opened().says("welcome").text("one").echo(), Given().greets()},
      {"a greeting, and a word more",
       Record().opened().says("welcome").text("one").echo().says("?"), Given().greets(),
       Cause::unsolicited_messages, 1},
      {"a greeting of a target that does not greet", Record().opened().says("welcome"), Given(),
       Cause::unsolicited_messages, 1},
      {"a chatty endpoint", Record().opened().text("one").echo().says("news"), Given().chatty()},
      {"an endpoint that does not echo", Record().opened().says("news"), Given().no_echo()},
      {"what a policy lets a server say", Record().opened().text("one").echo().says("a warning"),
       Given().about_policy()},
      {"the same by a requirement", Record().opened().text("one").echo().says("a warning"),
       Given().requires_("policy.message_rate")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto found = judge::misconduct(row.seen.record, row.given.facts, row.given.scenario);
    CHECK(result::cause_name(found ? found->cause : Cause::none) == result::cause_name(row.cause));
    if (row.count > 0) CHECK((found && found->count == row.count));
  }
}
