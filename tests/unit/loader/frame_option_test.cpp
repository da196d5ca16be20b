// The short words of `send`: frames, hex, Closes and outcomes.
#include "loader/frame_option.h"

#include <doctest/doctest.h>

#include <string>

using namespace wsspec;
using loader::close_item;
using loader::frame_item;
using loader::hex_octets;
using loader::outcome_of;
using scenario::FrameShape;

namespace {

std::string octets_of(const scenario::Item& item) {
  const auto octets = item.payload.head(1000);
  return std::string(wire::as_chars(octets));
}

std::string wrong(std::string_view text) {
  const auto item = frame_item(text);
  return item ? "" : item.error();
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a frame has every key of the frame item") {
  const auto item =
      frame_item("fin=0,rsv=4,opcode=1,mask=no,length=200,length_encoding=64,hex=81 03");
  REQUIRE(item.has_value());
  CHECK(item->kind == scenario::Item::Kind::frame);
  CHECK_FALSE(item->frame.fin);
  CHECK(item->frame.rsv == 4);
  CHECK(item->frame.opcode == 1);
  CHECK(item->frame.mask == FrameShape::Mask::none);
  CHECK(item->frame.declared_length == 200u);
  CHECK(item->frame.form == wire::LengthForm::bits64);
  CHECK(octets_of(*item) == "\x81\x03");
}

TEST_CASE("what is not named is as a client sends it") {
  const auto item = frame_item("");
  REQUIRE(item.has_value());
  CHECK(item->frame.fin);
  CHECK(item->frame.opcode == 1);
  CHECK(item->frame.mask == FrameShape::Mask::random);
  CHECK_FALSE(item->frame.declared_length.has_value());
  CHECK(item->payload.length() == 0);
}

TEST_CASE("opcodes have names, keys octets, lengths 64 bits") {
  CHECK(frame_item("opcode=ping")->frame.opcode == 9);
  CHECK(frame_item("opcode=0xb")->frame.opcode == 11);
  CHECK(frame_item("length=18446744073709551615")->frame.declared_length == UINT64_MAX);
  const auto keyed = frame_item("mask=01020304");
  REQUIRE(keyed.has_value());
  CHECK(keyed->frame.mask == FrameShape::Mask::fixed);
  CHECK(keyed->frame.key == wire::MaskingKey{1, 2, 3, 4});
}

TEST_CASE("text takes all that follows, commas and equals signs too") {
  CHECK(octets_of(*frame_item("opcode=1,text=a,fin=0,b=c")) == "a,fin=0,b=c");
}

TEST_CASE("what is wrong in a frame is shown where it stands") {
  CHECK(wrong("fin=0,opcod=1") ==
        "'opcod' is no key of a frame: did you mean 'opcode'? (at 7)\n"
        "  fin=0,opcod=1\n"
        "        ^");
  CHECK(says(wrong("rsv=8"), "rsv is 0 to 7"));
  CHECK(says(wrong("opcode=16"), "an opcode is 0 to 15"));
  CHECK(says(wrong("mask=0102"), "a key of four octets"));
  CHECK(says(wrong("fin"), "'fin' needs a value"));
  CHECK(says(wrong("fin=1,fin=0"), "twice"));
  CHECK(says(wrong("length=-1"), "length is 0 to"));
  CHECK(says(wrong("hex=81,opcode=1"), "write it last"));
  CHECK(says(wrong("hex=8"), "an odd number of hex digits"));
  CHECK(says(wrong(",fin=1"), "is no key of a frame"));
}

TEST_CASE("an error shows nothing that a terminal would act on") {
  const std::string error = wrong("fin=0,\x1b[2J\xff=1");
  CHECK(says(error, "\\x1B[2J\\xFF"));
  CHECK_FALSE(says(error, "\x1b"));
}

TEST_CASE("hex: digits and spaces, two an octet") {
  CHECK(*hex_octets("C0 af\n00") == wire::OctetVector{0xc0, 0xaf, 0});
  CHECK(hex_octets("")->empty());
  CHECK(hex_octets("c0 zz").error() ==
        "no hex: only the digits 0-9 a-f and spaces (at 4)\n  c0 zz\n     ^");
  CHECK_FALSE(hex_octets("c").has_value());
  const std::string far = std::string(100, '0') + "x";
  CHECK(says(hex_octets(far).error(), "(at 101)\n  ..."));
}

TEST_CASE("a Close: none, a code, a code and its reason") {
  CHECK(close_item("")->payload.length() == 0);
  CHECK(octets_of(*close_item("1000")) == "\x03\xe8");
  CHECK(octets_of(*close_item("1000:a:b")) ==
        "\x03\xe8"
        "a:b");
  CHECK(octets_of(*close_item("1000 bye")) ==
        "\x03\xe8"
        "bye");
  CHECK_FALSE(close_item("65536").has_value());
  CHECK_FALSE(close_item("bye").has_value());
}

TEST_CASE("outcomes in words are those of scenario files") {
  CHECK(outcome_of("close 1007")->json() == R"({"close":1007})");
  CHECK(outcome_of("close 1008,4000-4999")->json() == R"({"close":[1008,"4000-4999"]})");
  CHECK(outcome_of(" http 403 ")->json() == R"({"http":403})");
  CHECK(outcome_of("drop")->json() == R"({"drop":true})");
  CHECK(outcome_of("pong")->kind == scenario::Outcome::Kind::pong);
  CHECK(outcome_of("open 500")->duration_ms == 500);
  CHECK(outcome_of(R"({"any_of": [{"close": 1007}, {"drop": true}]})")->any.size() == 2);
  for (const int code : {1000, 1005, 1007, 4999}) CHECK(outcome_of("close")->codes.has(code));
}

TEST_CASE("a glob over a text: all of it, octets as they are") {
  const auto outcome = outcome_of("text a.*(?)");
  REQUIRE(outcome.has_value());
  const auto& pattern = *outcome->message.matches;
  CHECK(pattern.found_in("a.bc\n(x)"));
  CHECK_FALSE(pattern.found_in("abbc(x)"));
  CHECK_FALSE(pattern.found_in("xa.(x)"));
  CHECK_FALSE(pattern.found_in("a.(x) "));
}

TEST_CASE("what is no outcome says what is") {
  for (const char* text : {"", "closed", "close 1006", "close 99999", "http 99", "drop softly",
                           "open", "binary x", "{", "{\"by_policy\": \"message_rate\"}",
                           "{\"any_of\": [{\"by_payload\": \"utf8\"}]}", "{\"clos\": 1}"}) {
    const auto outcome = outcome_of(text);
    CHECK_MESSAGE(!outcome.has_value(), text);
    if (!outcome) CHECK_FALSE(outcome.error().empty());
  }
}
