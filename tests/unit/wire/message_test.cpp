// What a MessageReader tells of good streams, and that it tells the same however any stream, good
// or not, was cut. The violations one by one are in violation_test.cpp.
#include "wire/message.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "event_log.h"
#include "hex.h"

namespace wsspec::wire {
namespace {

using test::EventLog;
using test::hex;
using test::operator+;
using Lines = std::vector<std::string>;

Lines read(Octets stream, MessageReaderOptions options, const std::vector<std::size_t>& cuts = {}) {
  EventLog log;
  MessageReader reader(options, log);
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : stream.size();
    reader.feed(stream.subspan(begin, end - begin));
    begin = end;
  }
  // Of an unfinished message the octets so far count too.
  log.lines.push_back(reader.in_message() ? "unfinished [" + log.data + "]" : "finished");
  return log.lines;
}

TEST_CASE("an unfragmented text, a binary message and an empty one are told") {
  CHECK(read(hex("81 05 48 65 6c 6c 6f 82 02 ff fe 81 00"), {}) ==
        Lines{"begin text", "end 7 [Hello]", "begin binary", "end 11 [\xff\xfe]", "begin text",
              "end 13 []", "finished"});
}

TEST_CASE("a client's frames are unmasked, also when they are longer than one unmasking buffer") {
  FrameHeader header;
  header.masked = true;
  header.key = {0x37, 0xfa, 0x21, 0x3d};
  std::string text;
  for (int i = 0; i < 20001; ++i) text += static_cast<char>('a' + i % 26);
  const OctetVector stream = encode_frame(header, as_octets(text));
  const Lines expected{"begin text", fmt::format("end {} [{}]", stream.size(), text), "finished"};
  CHECK(read(stream, {Role::client}) == expected);
  CHECK(read(stream, {Role::client}, {1, 9, 10, 11, 4103, 4104, 12345}) == expected);
}

TEST_CASE("control frames between fragments leave the message and its UTF-8 state alone") {
  CHECK(read(hex("01 02 41 e2 89 01 ff 00 01 82 8a 00 80 02 ac 42"), {}) ==
        Lines{"begin text", "ping 7 [\xff]", "pong 12 []",
              "end 16 [A\xe2\x82\xac"
              "B]",
              "finished"});
}

TEST_CASE("a control frame of 125 octets is told whole") {
  const std::string payload(125, 'p');
  FrameHeader header;
  header.opcode = 0x9;
  CHECK(read(encode_frame(header, as_octets(payload)), {}) ==
        Lines{"ping 127 [" + payload + "]", "finished"});
}

TEST_CASE("a Close is told with its code and reason, or without a body") {
  CHECK(read(hex("88 05 03 e8 62 79 65"), {}) == Lines{"close 7 1000 [bye]", "finished"});
  CHECK(read(hex("88 00"), {}) == Lines{"close 2 1005 []", "finished"});
  // Also in the middle of a message, which then stays unfinished.
  CHECK(read(hex("01 01 41 88 02 03 e9"), {}) ==
        Lines{"begin text", "close 7 1001 []", "unfinished [A]"});
}

TEST_CASE("every frame header is told, also of frames that break a rule") {
  EventLog log;
  MessageReader reader({Role::server, true, 0}, log);
  reader.feed(hex("81 00 83 00 c1 00 01 00 80 00 88 00 81 00"));
  CHECK(log.frames == 7);
}

TEST_CASE("the reader knows whether it is inside a frame and inside a message") {
  EventLog log;
  MessageReader reader({}, log);
  CHECK(reader.at_frame_boundary());
  CHECK_FALSE(reader.in_message());
  reader.feed(hex("01"));
  CHECK_FALSE(reader.at_frame_boundary());
  reader.feed(hex("02 41"));
  CHECK_FALSE(reader.at_frame_boundary());
  CHECK(reader.in_message());
  reader.feed(hex("42"));
  CHECK(reader.at_frame_boundary());
  CHECK(reader.in_message());
  reader.feed(hex("80 00"));
  CHECK(reader.at_frame_boundary());
  CHECK_FALSE(reader.in_message());
  CHECK(reader.position() == 6);
}

TEST_CASE("a stream is told alike whole, octet by octet and at every pair of cuts") {
  const std::vector<OctetVector> streams{
      hex("01 02 41 e2 89 01 ff 00 01 82 80 02 ac 42 82 7e 00 7e") + OctetVector(126, 7) +
          hex("88 04 03 e8 c3 a9"),
      hex("01 02 ff fe 89 00 80 02 ff 41 41 01 41 00 01 42 80 00 81 02 41 c3 83 01 41 88 01 03 89 "
          "00"),
      hex("81 05 41 42 f4 90 43"),
      hex("09 01 41 c1 00 80 00 01 00 02 01 41 80 01 ff 88 04 03 e8 ff 41 81 7e 00 00"),
  };
  for (const OctetVector& stream : streams) {
    for (const bool keep_going : {false, true}) {
      const MessageReaderOptions options{Role::server, keep_going, 0};
      const Lines whole = read(stream, options);
      std::vector<std::size_t> every;
      for (std::size_t cut = 0; cut <= stream.size(); ++cut) every.push_back(cut);
      CHECK(read(stream, options, every) == whole);
      for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); second += 1 + second / 40) {
          if (read(stream, options, {first, second}) != whole) {
            FAIL_CHECK("wrong with cuts at " << first << " and " << second);
          }
        }
      }
    }
  }
}

