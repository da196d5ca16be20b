// What a scenario may send to a target that promises something.
#include "engine/promises.h"

#include <doctest/doctest.h>

#include "loader/load.h"

using namespace wsspec;
using namespace wsspec::engine;
using result::Cause;
using scenario::Item;
using std::chrono::milliseconds;

namespace {

Item item(Item::Kind kind, std::uint64_t octets) {
  Item out;
  out.kind = kind;
  out.payload = scenario::Payload::repeat(scenario::Payload::text("a"), octets);
  return out;
}

Item continuation(std::uint64_t octets, bool fin) {
  Item out = item(Item::Kind::frame, octets);
  out.frame.opcode = 0;
  out.frame.fin = fin;
  return out;
}

scenario::Profile profile(const std::string& policies) {
  auto out = loader::load_profile({"p.json", "{\"policy\": {" + policies + "}}", false}, {});
  REQUIRE(out.problems.empty());
  return out.profile;
}

/// What it breaks: none where it may be sent.
Cause broken(const std::string& policies, const std::vector<Item>& items, std::uint64_t rounds = 1,
             const scenario::Carrier& carrier = {}, const session::SentRecord& before = {},
             const scenario::Scenario& scenario = {}) {
  const auto declared = profile(policies);
  const auto fact = Promises(declared, scenario).broken_by(Sending{items, rounds}, carrier, before);
  return fact ? fact->cause : Cause::none;
}

}  // namespace

TEST_CASE("sizes: a message with its carrier, its frames, its fragments") {
  const auto text = item(Item::Kind::text, 100);
  CHECK(broken(R"("message_bytes": 100)", {text}) == Cause::none);
  CHECK(broken(R"("message_bytes": 99)", {text}) == Cause::message_above_promise);
  scenario::Carrier carrier;
  carrier.suffix = scenario::Payload::text("}");
  CHECK(broken(R"("message_bytes": 100)", {text}, 1, carrier) == Cause::message_above_promise);
  CHECK(broken(R"("frame_bytes": 99)", {text}) == Cause::frame_above_promise);
  Item cut = text;
  cut.fragments.each = 10;
  CHECK(broken(R"("frame_bytes": 10, "fragments": 10)", {cut}) == Cause::none);
  CHECK(broken(R"("fragments": 9)", {cut}) == Cause::fragments_above_promise);
  cut.fragments = {};
  cut.fragments.sizes = {60, 20};
  CHECK(broken(R"("fragments": 3, "frame_bytes": 60)", {cut}) == Cause::none);
  CHECK(broken(R"("fragments": 2)", {cut}) == Cause::fragments_above_promise);
  CHECK(broken(R"("frame_bytes": 59)", {cut}) == Cause::frame_above_promise);
}

TEST_CASE("sizes: a message that was begun before goes on, in frames and in rounds of them") {
  session::SentRecord before;
  before.in_message = true;
  before.open_octets = 90;
  before.open_frames = 2;
  const std::vector<Item> more{continuation(10, false)};
  CHECK(broken(R"("message_bytes": 100, "fragments": 3)", more, 1, {}, before) == Cause::none);
  CHECK(broken(R"("message_bytes": 99)", more, 1, {}, before) == Cause::message_above_promise);
  CHECK(broken(R"("fragments": 3)", more, 2, {}, before) == Cause::fragments_above_promise);
  const std::vector<Item> next{continuation(10, true), item(Item::Kind::text, 100)};
  CHECK(broken(R"("message_bytes": 100)", next, 1, {}, before) == Cause::none);
}

TEST_CASE("types: items and frames in octets of the script's own") {
  const std::string text_only = R"("text_only": true)";
  CHECK(broken(text_only, {item(Item::Kind::text, 1)}) == Cause::none);
  CHECK(broken(text_only, {item(Item::Kind::binary, 1)}) == Cause::policy_declared);
  Item bytes = item(Item::Kind::bytes, 0);
  bytes.payload = scenario::Payload::octets({0x82, 0x80, 0, 0, 0, 0});
  CHECK(broken(text_only, {bytes}) == Cause::policy_declared);
  CHECK(broken(R"("binary_only": true)", {bytes}) == Cause::none);
  session::SentRecord inside;
  inside.at_frame_boundary = false;
  CHECK(broken(text_only, {bytes}, 1, {}, inside) == Cause::none);
}

