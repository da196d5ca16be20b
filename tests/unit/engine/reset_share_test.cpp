// Of several connections that await the same, a reset took it from some.
#include "engine/reset_share.h"

#include <doctest/doctest.h>

using namespace wsspec;
using judge::Judgement;
using result::Cause;
using result::Class;
using scenario::HowMany;

namespace {

using State = Judgement::State;

Judgement matched(Class cls = Class::none) {
  return {.state = State::match, .cls = cls};
}
Judgement differs(Cause cause) {
  return {.state = State::mismatch, .cls = Class::drop, .fact = result::fact(cause)};
}

const Judgement kLost = differs(Cause::reset_without_close);
const Judgement kInOrder = differs(Cause::tcp_ended_in_order);

scenario::ExpectStep a_close() {
  scenario::ExpectStep step;
  step.outcome.kind = scenario::Outcome::Kind::close;
  return step;
}
scenario::ExpectStep no_reset() {
  scenario::ExpectStep step;
  step.outcome.kind = scenario::Outcome::Kind::drop;
  step.outcome.drop.end = scenario::DropRule::End::reset;
  step.how_many = {.kind = HowMany::Kind::at_most, .n = 0};
  return step;
}

}  // namespace

TEST_CASE("a Close that came on some connections and was lost to a reset on others is a share") {
  const auto fact =
      engine::reset_share(a_close(), {matched(), kLost, matched(), kLost, matched()}, true);
  REQUIRE(fact.has_value());
  CHECK(fact->cause == Cause::close_lost_to_reset);
  CHECK(fact->count == 3);
  CHECK(fact->total == 5);
}

TEST_CASE("lost on each: only where another connection shows that there is a Close to lose") {
  CHECK_FALSE(engine::reset_share(a_close(), {kLost, kLost}, false).has_value());
  const auto fact = engine::reset_share(a_close(), {kLost, kLost}, true);
  REQUIRE(fact.has_value());
  CHECK(fact->cause == Cause::close_lost_to_reset);
  CHECK(fact->count == 0);
  CHECK(fact->total == 2);
}

TEST_CASE("resets after a Close, where none may be, are counted under a name of their own") {
  const auto fact = engine::reset_share(no_reset(), {matched(), kInOrder, kInOrder}, true);
  REQUIRE(fact.has_value());
  CHECK(fact->cause == Cause::reset_after_close);
  CHECK(fact->count == 2);
  CHECK(fact->total == 3);
  CHECK_FALSE(engine::reset_share(no_reset(), {kInOrder, kInOrder}, true).has_value());
  // A connection that was reset without a Close is no such thing.
  CHECK_FALSE(engine::reset_share(no_reset(), {matched(Class::drop), kInOrder}, true).has_value());
}

TEST_CASE("no share: one connection alone, another deviation, another count") {
  CHECK_FALSE(engine::reset_share(a_close(), {kLost}, true).has_value());
  CHECK_FALSE(engine::reset_share(a_close(), {matched(), kLost, differs(Cause::other_close)}, true)
                  .has_value());
  CHECK_FALSE(engine::reset_share(a_close(), {matched(), matched()}, true).has_value());
  auto one = a_close();
  one.how_many = {.kind = HowMany::Kind::at_least, .n = 2};
  CHECK_FALSE(engine::reset_share(one, {matched(), kLost}, true).has_value());
}

TEST_CASE("before it fails, the others are awaited only where nothing but resets decides") {
  const Judgement open;  // not judged yet
  CHECK(engine::counts_resets(a_close(), {kLost, open, matched()}));
  CHECK_FALSE(engine::counts_resets(a_close(), {kLost, open, differs(Cause::ended_without_close)}));
  CHECK(engine::counts_resets(no_reset(), {matched(), open}));
  auto one = a_close();
  one.how_many = {.kind = HowMany::Kind::at_least, .n = 2};
  CHECK_FALSE(engine::counts_resets(one, {kLost, open}));
}