/// One good stream and what must be told of it.
struct Script {
  OctetVector stream;
  Lines expected;
};

Script random_script(std::mt19937& random, Role sender) {
  Script script;
  const auto frame = [&](std::uint8_t opcode, bool fin, std::string_view payload) {
    FrameHeader header;
    header.fin = fin;
    header.opcode = opcode;
    header.masked = masks(sender);
    for (auto& octet : header.key) octet = static_cast<std::uint8_t>(random());
    const OctetVector octets = encode_frame(header, as_octets(payload));
    script.stream.insert(script.stream.end(), octets.begin(), octets.end());
  };
  const auto maybe_ping = [&] {
    if (random() % 3 != 0) return;
    const std::string payload(random() % 126, 'p');
    const bool ping = random() % 2 == 0;
    frame(ping ? 0x9 : 0xa, true, payload);
    script.expected.push_back(
        fmt::format("{} {} [{}]", ping ? "ping" : "pong", script.stream.size(), payload));
  };
  for (std::size_t message = random() % 5; message-- > 0;) {
    const bool text = random() % 2 == 0;
    std::string payload;
    for (std::size_t i = random() % 100; i-- > 0;) {
      static constexpr std::array<std::string_view, 5> kParts{"a", "\xc3\xa9", "\xe2\x82\xac",
                                                              "\xf0\x9f\x98\x80", "0123456789"};
      payload += text ? std::string(kParts[random() % kParts.size()])
                      : std::string(1, static_cast<char>(random()));
    }
    maybe_ping();
    script.expected.push_back(text ? "begin text" : "begin binary");
    std::string_view rest = payload;
    std::uint8_t opcode = text ? 1 : 2;
    while (random() % 3 != 0) {
      const std::size_t size = random() % (rest.size() + 1);
      frame(opcode, false, rest.substr(0, size));
      rest.remove_prefix(size);
      opcode = 0;
      maybe_ping();
    }
    frame(opcode, true, rest);
    script.expected.push_back(fmt::format("end {} [{}]", script.stream.size(), payload));
  }
  script.expected.push_back("finished");
  return script;
}

TEST_CASE("random good streams, cut at random, are told as they were made") {
  std::mt19937 random(99);
  for (int round = 0; round < 1500; ++round) {
    const Role sender = round % 2 == 0 ? Role::client : Role::server;
    const Script script = random_script(random, sender);
    std::vector<std::size_t> cuts(random() % 10);
    for (auto& cut : cuts) cut = random() % (script.stream.size() + 1);
    std::sort(cuts.begin(), cuts.end());
    const bool equal = read(script.stream, {sender}, cuts) == script.expected;
    if (!equal) FAIL_CHECK("wrong in round " << round);
  }
}

