// What a server's own octets show, compared with the echo that was due: for each defect a record
// that shows it, and the nearest ones that do not.
#include "judge/defect.h"

#include <doctest/doctest.h>

#include "records.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using wire::LengthForm;
using wire::ViolationKind;

namespace {

struct Header {
  std::uint8_t opcode = 1;
  std::uint64_t length = 0;
  LengthForm form = LengthForm::bits7;
  std::uint8_t rsv = 0;
  std::uint64_t at = 0;
  std::uint64_t came = 0;
};

session::SeenFrame seen(const Header& header) {
  return {.header = {.rsv = header.rsv,
                     .opcode = header.opcode,
                     .length = header.length,
                     .form = header.form},
          .at = header.at,
          .came = header.came};
}

/// The frame that breaks the rule, and what the octets after the 101 begin with.
auto breaks(ViolationKind kind, Header header, std::string first = {}) {
  return [=](session::ExchangeRecord& record) {
    record.violation = wire::Violation{.kind = kind, .what = "octets", .section = "RFC 6455 5.2"};
    record.frames.last = seen(header);
    record.frames.first_octets = wire::to_vector(first);
  };
}

auto then(Header header) {
  return [=](session::ExchangeRecord& record) { record.frames.after_fault = seen(header); };
}

auto awaits(Header header) {
  return [=](session::ExchangeRecord& record) { record.frames.last = seen(header); };
}

auto close_code(int code) {
  return [=](session::ExchangeRecord& record) { record.close_code = code; };
}

struct Row {
  std::string name;
  Seen seen;
  Cause cause = Cause::none;
  std::string text{};
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto found = judge::defect(row.seen.record);
    CHECK(result::cause_name(found ? found->cause : Cause::none) == result::cause_name(row.cause));
    CHECK((found ? found->text : "") == row.text);
    if (found) CHECK(found->section.starts_with("RFC 6455 5."));
  }
}

const std::string kLong(300, 'x');
const std::string kHuge(70000, 'x');

}  // namespace

TEST_CASE("text after the 101 is no frame") {
  const Header crlf{.opcode = 0xd, .length = 10};
  const auto kind = ViolationKind::reserved_opcode;
  check({
      {"CR LF", Record().opened().with(breaks(kind, crlf, "\r\n")), Cause::text_after_upgrade,
       "text where a frame was due, right after its 101: \"\r\n\""},
      {"a notice, as far as it is text",
       Record().opened().with(breaks(ViolationKind::rsv, crlf, "<br>Notice\x81\x05")),
       Cause::text_after_upgrade,
       "text where a frame was due, right after its 101: \"<br>Notice\""},
      {"more than is kept",
       Record().opened().with(breaks(ViolationKind::rsv, crlf, std::string(64, 'a'))),
       Cause::text_after_upgrade,
       "text where a frame was due, right after its 101: \"" + std::string(64, 'a') + "\"..."},
      {"a fragmented pong whose first octet is a line feed",
       Record().opened().with(
           breaks(ViolationKind::control_fragmented, {.opcode = 10, .length = 1}, "\n\x01p"))},
      {"a header with reserved bits",
       Record().opened().with(breaks(ViolationKind::rsv, crlf, "\xc1\x05hello"))},
      {"a header of two octets that are text by chance",
       Record().opened().with(breaks(ViolationKind::rsv, crlf, "A0\x01\x02"))},
      {"not the first frame",
       Record().opened().with(breaks(kind, {.opcode = 0xd, .at = 9}, "\r\n"))},
      {"no rule is broken", Record().opened().with([](session::ExchangeRecord& record) {
         record.frames.first_octets = wire::to_vector("\r\n");
         record.frames.last = seen({.opcode = 0xd});
       })},
  });
}

TEST_CASE("a Close whose reason is above 123 octets, and other control frames that are too long") {
  const auto kind = ViolationKind::control_too_long;
  check({
      {"a Close",
       Record().opened().with(
           breaks(kind, {.opcode = 8, .length = 300, .form = LengthForm::bits16, .at = 5})),
       Cause::close_reason_too_long, "a Close with a reason of 298 octets, 123 are allowed"},
      {"a pong", Record().opened().with(breaks(
                     kind, {.opcode = 10, .length = 300, .form = LengthForm::bits16, .at = 5}))},
  });
}

