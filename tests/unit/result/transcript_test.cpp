// A transcript that is taken while it grows.
#include "result/transcript.h"

#include <doctest/doctest.h>

using namespace wsspec;
using result::Transcript;
using Direction = result::TranscriptLine::Direction;

TEST_CASE("a payload goes to the newest line of its direction") {
  Transcript transcript;
  transcript.add(Direction::received, "text", {}, 4, 1);
  transcript.add(Direction::sent, "pong", {}, 0, 2);
  transcript.add_payload(Direction::received, wire::as_octets("abcd"));
  const auto lines = transcript.take();
  REQUIRE(lines.size() == 2);
  CHECK(wire::as_chars(lines[0].octets) == "abcd");
  CHECK(lines[1].octets.empty());
}

TEST_CASE("a line that grows holds back those after it, and no line is told twice") {
  Transcript transcript;
  transcript.add(Direction::sent, "ping", {}, 0, 1);
  transcript.add(Direction::received, "text", {}, 4, 2);
  transcript.add(Direction::sent, "ping", {}, 0, 3);
  CHECK(transcript.take({Direction::received}).size() == 1);
  CHECK(transcript.take({Direction::received}).empty());
  transcript.add_payload(Direction::received, wire::as_octets("abcd"));
  const auto rest = transcript.take();
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].what == "text");
  CHECK(wire::as_chars(rest[0].octets) == "abcd");
  CHECK(transcript.take().empty());
}

TEST_CASE("what is taken makes room") {
  Transcript transcript({.lines = 2, .octets = 3});
  for (int i = 0; i < 3; ++i) transcript.add(Direction::note, "n", {}, 0, i);
  CHECK(transcript.take().size() == 2);
  transcript.add(Direction::sent, "text", {}, 9, 1);
  transcript.add_payload(Direction::sent, wire::as_octets("abcdefghi"));
  const auto lines = transcript.take();
  REQUIRE(lines.size() == 1);
  CHECK(wire::as_chars(lines[0].octets) == "abc");
}
