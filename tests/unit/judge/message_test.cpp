// Messages that a step asks for: which one fits, and what else may come before it.
#include <functional>

#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;
using Type = scenario::MessageRule::Type;

JUDGE_RULE(any_message, "message: one that no step has taken") {
  return {
      {"one", Record().opened().at(5).says("a"), message(), {}, passes_with(0)},
      {"the first of two",
       Record().opened().at(5).says("a").says("b"),
       message(),
       {},
       passes_with(0)},
      {"the second, the first is taken", Record().opened().at(5).says("a").says("b"), message(),
       Given().taken_messages(1), passes_with(1)},
      {"all are taken", Record().opened().at(5).says("a").says("b"), message(),
       Given().taken_messages(2), waits()},
      {"none", Record().opened().at(5), message(), {}, waits()},
      {"none until the deadline", Record().opened().at(2000), message(), Given().deadline(),
       fails(Class::hung, Cause::no_such_message)},
      {"a Close in its place",
       Record().opened().at(5).close(1008),
       message(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"a drop in its place",
       Record().opened().at(5).eof(),
       message(),
       {},
       fails(Class::drop, Cause::ended_without_close)},
      {"a refusal in its place",
       Record().at(5).answered(404),
       message(),
       {},
       fails(Class::other_code, Cause::handshake_refused)},
      {"before the Close",
       Record().opened().at(5).says("a").close(1000),
       message(),
       {},
       passes_with(0)},
      {"an empty one is one", Record().opened().at(5).says(""), message(), {}, passes_with(0)},
      {"an echo is one", Record().opened().text("a").at(5).echo(), message(), {}, passes_with(0)},
  };
}

JUDGE_RULE(types, "message type: text or binary") {
  return {
      {"text for text",
       Record().opened().at(5).says("a"),
       message(typed(Type::text)),
       {},
       passes_with(0)},
      {"binary for text", Record().opened().at(5).says_binary("a").at(2000),
       message(typed(Type::text)), Given().deadline(), fails(Class::none, Cause::no_message_fits)},
      {"binary for binary",
       Record().opened().at(5).says_binary("a"),
       message(typed(Type::binary)),
       {},
       passes_with(0)},
      {"text for binary", Record().opened().at(5).says("a").at(2000), message(typed(Type::binary)),
       Given().deadline(), fails(Class::none, Cause::no_message_fits)},
      {"the text after a binary one",
       Record().opened().at(5).says_binary("a").says("b"),
       message(typed(Type::text)),
       {},
       passes_with(1)},
  };
}

JUDGE_RULE(equals, "message equals: these octets and no others") {
  const Given over = Given().deadline();
  return {
      {"equal", Record().opened().at(5).says("abc"), message(equal_to("abc")), {}, passes_with(0)},
      {"another octet", Record().opened().at(5).says("abd").at(2000), message(equal_to("abc")),
       over, fails(Class::none, Cause::no_message_fits)},
      {"one octet more", Record().opened().at(5).says("abcd").at(2000), message(equal_to("abc")),
       over, fails(Class::none, Cause::no_message_fits)},
      {"one octet less", Record().opened().at(5).says("ab").at(2000), message(equal_to("abc")),
       over, fails(Class::none, Cause::no_message_fits)},
      {"empty for empty",
       Record().opened().at(5).says(""),
       message(equal_to("")),
       {},
       passes_with(0)},
      {"not empty", Record().opened().at(5).says("a").at(2000), message(equal_to("")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"only its head was kept", Record().opened().at(5).says_long("ab", 3).at(2000),
       message(equal_to("abc")), over, fails(Class::none, Cause::no_message_fits)},
      {"others before it are passed over",
       Record().opened().at(5).says("x").says("y").says("abc"),
       message(equal_to("abc")),
       {},
       passes_with(2)},
  };
}

JUDGE_RULE(matches, "message matches: the pattern is found in the first MiB") {
  const std::string far = std::string(std::size_t{1} << 20, 'x') + "needle";
  const std::string near = std::string((std::size_t{1} << 20) - 6, 'x') + "needle";
  const Given over = Given().deadline();
  return {
      {"anywhere",
       Record().opened().at(5).says("a welcome to you"),
       message(like("welcome")),
       {},
       passes_with(0)},
      {"anchored", Record().opened().at(5).says("a welcome to you").at(2000),
       message(like("^welcome")), over, fails(Class::none, Cause::no_message_fits)},
      {"the end of the first MiB",
       Record().opened().at(5).says(near),
       message(like("needle")),
       {},
       passes_with(0)},
      {"beyond it", Record().opened().at(5).says(far).at(2000), message(like("needle")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"the second message",
       Record().opened().at(5).says("no").says("needle"),
       message(like("needle")),
       {},
       passes_with(1)},
  };
}

JUDGE_RULE(json, "message json: pointers lead to these values") {
  const auto said = [](std::string_view text) -> Seen {
    return Record().opened().at(5).says(text).at(2000);
  };
  const Given over = Given().deadline();
  scenario::MessageRule two = json_at("/a", "1");
  two.json.emplace_back("/b/0", "\"x\"");
  return {
      {"a string",
       said("{\"type\":\"error\"}"),
       message(json_at("/type", "\"error\"")),
       {},
       passes_with(0)},
      {"another string", said("{\"type\":\"ok\"}"), message(json_at("/type", "\"error\"")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"values are compared, not their text",
       said("{ \"n\" : 1.0 }"),
       message(json_at("/n", "1")),
       {},
       passes_with(0)},
      {"a number is no string", said("{\"n\":\"1\"}"), message(json_at("/n", "1")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"the pointer leads nowhere", said("{\"a\":{}}"), message(json_at("/a/b", "null")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"an index that is none", said("{\"a\":[1]}"), message(json_at("/a/x", "1")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"null is a value",
       said("{\"a\":{\"b\":null}}"),
       message(json_at("/a/b", "null")),
       {},
       passes_with(0)},
      {"both of two", said("{\"a\":1,\"b\":[\"x\"]}"), message(two), {}, passes_with(0)},
      {"one of two", said("{\"a\":1,\"b\":[\"y\"]}"), message(two), over,
       fails(Class::none, Cause::no_message_fits)},
      {"no JSON", said("{\"type\":"), message(json_at("/type", "\"error\"")), over,
       fails(Class::none, Cause::no_message_fits)},
      {"JSON of bad UTF-8", said("{\"type\":\"error\",\"x\":\"\xff\"}"),
       message(json_at("/type", "\"error\"")), over, fails(Class::none, Cause::no_message_fits)},
      {"the whole document", said("[1,2]"), message(json_at("", "[1,2]")), {}, passes_with(0)},
  };
}

JUDGE_RULE(message_next, "message next: no other message comes first") {
  const Given next = Given().next();
  return {
      {"it is the first", Record().opened().at(5).says("abc").says("x"), message(equal_to("abc")),
       next, passes_with(0)},
      {"another one is", Record().opened().at(5).says("x").says("abc"), message(equal_to("abc")),
       next, fails(Class::none, Cause::other_message_first)},
      {"another one came, and it did not yet", Record().opened().at(5).says("x"),
       message(equal_to("abc")), next, fails(Class::none, Cause::other_message_first)},
      {"none came", Record().opened().at(5), message(equal_to("abc")), next, waits()},
      {"the other one is taken", Record().opened().at(5).says("x").says("abc"),
       message(equal_to("abc")), Given(next).taken_messages(1), passes_with(1)},
  };
}

// What was compared once is not compared again: the rule asks for the messages after those.
TEST_CASE("find_message: a message that did not fit is not read again, the one that did is") {
  session::ExchangeRecord record = static_cast<Seen>(Record().opened().says("a").says("b")).record;
  const auto rule = like("^[bc]$");
  judge::Searched searched;
  const session::Received* found = judge::find_message(rule, record, 0, &searched);
  REQUIRE(found != nullptr);
  CHECK(found->serial == 1);
  CHECK(searched.at(&rule) == 1);
  record.received[0].octets = {'c'};  // not seen: it was passed over
  found = judge::find_message(rule, record, 0, &searched);
  REQUIRE(found != nullptr);
  CHECK(found->serial == 1);
  const auto other = like("^z$");
  CHECK(judge::find_message(other, record, 0, &searched) == nullptr);
  CHECK(searched.at(&other) == 2);
  record.received[1].octets = {'z'};
  CHECK(judge::find_message(other, record, 0, &searched) == nullptr);
  CHECK(judge::find_message(other, record, 0, nullptr) == &record.received[1]);
  CHECK(judge::find_message(other, record, 2, nullptr) == nullptr);
}

TEST_CASE("find_message: in a stream what fits may begin in one message and end in another") {
  session::ExchangeRecord record;
  const auto received = [&](const std::string& octets) {
    session::Received one;
    one.type = wire::Opcode::binary;
    one.octets.assign(octets.begin(), octets.end());
    one.length = octets.size();
    one.serial = record.messages++;
    record.received.push_back(std::move(one));
  };
  received("..hel");
  received("lo..");
  scenario::MessageRule rule;
  rule.equals = scenario::Payload::text("hello");
  CHECK(judge::find_message(rule, record, 0, nullptr) == nullptr);
  CHECK(judge::find_message(rule, record, 0, nullptr, true) == &record.received[1]);
  CHECK(judge::find_message(rule, record, 1, nullptr, true) == nullptr);
  rule.type = scenario::MessageRule::Type::text;
  CHECK(judge::find_message(rule, record, 0, nullptr, true) == nullptr);
}