TEST_CASE("a Close code that is a frame's header is a second writer's") {
  const auto bad_code = breaks(ViolationKind::close_code_invalid, {.opcode = 8, .at = 5});
  check({
      {"a text frame", Record().opened().with(bad_code).with(close_code(0x8125)),
       Cause::two_writers,
       "a Close whose code, 33061, is the header 0x81 0x25 of another frame (text)"},
      {"a ping", Record().opened().with(bad_code).with(close_code(0x8900)), Cause::two_writers,
       "a Close whose code, 35072, is the header 0x89 0x00 of another frame (ping)"},
      {"a reserved opcode", Record().opened().with(bad_code).with(close_code(0x8325))},
      {"a masked frame", Record().opened().with(bad_code).with(close_code(0x8185))},
      {"a number that never travels", Record().opened().with(bad_code).with(close_code(1006))},
      {"no rule is broken", Record().opened().with(close_code(0x8125))},
  });
}

TEST_CASE("a Close code with its octets swapped, or left out") {
  const auto bad_code = breaks(ViolationKind::close_code_invalid, {.opcode = 8, .at = 5});
  const auto ours = [](int code) {
    return [=](session::ExchangeRecord& record) {
      record.sent.close_code = static_cast<std::uint16_t>(code);
    };
  };
  const auto reason = [](const char* text) {
    return [=](session::ExchangeRecord& record) { record.close_reason = text; };
  };
  check({
      {"1002", Record().opened().with(bad_code).with(close_code(0xea03)), Cause::close_code_swapped,
       "a Close whose code, 59907, is 1002 in the wrong order of its octets"},
      {"1000, while we closed with it",
       Record().opened().with(bad_code).with(close_code(0xe803)).with(ours(1000)),
       Cause::close_code_swapped,
       "a Close whose code, 59395, is 1000 in the wrong order of its octets"},
      {"the code of our own Close comes back",
       Record().opened().with(bad_code).with(close_code(0xea03)).with(ours(0xea03))},
      {"another one above 4999", Record().opened().with(bad_code).with(close_code(5000))},
      {"a reason in its place",
       Record().opened().with(bad_code).with(close_code(0x6761)).with(reason("me over")),
       Cause::close_code_left_out,
       "a Close that begins with a text, \"game over\", in place of a code"},
      {"two letters and no reason", Record().opened().with(bad_code).with(close_code(0x6761))},
      {"a reason that is no text",
       Record().opened().with(bad_code).with(close_code(0x6761)).with(reason("m\x01\x02"))},
      {"a code that travels", Record().opened().with(close_code(1002))},
  });
}

TEST_CASE("a Close after a Close") {
  const auto kind = ViolationKind::after_close;
  check({
      {"the same again", Record().opened().with(breaks(kind, {.opcode = 8, .length = 2, .at = 9})),
       Cause::close_twice, "its Close twice"},
      {"a text", Record().opened().with(breaks(kind, {.opcode = 1, .length = 2, .at = 9}))},
  });
}