TEST_CASE("good streams with random octets changed are told alike whole and cut") {
  std::mt19937 random(100);
  for (int round = 0; round < 1500; ++round) {
    const MessageReaderOptions options{round % 2 == 0 ? Role::client : Role::server, round % 4 < 2,
                                       0};
    OctetVector stream = random_script(random, options.sender).stream;
    for (std::size_t i = random() % 4; i-- > 0 && !stream.empty();) {
      stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
    }
    std::vector<std::size_t> cuts(random() % 10);
    for (auto& cut : cuts) cut = random() % (stream.size() + 1);
    std::sort(cuts.begin(), cuts.end());
    if (read(stream, options, cuts) != read(stream, options)) {
      FAIL_CHECK("wrong in round " << round);
    }
  }
}

Lines read_compressed(Octets stream, bool keep_going, const std::vector<std::size_t>& cuts) {
  EventLog log;
  MessageReader reader({Role::server, keep_going, 0}, log);
  reader.allow_deflate(15, true);
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : stream.size();
    reader.feed(stream.subspan(begin, end - begin));
    begin = end;
  }
  return log.lines;
}

TEST_CASE("compressed messages are inflated, the text is judged after that, however it is cut") {
  const struct {
    OctetVector stream;
    Lines expected;
  } rows[] = {
      // "Hello" in two frames with a ping between, then again with a reference to it (RFC
      // 7692 7.2.3)
      {hex("41 03 f2 48 cd 89 01 70 80 04 c9 c9 07 00 c1 05 f2 00 11 00 00"),
       {"begin text", "ping 8 [p]", "end 14 [Hello]", "begin text", "end 21 [Hello]"}},
      // A plain message between leaves the window alone.
      {hex("c1 07 f2 48 cd c9 c9 07 00 81 01 78 c2 05 f2 00 11 00 00"),
       {"begin text", "end 9 [Hello]", "begin text", "end 12 [x]", "begin binary",
        "end 19 [Hello]"}},
      {hex("c1 01 00"), {"begin text", "end 3 []"}},
      // "Hi\xff", "\xe2\x82", and the same octets as a binary message
      {hex("c1 05 f2 c8 fc 0f 00"), {"begin text", "text_not_utf8 at 2", "end 7 [Hi\xff]"}},
      {hex("c1 04 7a d4 04 00"), {"begin text", "text_not_utf8 at 6", "end 6 [\xe2\x82]"}},
      {hex("c2 05 f2 c8 fc 0f 00"), {"begin binary", "end 7 [Hi\xff]"}},
      // The proof lies in the second frame: of a compressed message no more is told.
      {hex("41 02 f2 c8 80 03 fc 0f 00"), {"begin text", "text_not_utf8 at 6", "end 9 [Hi\xff]"}},
      {hex("c1 01 06 c1 01 00"),
       {"begin text", "deflate_data at 2", "end 3 []", "begin text", "end 6 []"}},
      {hex("c1 03 f2 48 cd"), {"begin text", "deflate_data at 2", "end 5 [Heh]"}},
      // RSV1 on a continuation or a control frame is no compression (RFC 7692 6.1).
      {hex("c9 00"), {"rsv at 0"}},
  };
  for (const auto& row : rows) {
    CHECK(read_compressed(row.stream, true, {}) == row.expected);
    std::vector<std::size_t> every;
    for (std::size_t i = 1; i < row.stream.size(); ++i) every.push_back(i);
    CHECK(read_compressed(row.stream, true, every) == row.expected);
    // Without keep_going reading stops at the same place whatever the cut.
    CHECK(read_compressed(row.stream, false, {}) == read_compressed(row.stream, false, every));
  }
}

TEST_CASE("a compressed message is masked like any other") {
  FrameHeader header;
  header.masked = true;
  header.rsv = 4;
  header.key = {1, 2, 3, 4};
  const OctetVector stream = encode_frame(header, hex("f2 48 cd c9 c9 07 00"));
  EventLog log;
  MessageReader reader({Role::client, true, 0}, log);
  reader.allow_deflate(15, true);
  reader.feed(stream);
  CHECK(log.lines == Lines{"begin text", "end 13 [Hello]"});
}

}  // namespace
}  // namespace wsspec::wire
