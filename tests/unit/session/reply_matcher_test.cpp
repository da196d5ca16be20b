// ReplyMatcher alone, on a ledger made by hand.
#include "session/reply_matcher.h"

#include <doctest/doctest.h>

namespace wsspec::session {
namespace {

struct Fixture {
  explicit Fixture(bool keep_answers = true) : matcher(record, keep_answers) {}
  ExchangeRecord record;
  ReplyMatcher matcher;

  void sent(std::string_view text, std::uint64_t count = 1, std::size_t kept = 0) {
    LedgerEntry entry;
    entry.payload = wire::to_vector(text.substr(0, kept));
    record.sent.kept_octets += entry.payload.size();
    entry.digest.begin(wire::Opcode::text);
    entry.digest.add(wire::as_octets(text));
    entry.digest.finish();
    entry.count = count;
    entry.end = record.sent.ledger.size() + 1;
    record.sent.ledger.push_back(std::move(entry));
  }
  LedgerEntry& pinged(std::string_view payload) {
    LedgerEntry entry;
    entry.kind = LedgerEntry::Kind::ping;
    entry.payload = wire::to_vector(payload);
    entry.end = record.sent.ledger.size() + 1;
    record.sent.ledger.push_back(std::move(entry));
    return record.sent.ledger.back();
  }
  bool came(std::string_view text, bool in_burst = false, wire::Opcode type = wire::Opcode::text) {
    matcher.begin(type);
    for (const char c : text) matcher.add(wire::as_octets(std::string_view(&c, 1)));
    return matcher.end(net::Clock::now(), in_burst);
  }
  void pong(std::string_view payload) { matcher.pong(wire::as_octets(payload), net::Clock::now()); }
  std::uint64_t answered(std::size_t i) const { return record.sent.ledger[i].answered; }
};

}  // namespace

TEST_CASE("an echo answers the oldest open message that it equals") {
  Fixture f;
  f.sent("a");
  f.sent("a");
  f.sent("b");
  CHECK(f.came("a"));
  CHECK(f.answered(0) == 1);
  CHECK(f.answered(1) == 0);
  CHECK(f.came("b"));
  CHECK(f.record.reordered == 0);  // one was skipped, none is older yet
  CHECK(f.came("a"));
  CHECK(f.record.reordered == 1);
  CHECK(f.record.unsolicited.empty());
  CHECK(f.record.received.size() == 3);
  CHECK(f.record.received[2].serial == 2);
}

TEST_CASE("what equals nothing open is unsolicited; what was answered already is a duplicate too") {
  Fixture f;
  f.sent("a");
  CHECK_FALSE(f.came("b"));
  CHECK_FALSE(f.came("a", false, wire::Opcode::binary));
  CHECK(f.record.duplicates == 0);
  CHECK(f.came("a"));
  CHECK_FALSE(f.came("a"));
  CHECK(f.record.duplicates == 1);
  REQUIRE(f.record.unsolicited.size() == 3);
  f.matcher.expected(0);
  REQUIRE(f.record.unsolicited.size() == 2);
  CHECK(f.record.unsolicited[0].type == wire::Opcode::binary);
}

TEST_CASE("what has come of a message is in the record until the message is complete") {
  Fixture f;
  const auto at = net::Clock::now();
  f.record.last_activity = at;
  CHECK_FALSE(f.came("a"));
  CHECK_FALSE(f.record.unfinished.has_value());
  f.matcher.begin(wire::Opcode::binary);
  REQUIRE(f.record.unfinished.has_value());
  CHECK(f.record.unfinished->length == 0);
  f.record.last_activity = at + std::chrono::seconds(1);
  f.matcher.add(wire::as_octets("bad"));
  f.matcher.add(wire::as_octets("wo"));
  CHECK(f.record.unfinished->type == wire::Opcode::binary);
  CHECK(wire::as_chars(f.record.unfinished->octets) == "badwo");
  CHECK(f.record.unfinished->length == 5);
  CHECK(f.record.unfinished->whole);
  CHECK(f.record.unfinished->serial == 1);
  CHECK(f.record.unfinished->at == at);
  CHECK(f.record.messages == 1);
  const std::string megabyte(1u << 20, 'x');
  f.matcher.add(wire::as_octets(megabyte));
  CHECK(f.record.unfinished->octets.size() == ReplyMatcher::kMaxReceived);
  CHECK(f.record.unfinished->length == megabyte.size() + 5);
  CHECK_FALSE(f.record.unfinished->whole);
  f.matcher.end(at, false);
  CHECK_FALSE(f.record.unfinished.has_value());
  CHECK(f.record.received.back().serial == 1);
}

TEST_CASE("where nothing looks into answers, an echo takes no memory beside what was sent") {
  Fixture f(false);
  f.sent("hello", 1, 5);
  f.sent("hello", 1, 5);
  f.sent("hello again", 1, 8);  // of that one the rest is not known any more
  f.matcher.begin(wire::Opcode::text);
  f.matcher.add(wire::as_octets("hell"));
  CHECK(f.record.unfinished->octets.capacity() == 0);
  CHECK(f.record.unfinished->length == 4);
  f.matcher.add(wire::as_octets("o"));
  CHECK(f.matcher.end(net::Clock::now(), false));
  CHECK(f.record.received[0].length == 5);
  CHECK(f.record.received[0].octets.empty());
  CHECK_FALSE(f.record.received[0].whole);
  CHECK(f.record.sent.ledger[0].payload.empty());
  CHECK(f.record.sent.kept_octets == 13);
  // It is the echo of a later one: not known before its end.
  CHECK(f.came("hello again"));
  CHECK(f.record.received[1].octets.empty());
  CHECK(f.record.sent.kept_octets == 5);
}

TEST_CASE("where nothing looks into answers, what is none has all its octets") {
  const auto got = [](std::string_view ours, std::size_t kept, std::string_view theirs,
                      bool at_once, wire::Opcode type = wire::Opcode::text) {
    Fixture f(false);
    f.sent(ours, 1, kept);
    if (at_once) {
      f.matcher.begin(type);
      f.matcher.add(wire::as_octets(theirs));
      f.matcher.end(net::Clock::now(), false);
    } else {
      f.came(theirs, false, type);
    }
    CHECK(f.answered(0) == 0);
    CHECK(f.record.unsolicited.size() == 1);
    const Received& one = f.record.received.at(0);
    CHECK(one.length == theirs.size());
    CHECK(one.whole == (one.octets.size() == theirs.size()));
    return std::string(wire::as_chars(one.octets));
  };
  for (const bool at_once : {true, false}) {
    CHECK(got("hello", 5, "help!", at_once) == "help!");
    CHECK(got("hello", 5, "hell", at_once) == "hell");
    CHECK(got("hello", 5, "hello!", at_once) == "hello!");
    CHECK(got("hello", 5, "Hello", at_once) == "Hello");
    CHECK(got("hello", 0, "help!", at_once) == "help!");
    CHECK(got("hello", 5, "", at_once).empty());
    CHECK(got("hello", 5, "hello", at_once, wire::Opcode::binary) == "hello");
    CHECK(got("hello", 2, "hxllo", at_once) == "hxllo");
    // Equal as far as ours is known: what follows cannot be compared.
    CHECK(got("hello", 2, "help!", false) == "he");
  }
}

TEST_CASE("what was compared with a message that is forgotten keeps its octets") {
  Fixture f(false);
  f.sent("hello", 1, 5);
  f.matcher.begin(wire::Opcode::text);
  f.matcher.add(wire::as_octets("hel"));
  f.matcher.forget();
  f.matcher.add(wire::as_octets("p!"));
  CHECK_FALSE(f.matcher.end(net::Clock::now(), false));
  CHECK(wire::as_chars(f.record.received.at(0).octets) == "help!");
}

TEST_CASE("the list of unsolicited messages is bounded, the newest messages are kept") {
  Fixture f;
  for (int i = 0; i < 5000; ++i) f.came("x");
  CHECK(f.record.unsolicited.size() == ExchangeRecord::kUnsolicited);
  CHECK(f.record.received.size() == 4096);
  CHECK(f.record.received.back().serial == 4999);
  CHECK(f.record.messages == 5000);
  Fixture large;
  const std::string megabyte((1u << 20) + 1, 'x');
  for (int i = 0; i < 6; ++i) {
    large.matcher.begin(wire::Opcode::text);
    large.matcher.add(wire::as_octets(megabyte));
    large.matcher.end(net::Clock::now(), false);
  }
  CHECK(large.record.received.size() == 4);
  CHECK_FALSE(large.record.received[0].whole);
  CHECK(large.record.received[0].octets.size() == ReplyMatcher::kMaxReceived);
}

TEST_CASE(
    "a burst's entry takes as many echoes as rounds went out, and their octets are not kept") {
  Fixture f;
  f.sent("a", 3);
  f.sent("b", 3);
  for (const char* text : {"a", "b", "a", "b", "b", "a"}) CHECK(f.came(text, true));
  CHECK_FALSE(f.came("a", true));
  CHECK(f.answered(0) == 3);
  CHECK(f.answered(1) == 3);
  CHECK(f.record.reordered == 0);
  CHECK(f.record.duplicates == 1);
  CHECK(f.record.received.size() == 1);
}

TEST_CASE("pongs: in order, late, twice, and for a pong of ours") {
  Fixture f;
  f.pinged("1");
  f.sent("a");
  f.pinged("2");
  f.record.sent.pongs.push_back(wire::to_vector(std::string_view("3")));
  f.pong("2");
  CHECK(f.record.reordered_pongs == 0);
  f.came("a");
  f.pong("1");
  CHECK(f.record.late_pongs == 1);
  CHECK(f.record.reordered_pongs == 1);
  f.pong("1");
  CHECK(f.record.duplicate_pongs == 1);
  f.pong("3");
  CHECK(f.record.answered_pongs == 1);
  f.pong("");
  f.pong("unasked");
  CHECK(f.record.duplicate_pongs == 1);
  CHECK(f.record.answered_pongs == 1);
  f.record.sent.pongs.emplace_back();  // an empty one
  f.pong("");
  CHECK(f.record.answered_pongs == 2);
}

TEST_CASE("of equal pings one before our fault is believed to be the answered one") {
  Fixture f;
  f.pinged("x");
  f.pinged("x");
  f.record.sent.fault.source = Fault::Source::marked;
  f.record.sent.fault.settled = true;
  f.record.sent.fault.after = 1;
  f.pong("x");
  CHECK(f.answered(0) == 1);
  CHECK(f.answered(1) == 0);
  f.pong("x");
  CHECK(f.answered(1) == 1);
}

TEST_CASE("the pong for the probe is known by its payload") {
  Fixture f;
  f.pinged("probe").own_probe = true;
  f.matcher.expect_probe("probe");
  f.pong("other");
  CHECK_FALSE(f.record.pong_for_probe_at);
  f.pong("probe");
  CHECK(f.record.pong_for_probe_at);
}

TEST_CASE("after its Close the other side owes pongs for pings that crossed it, and no more") {
  Fixture f;
  f.pinged("1");
  f.pinged("2").after_own_close = true;
  CHECK(f.matcher.owes_pong());
  CHECK_FALSE(f.matcher.owes_pong());
  Fixture answers_ours;
  answers_ours.pinged("1");
  answers_ours.record.closer = result::Closer::client;
  CHECK_FALSE(answers_ours.matcher.owes_pong());
  Fixture as_server;
  as_server.pinged("1");
  as_server.record.role = wire::Role::server;
  as_server.record.closer = result::Closer::client;
  CHECK(as_server.matcher.owes_pong());
}

TEST_CASE("answers that were asked for are taken in order; forgotten ones do not count") {
  Fixture f;
  f.sent("a");
  f.pinged("p");
  f.sent("b");
  f.matcher.take_answers(1);
  CHECK(f.record.sent.ledger[0].consumed);
  CHECK_FALSE(f.record.sent.ledger[2].consumed);
  f.came("x");
  f.matcher.forget();
  CHECK(f.record.sent.ledger.empty());
  CHECK(f.record.unsolicited.empty());
  f.sent("c");
  CHECK(f.came("c"));
}

}  // namespace wsspec::session