TEST_CASE("a length that counts characters") {
  const std::string ours = "h\xc3\xa9h\xc3\xa9";  // 6 octets, 4 characters
  const std::string smile =
      "\xf0\x9f\x98\x80"
      "abc";  // 7 octets, 4 characters, 5 units of UTF-16
  const auto cut = breaks(ViolationKind::text_not_utf8, {.length = 4});
  const auto text = [](int octets, int says) {
    return "a text of " + std::to_string(octets) + " octets in a frame whose header says " +
           std::to_string(says) + ", the number of its characters";
  };
  check({
      {"cut between characters: the rest is read as a header",
       Record()
           .opened()
           .text(ours)
           .says(ours.substr(0, 4))
           .with(breaks(ViolationKind::rsv, {.opcode = 3, .rsv = 4, .at = 6})),
       Cause::length_in_characters, text(6, 4)},
      {"cut inside one: the octets end before a header",
       Record().opened().text("\xc3\xa9").says("\xc3").with(cut), Cause::length_in_characters,
       text(2, 1)},
      {"units of UTF-16",
       Record()
           .opened()
           .text(smile)
           .says(smile.substr(0, 5))
           .with(breaks(ViolationKind::rsv, {.opcode = 2, .rsv = 6, .at = 7})),
       Cause::length_in_characters, text(7, 5)},
      {"another length", Record()
                             .opened()
                             .text(ours)
                             .says(ours.substr(0, 3))
                             .with(breaks(ViolationKind::rsv, {.opcode = 9, .rsv = 2, .at = 5}))},
      {"other octets of that length", Record().opened().text(ours).says("abcd").with(breaks(
                                          ViolationKind::rsv, {.opcode = 3, .rsv = 4, .at = 6}))},
      {"an echo that is cut, and nothing after it",
       Record().opened().text(ours).says(ours.substr(0, 4))},
      {"binary data", Record()
                          .opened()
                          .binary(ours)
                          .says_binary(ours.substr(0, 4))
                          .with(breaks(ViolationKind::rsv, {.opcode = 3, .rsv = 4, .at = 6}))},
      {"it was answered", Record()
                              .opened()
                              .text(ours)
                              .echo()
                              .says(ours.substr(0, 4))
                              .with(breaks(ViolationKind::rsv, {.opcode = 3, .rsv = 4, .at = 6}))},
  });
}

TEST_CASE("one message that comes back as several") {
  const std::string ours = "one and two and three";
  const std::string said = "one message of 21 octets as several, the first of 7";
  const std::string euros = "ab\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";  // 11 octets, 5 characters
  const auto cut = breaks(ViolationKind::text_not_utf8, {.length = 4});
  check({
      {"all of it", Record().opened().text(ours).says("one and").says(" two and").says(" three"),
       Cause::message_split, said},
      {"a piece that ends inside a character, and a header after it",
       Record()
           .opened()
           .text(euros)
           .says(euros.substr(0, 4))
           .with(cut)
           .with(then({.length = 4, .at = 6})),
       Cause::message_split, "one message of 11 octets as several, the first of 4"},
      {"a piece that ends inside a character, and octets that are no header",
       Record()
           .opened()
           .text(euros)
           .says(euros.substr(0, 4))
           .with(cut)
           .with(then({.opcode = 0xc, .rsv = 2, .at = 6}))},
      {"not all of it", Record().opened().text(ours).says("one and").says(" two and")},
      {"one piece", Record().opened().text(ours).says("one and")},
      {"something else in the middle",
       Record().opened().text(ours).says("one and").says(" too and").says(" three")},
      {"more than it was",
       Record().opened().text(ours).says("one and").says(" two and").says(" three and four")},
  });
}

TEST_CASE("a length that is not in network byte order") {
  const auto said = [](std::uint64_t due, std::uint64_t says) {
    return "a message of " + std::to_string(due) + " octets in a frame whose header says " +
           std::to_string(says);
  };
  // 300 = 0x012c, 0x2c01 = 11265; 70000 = 0x11170.
  const Header swapped{.length = 11265, .form = LengthForm::bits16, .came = 300};
  const std::uint64_t high = std::uint64_t{70000} << 32;
  const auto low_half = [](std::uint64_t length, std::uint64_t came) {
    return Header{.length = length, .form = LengthForm::bits64, .came = came};
  };
  Header part = swapped;
  part.came = 299;
  Header other = swapped;
  other.length = 11264;
  check({
      {"16 bits", Record().opened().text(kLong).with(awaits(swapped)), Cause::length_byte_swapped,
       said(300, 11265)},
      {"16 bits whose other half is zero",
       Record()
           .opened()
           .text(std::string(256, 'x'))
           .with(breaks(ViolationKind::length_not_shortest,
                        {.length = 1, .form = LengthForm::bits16})),
       Cause::length_byte_swapped, said(256, 1)},
      {"64 bits in the upper half",
       Record().opened().text(kHuge).with(awaits(low_half(high, 70000))),
       Cause::length_low_half_zero, said(70000, high)},
      {"64 bits that are all zero",
       Record().opened().text(kHuge).with(
           breaks(ViolationKind::length_not_shortest, low_half(0, 0))),
       Cause::length_low_half_zero, said(70000, 0)},
      {"64 bits, the wrong way round",
       Record().opened().text(kHuge).with(awaits(low_half(0x7011010000000000, 70000))),
       Cause::length_byte_swapped, said(70000, 0x7011010000000000)},
      {"an echo that is still coming", Record().opened().text(kLong).with(awaits(part))},
      {"another number", Record().opened().text(kLong).with(awaits(other))},
      {"the right number, and half of the octets",
       Record().opened().text(kLong).with(
           awaits({.length = 300, .form = LengthForm::bits16, .came = 150}))},
      {"nothing is due", Record().opened().text(kLong).echo().with(awaits(swapped))},
  });
}