TEST_CASE("rates: what comes at once, and a script that would wait for too long") {
  const std::string rate = R"("message_rate": {"limit": 5, "window_ms": 1000})";
  const std::vector<Item> one{item(Item::Kind::text, 1)};
  CHECK(broken(rate, one, 5) == Cause::none);
  CHECK(broken(rate, one, 6) == Cause::burst_above_promise);
  CHECK(broken(R"("message_rate": 5, "bucket": 2)", one, 3) == Cause::burst_above_promise);
  CHECK(broken(R"("byte_rate": 99)", {item(Item::Kind::binary, 100)}) ==
        Cause::burst_above_promise);
  CHECK(broken(R"("message_rate": 5)", {item(Item::Kind::ping, 1)}, 100) == Cause::none);
  CHECK(broken(R"("control_rate": 5)", {item(Item::Kind::ping, 1)}, 6) ==
        Cause::burst_above_promise);

  const auto declared = profile(rate);
  scenario::Scenario scenario;
  scenario.steps.resize(1);
  scenario::RepeatStep repeat;
  repeat.times = 10;
  repeat.steps.resize(1);
  repeat.steps[0].what = scenario::SendStep{one};
  scenario.steps[0].what = repeat;
  CHECK_FALSE(Promises(declared, scenario).broken_by(scenario));
  std::get<scenario::RepeatStep>(scenario.steps[0].what).times = 100;
  const auto fact = Promises(declared, scenario).broken_by(scenario);
  REQUIRE(fact);
  CHECK(fact->cause == Cause::waits_above_promise);
  CHECK(fact->count == 100);
  scenario.requires_ = {scenario::requirement_of("policy.message_rate")};
  CHECK_FALSE(Promises(declared, scenario).broken_by(scenario));
}

TEST_CASE("a pace: the limit at once, the next when the first has left the window") {
  const auto start = net::Clock::now();
  Pace pace(2, milliseconds(100));
  CHECK(pace.free_at(2, start) == start);
  pace.take(1, start);
  pace.take(1, start + milliseconds(30));
  CHECK(pace.free_at(1, start + milliseconds(40)) == start + milliseconds(100));
  CHECK(pace.free_at(2, start + milliseconds(40)) == start + milliseconds(130));
  pace.renew(start + milliseconds(50));
  CHECK(pace.free_at(2, start + milliseconds(60)) == start + milliseconds(150));
  CHECK(pace.free_at(2, start + milliseconds(200)) == start + milliseconds(200));
}

TEST_CASE("a subprotocol that is required has to be among those that a scenario offers") {
  const auto declared = profile(R"("subprotocol": {"required": ["a", "b"]})");
  scenario::Scenario scenario;
  CHECK_FALSE(Promises(declared, scenario).broken_by(scenario));
  scenario.connect.subprotocols = {"x", "b"};
  CHECK_FALSE(Promises(declared, scenario).broken_by(scenario));
  scenario.connect.subprotocols = {"x"};
  REQUIRE(Promises(declared, scenario).broken_by(scenario));
  CHECK(Promises(declared, scenario).broken_by(scenario)->cause == Cause::subprotocol_promised);
}

TEST_CASE("a connection's time: a Close of the promised code, when the promised time is over") {
  const auto declared = profile(R"("session_ms": 1000)");
  const Promises promises(declared, {});
  session::ExchangeRecord record;
  record.connected_at = net::Clock::now();
  record.close_at = record.connected_at + milliseconds(1001);
  record.close_code = 1008;
  REQUIRE(promises.ended(record));
  CHECK(promises.ended(record)->cause == Cause::life_above_promise);
  record.close_code = 1011;
  CHECK_FALSE(promises.ended(record));
  record.close_code = 1008;
  record.close_at = record.connected_at + milliseconds(900);
  CHECK_FALSE(promises.ended(record));
}
