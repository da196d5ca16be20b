// Every rule of MessageReader by one literal stream each: the kind, the code, the very octet that
// proves it, and the clause a user reads.
#include <doctest/doctest.h>

#include <array>

#include "event_log.h"
#include "hex.h"
#include "wire/message.h"

namespace wsspec::wire {
namespace {

using test::EventLog;
using test::hex;
using test::operator+;
using Kind = ViolationKind;

struct Row {
  Kind kind;
  OctetVector stream;
  std::uint64_t at;
  std::string what;
  std::string section;
  Role sender = Role::server;
  std::uint16_t code = 1002;
  std::uint64_t at_in_message = 0;
  bool truncated = false;
};

std::vector<Row> rows() {
  const OctetVector mask = hex("00 00 00 00");
  return {
      {Kind::unmasked, hex("81 01 41"), 1, "a frame from the client without a mask", "5.1",
       Role::client},
      {Kind::masked, hex("81 81 00 00 00 00 41"), 1, "a masked frame", "5.1"},
      {Kind::rsv, hex("c1 01 41"), 0, "RSV1 set without an extension that gives it a meaning",
       "5.2"},
      {Kind::rsv, hex("b9 00"), 0, "RSV2 and RSV3 set without an extension that gives it a meaning",
       "5.2"},
      {Kind::reserved_opcode, hex("83 00"), 0, "a frame with the reserved opcode 0x3", "5.2"},
      {Kind::reserved_opcode, hex("8b 00"), 0, "a frame with the reserved opcode 0xb", "5.2"},
      {Kind::length_not_shortest, hex("81 7e 00 7d") + OctetVector(125, 'a'), 3,
       "a length of 125 written in 16 bits", "5.2"},
      {Kind::length_not_shortest, hex("82 7f 00 00 00 00 00 00 ff ff"), 7,
       "a length of 65535 written in 64 bits", "5.2"},
      {Kind::length_not_shortest, hex("89 7e 00 01 41"), 1, "a length of 1 written in 16 bits",
       "5.2"},
      {Kind::length_msb, hex("82 7f 80 00 00 00 00 00 00 00"), 2,
       "a 64-bit length with its top bit set", "5.2"},
      {Kind::control_fragmented, hex("09 00"), 0, "a fragmented ping frame (FIN is 0)", "5.5"},
      {Kind::control_too_long, hex("89 7e 00 7e") + OctetVector(126, 'a'), 1,
       "a ping frame of 126 octets, where a control frame may have 125", "5.5"},
      {Kind::continuation_without_start, hex("80 01 41"), 0,
       "a continuation frame without a message to continue", "5.4"},
      {Kind::continuation_without_start, hex("81 01 41 80 01 41"), 3,
       "a continuation frame without a message to continue", "5.4"},
      {Kind::data_inside_fragmented, hex("01 01 41 82 01 41"), 3,
       "a binary frame inside a message that is not finished", "5.4"},
      {Kind::text_not_utf8, hex("81 03 41 c0 af"), 3,
       "a text message that is not UTF-8, by its octet 1", "8.1", Role::server, 1007, 1},
      {Kind::text_not_utf8, hex("01 02 e2 82 89 00 80 01 41"), 8,
       "a text message that is not UTF-8, by its octet 2", "8.1", Role::server, 1007, 2},
      {Kind::text_not_utf8, hex("81 84 01 02 03 04 40 f6 93 84"), 8,
       "a text message that is not UTF-8, by its octet 2", "8.1", Role::client, 1007, 2},
      {Kind::text_not_utf8, hex("81 02 41 c3"), 4,
       "a text message that ends inside a UTF-8 character", "8.1", Role::server, 1007, 2, true},
      {Kind::text_not_utf8, hex("01 01 c3 80 00"), 5,
       "a text message that ends inside a UTF-8 character", "8.1", Role::server, 1007, 1, true},
      {Kind::close_body_one_octet, hex("88 01 03"), 1,
       "a Close frame with a body of one octet, where a code needs two", "5.5.1"},
      {Kind::close_code_invalid, hex("88 02 03 ed"), 3,
       "a Close frame with code 1005: it never travels", "7.4"},
      {Kind::close_code_invalid, hex("88 02 00 00"), 2,
       "a Close frame with code 0: below 1000 no codes are used", "7.4"},
      {Kind::close_code_invalid, hex("88 82 ff ff ff ff ec 77"), 7,
       "a Close frame with code 5000: above 4999 no codes exist", "7.4", Role::client},
      {Kind::close_code_invalid, hex("88 02 14 00"), 2,
       "a Close frame with code 5120: above 4999 no codes exist", "7.4"},
      {Kind::close_reason_not_utf8, hex("88 05 03 e8 41 ed a0"), 6,
       "a Close reason that is not UTF-8, by its octet 2", "5.5.1", Role::server, 1007, 2},
      {Kind::close_reason_not_utf8, hex("88 03 03 e8 c3"), 5,
       "a Close reason that ends inside a UTF-8 character", "5.5.1", Role::server, 1007, 1, true},
      {Kind::after_close, hex("88 02 03 e8 81 01 41"), 4, "a frame (text) after a Close frame",
       "5.5.1"},
      {Kind::after_close, hex("88 00 88 00"), 2, "a frame (close) after a Close frame", "5.5.1"},
  };
}

TEST_CASE("each violation is told with its kind, code, clause, section and proving octet") {
  for (const Row& row : rows()) {
    CAPTURE(row.what);
    for (const bool keep_going : {false, true}) {
      for (const bool octet_by_octet : {false, true}) {
        EventLog log;
        MessageReader reader({row.sender, keep_going, 0}, log);
        for (Octets rest = row.stream; !rest.empty();) {
          const std::size_t size = octet_by_octet ? 1 : rest.size();
          const std::size_t taken = reader.feed(rest.first(size));
          if (keep_going) CHECK(taken == size);
          rest = rest.subspan(size);
        }
        REQUIRE(log.violations.size() == 1);
        const Violation& violation = log.violations[0];
        CHECK(violation.kind == row.kind);
        CHECK(violation.code == row.code);
        CHECK(violation.at == row.at);
        CHECK(violation.what == row.what);
        CHECK(violation.section == "RFC 6455 " + row.section);
        CHECK(violation.at_in_message == row.at_in_message);
        CHECK(violation.truncated == row.truncated);
        CHECK(reader.stopped() == !keep_going);
        // Nothing is reported after it but a Close with a bad body: its code is wanted in reports.
        const bool bad_body = row.kind == Kind::close_body_one_octet ||
                              row.kind == Kind::close_code_invalid ||
                              row.kind == Kind::close_reason_not_utf8;
        if (bad_body) {
          REQUIRE(log.lines.size() == 2);
          CHECK(log.lines[0] == test::line(violation));
          CHECK(log.lines[1].starts_with("close "));
        } else if (!keep_going) {
          CHECK(log.lines.back() == test::line(violation));
        }
      }
    }
  }
}

TEST_CASE("exactly the codes that the sender may use are accepted in a Close frame") {
  for (const Role sender : {Role::client, Role::server}) {
    for (unsigned code = 0; code <= 0xffff; ++code) {
      const bool good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1009) ||
                        (code == 1010 && sender == Role::client) ||
                        (code >= 1011 && code <= 1014) || (code >= 3000 && code <= 4999);
      EventLog log;
      MessageReader reader({sender}, log);
      FrameHeader header;
      header.opcode = 8;
      header.masked = masks(sender);
      const std::array<std::uint8_t, 2> body{static_cast<std::uint8_t>(code >> 8),
                                             static_cast<std::uint8_t>(code)};
      reader.feed(encode_frame(header, body));
      const bool accepted = log.violations.empty() && log.lines.size() == 1 &&
                            log.lines[0].ends_with(fmt::format(" {} []", code));
      if (accepted != good) FAIL_CHECK("code " << code << " of the " << role_name(sender));
      if (!good && log.violations.at(0).kind != Kind::close_code_invalid) FAIL_CHECK(code);
    }
  }
}

TEST_CASE("a server may echo the client's Close 1010, but not begin with it") {
  const OctetVector close = hex("88 02 03 f2");
  EventLog own, echo, other;
  MessageReader first({Role::server}, own), second({Role::server}, echo),
      third({Role::server}, other);
  first.feed(close);
  REQUIRE(own.violations.size() == 1);
  CHECK(own.violations[0].what == "a Close frame with code 1010: it is the client's alone");
  CHECK(own.violations[0].at == 3);
  second.allow_echo_of(1010);
  second.feed(close);
  CHECK(echo.violations.empty());
  third.allow_echo_of(1000);
  third.feed(close);
  CHECK(other.violations.size() == 1);
  // What never travels is not made lawful by being echoed.
  EventLog reserved;
  MessageReader fourth({Role::server}, reserved);
  fourth.allow_echo_of(1005);
  fourth.feed(hex("88 02 03 ed"));
  CHECK(reserved.violations.size() == 1);
}

TEST_CASE("without keep_going nothing is read or reported after the first violation") {
  EventLog log;
  MessageReader reader({}, log);
  const OctetVector stream = hex("81 01 41 83 02 41 42 81 01 43");
  CHECK(reader.feed(stream) == 5);
  CHECK(reader.stopped());
  CHECK(reader.feed(stream) == 0);
  CHECK(reader.position() == 5);
  CHECK(log.lines == std::vector<std::string>{"begin text", "end 3 [A]", "reserved_opcode at 3"});
}

TEST_CASE("reading that stops at bad UTF-8 tells the text up to the proving octet") {
  for (const bool octet_by_octet : {false, true}) {
    EventLog log;
    MessageReader reader({}, log);
    const OctetVector stream = hex("81 05 41 42 ff 43 44");
    for (Octets rest = stream; !rest.empty();) {
      const std::size_t size = octet_by_octet ? 1 : rest.size();
      reader.feed(rest.first(size));
      rest = rest.subspan(size);
    }
    CHECK(log.data == "AB\xff");
    CHECK(log.lines == std::vector<std::string>{"begin text", "text_not_utf8 at 4"});
  }
}

std::vector<std::string> keep_going(const OctetVector& stream, std::uint8_t allowed_rsv = 0) {
  EventLog log;
  MessageReader reader({Role::server, true, allowed_rsv}, log);
  CHECK(reader.feed(stream) == stream.size());
  return log.lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("keep_going tells bad UTF-8 once a message and the message's end") {
  CHECK(keep_going(hex("01 02 ff fe 80 02 ff 41 81 01 42")) ==
        Lines{"begin text", "text_not_utf8 at 2", "end 8 [\xff\xfe\xff\x41]", "begin text",
              "end 11 [B]"});
  CHECK(keep_going(hex("81 01 c3 81 01 c3")) == Lines{"begin text", "text_not_utf8 at 3",
                                                      "end 3 [\xc3]", "begin text",
                                                      "text_not_utf8 at 6", "end 6 [\xc3]"});
}

TEST_CASE("keep_going skips a frame that breaks a framing rule and reads what follows") {
  CHECK(keep_going(hex("83 02 41 42 81 01 43")) ==
        Lines{"reserved_opcode at 0", "begin text", "end 7 [C]"});
  CHECK(keep_going(hex("89 7e 00 7e") + OctetVector(126, 'x') + hex("89 01 41")) ==
        Lines{"control_too_long at 1", "ping 133 [A]"});
  CHECK(keep_going(hex("81 81 00 00 00 00 41 81 01 42")) ==
        Lines{"masked at 1", "begin text", "end 10 [B]"});
}

TEST_CASE("keep_going blames a fault once: not the fragments that follow a skipped first one") {
  CHECK(keep_going(hex("41 01 ff 00 01 ff 89 00 80 01 ff 81 01 42")) ==
        Lines{"rsv at 0", "ping 8 []", "begin text", "end 14 [B]"});
  // A new data frame among them is a fault of its own.
  CHECK(keep_going(hex("41 01 41 81 01 42 80 00")) ==
        Lines{"rsv at 0", "data_inside_fragmented at 3"});
}

TEST_CASE("keep_going does not judge as UTF-8 a text with a skipped fragment") {
  CHECK(keep_going(hex("01 01 c3 40 01 a9 80 01 41")) ==
        Lines{"begin text", "rsv at 3", "end 9 [\xc3\x41]"});
  // The skipped fragment is the last: the message ends with it.
  CHECK(keep_going(hex("01 01 c3 c0 01 a9 81 01 41")) ==
        Lines{"begin text", "rsv at 3", "end 6 [\xc3]", "begin text", "end 9 [A]"});
}

TEST_CASE("keep_going leaves a fragmented message open after a data frame inside it") {
  CHECK(keep_going(hex("01 01 41 81 01 42 80 01 43")) ==
        Lines{"begin text", "data_inside_fragmented at 3", "end 9 [AC]"});
}

TEST_CASE("a Close that breaks a rule of its body is reported with its code after its violation") {
  CHECK(keep_going(hex("88 02 03 ee")) == Lines{"close_code_invalid at 3", "close 4 1006 []"});
  CHECK(keep_going(hex("88 01 03")) == Lines{"close_body_one_octet at 1", "close 3 1005 []"});
  CHECK(keep_going(hex("88 03 03 e8 ff")) ==
        Lines{"close_reason_not_utf8 at 4", "close 5 1000 [\xff]"});
}

TEST_CASE("keep_going reports a violation for each frame after a Close, and no content of it") {
  CHECK(keep_going(hex("88 00 81 01 ff 83 00 01 01 41 80 00 88 00")) ==
        Lines{"close 2 1005 []", "after_close at 2", "after_close at 5", "after_close at 7",
              "after_close at 10", "after_close at 12"});
  // A Close is a Close even if it was skipped.
  CHECK(keep_going(hex("08 00 81 01 41")) == Lines{"control_fragmented at 0", "after_close at 2"});
}

TEST_CASE("a frame that breaks two rules is told by the one that its earlier octet proves") {
  CHECK(keep_going(hex("c9 7e 00 01 41")) == Lines{"rsv at 0"});
  CHECK(keep_going(hex("82 ff 80 00 00 00 00 00 00 00 00 00 00 00")) == Lines{"masked at 1"});
}

TEST_CASE("an extension's RSV bit is allowed on the first frame of a data message only") {
  // The text is compressed then: its octets are not judged.
  CHECK(keep_going(hex("41 01 ff 80 01 ff"), 4) == Lines{"begin text", "end 6 [\xff\xff]"});
  CHECK(keep_going(hex("81 01 ff"), 4) ==
        Lines{"begin text", "text_not_utf8 at 2", "end 3 [\xff]"});
  CHECK(keep_going(hex("a1 01 41"), 4) == Lines{"rsv at 0"});
  EventLog log;
  MessageReader reader({Role::server, true, 4}, log);
  reader.feed(hex("c9 00 41 01 41 c0 01 41"));
  REQUIRE(log.violations.size() == 2);
  CHECK(log.violations[0].what == "RSV1 set on a control frame");
  CHECK(log.violations[1].what == "RSV1 set on a continuation frame");
}

}  // namespace
}  // namespace wsspec::wire