TEST_CASE("a violation without a defect is the rule that it breaks") {
  const Seen plain = Record().opened().with(breaks(ViolationKind::masked, {}, "\x81\x85"));
  CHECK(judge::violation_fact(plain.record).cause == Cause::frame_masked);
  const Seen text = Record().opened().with(breaks(ViolationKind::rsv, {}, "Hello"));
  CHECK(judge::violation_fact(text.record).cause == Cause::text_after_upgrade);
}

TEST_CASE("another writer's frame inside a message") {
  const std::string ours = "a message of an honest client";  // 29 octets
  const std::string ping = "\x89\x03six",
                    text = std::string("\x81\x7e\x00\x80", 4) + std::string(128, 'y');
  const auto torn = [&](std::size_t at, const std::string& frame) {
    return (ours.substr(0, at) + frame + ours.substr(at)).substr(0, ours.size());
  };
  const auto rest = breaks(ViolationKind::rsv, {.opcode = 5, .rsv = 7, .at = 31});
  const std::string said = "a message of 29 octets with another frame in its payload, at octet ";
  check({
      {"after the header", Record().opened().text(ours).says(torn(0, ping)), Cause::two_writers,
       said + "0 (ping, header 0x89 0x03)"},
      {"in the middle", Record().opened().text(ours).says(torn(12, ping)), Cause::two_writers,
       said + "12 (ping, header 0x89 0x03)"},
      {"a frame that is longer than ours, and what follows is no frame",
       Record().opened().text(ours).says(torn(4, text)).with(rest), Cause::two_writers,
       said + "4 (text, header 0x81 0x7e)"},
      {"such a frame, and nothing follows", Record().opened().text(ours).says(torn(4, text))},
      {"other octets that go on with ours",
       Record().opened().text(ours).says(torn(4, "\x91\x01z"))},
      {"a header, and then not ours",
       Record().opened().text(ours).says(ours.substr(0, 4) + ping + std::string(20, 'z'))},
      {"a message of another length", Record().opened().text(ours).says(torn(4, ping) + "t")},
      {"a masked frame", Record().opened().text(ours).says(torn(4, "\x89\x81mask-"))},
  });
}

TEST_CASE("the header of another frame inside a text that is compared with nothing") {
  const auto at = [](const std::string& octets) {
    return [=](session::ExchangeRecord& record) {
      record.frames.at_fault = wire::to_vector(octets);
      record.violation->at_in_message = 7;
    };
  };
  const auto bad = breaks(ViolationKind::text_not_utf8, {.length = 2000});
  const auto ours = [](session::ExchangeRecord& record) { record.sent.text_not_utf8 = true; };
  check({
      {"a text's", Record().opened().with(bad).with(at("\x81\x05small")), Cause::two_writers,
       "a text with the header of another frame in its payload, at octet 7 (text, header 0x81 "
       "0x05)"},
      {"a Close's", Record().opened().with(bad).with(at("\x88\x02\x03\xe8")), Cause::two_writers,
       "a text with the header of another frame in its payload, at octet 7 (close, header 0x88 "
       "0x02)"},
      {"another octet", Record().opened().with(bad).with(at("\xff\x05small"))},
      {"one octet alone", Record().opened().with(bad).with(at("\x81"))},
      {"a masked frame", Record().opened().with(bad).with(at("\x81\x85mask"))},
      {"a text of ours was bad", Record().opened().with(bad).with(at("\x81\x05small")).with(ours)},
  });
}
