// Payloads: what each kind yields, and that the size of the reader's buffer changes nothing.
#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "helpers.h"
#include "wire/message.h"

using namespace wsspec::loader;

namespace {

LoadOutput load_payload(const std::string& json) {
  return load_text(suite_with("{\"send\": {\"binary\": " + json + "}}"));
}

Payload payload_of(const std::string& json) {
  const LoadOutput out = load_payload(json);
  REQUIRE(texts(out.problems) == "");
  return sent(out.scenarios.at(0), 0).payload;
}

std::string problem_of(const std::string& json) {
  const LoadOutput out = load_payload(json);
  return out.problems.size() == 1 ? out.problems[0].what : texts(out.problems);
}

std::string read_in(const Payload& payload, std::size_t chunk) {
  std::string out;
  const auto reader = payload.open();
  std::vector<std::uint8_t> buffer(chunk);
  while (true) {
    const std::size_t n = reader->read(buffer);
    out.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
    if (n < chunk) break;
  }
  CHECK(reader->read(buffer) == 0);
  return out;
}

std::string inflated(const std::string& data, int window_bits) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, window_bits) == Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("each kind of payload") {
  CHECK(octets(payload_of(R"("h\u00e9")")) == "h\xc3\xa9");
  CHECK(octets(payload_of(R"({"text": "a"})")) == "a");
  CHECK(octets(payload_of(R"({"hex": "C0 aF\t01"})")) == "\xc0\xaf\x01");
  CHECK(octets(payload_of(R"({"base64": "aGk="})")) == "hi");
  CHECK(octets(payload_of(R"({"repeat": "ab", "times": 3})")) == "ababab");
  CHECK(octets(payload_of(R"({"repeat": "ab", "times": 0})")) == "");
  CHECK(octets(payload_of(R"({"cycle": "abc", "length": 7})")) == "abcabca");
  CHECK(octets(payload_of(R"({"concat": ["a", {"hex": "62"}, "", {"concat": []}, "c"]})")) ==
        "abc");
}

TEST_CASE(
    "the inside of a JSON string: quotes, backslashes and controls are escaped, nothing else") {
  const auto escaped = [](std::string_view text) {
    return octets(Payload::json_escaped(Payload::text(text)));
  };
  CHECK(escaped("") == "");
  CHECK(escaped("Gr\xc3\xbc\xc3\x9f"
                "e \x7f / '") ==
        "Gr\xc3\xbc\xc3\x9f"
        "e \x7f / '");
  CHECK(escaped("\"\\") == "\\\"\\\\");
  CHECK(escaped(std::string_view("\0\n\x1f", 3)) == "\\u0000\\u000a\\u001f");
  CHECK(escaped("\xff\xc0\xaf") == "\xff\xc0\xaf");
  // Any octets, and JSON agrees: what is UTF-8 reads back as it was.
  const Payload all = Payload::code_points(0, 0x10ffff);
  const auto read = nlohmann::json::parse("\"" + [&] {
    const auto head = Payload::json_escaped(all).head(8u << 20);
    return std::string(head.begin(), head.end());
  }() + "\"");
  const auto whole = all.head(8u << 20);
  CHECK(read.get<std::string>() == std::string(whole.begin(), whole.end()));
}

TEST_CASE("random octets are SplitMix64's, little end first") {
  // The generator's published first output for seed 1234567.
  const auto head = payload_of(R"({"random": 8, "seed": 1234567})").head(8);
  std::uint64_t word = 0;
  for (int i = 7; i >= 0; --i) word = word << 8 | head[static_cast<std::size_t>(i)];
  CHECK(word == 6457827717110365317u);
  CHECK(octets(Payload::random(13, 5)).substr(0, 5) == octets(Payload::random(5, 5)));
  CHECK(octets(Payload::random(16, 5)) != octets(Payload::random(16, 6)));
  LoadInput input = input_of(suite_with(R"({"send": {"binary": {"random": 9}}})"));
  input.seed = 42;
  CHECK(octets(sent(load(input).scenarios[0], 0).payload) == octets(Payload::random(9, 42)));
}

TEST_CASE("random frames: the same for a seed, lawful ones first and bad ones soon") {
  CHECK(octets(payload_of(R"({"frames": 0, "seed": 1})")) == "");
  CHECK(octets(Payload::frames(50, 7)).starts_with(octets(Payload::frames(20, 7))));
  CHECK(octets(Payload::frames(50, 7)) != octets(Payload::frames(50, 8)));
  CHECK(problem_of(R"({"frames": 10001})") == "must be from 0 to 10000, is 10001");

  // What a strict reader makes of them: some conversations get far, nearly none to the end.
  struct Counter : wsspec::wire::MessageSink {
    int frames = 0, messages = 0;
    bool bad = false;
    void on_frame(const wsspec::wire::FrameHeader&, std::uint64_t) override { ++frames; }
    void on_message_end(std::uint64_t) override { ++messages; }
    void on_violation(const wsspec::wire::Violation&) override { bad = true; }
  };
  int frames = 0, messages = 0, bad = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Counter counter;
    wsspec::wire::MessageReader reader({.sender = wsspec::wire::Role::client, .keep_going = false},
                                       counter);
    const Payload payload = Payload::frames(100, seed);
    reader.feed(payload.head(payload.length()));
    frames += counter.frames;
    messages += counter.messages;
    bad += counter.bad ? 1 : 0;
  }
  CHECK(frames > 200 * 10);
  CHECK(messages > 200 * 3);
  CHECK(bad > 180);
}

TEST_CASE("code points in order, each in its shortest form, no surrogates") {
  CHECK(octets(payload_of(R"({"code_points": [97, 99]})")) == "abc");
  CHECK(octets(payload_of(R"({"code_points": [127, 129]})")) == "\x7f\xc2\x80\xc2\x81");
  CHECK(octets(Payload::code_points(0x7ff, 0x800)) == "\xdf\xbf\xe0\xa0\x80");
  CHECK(octets(Payload::code_points(0xd7ff, 0xe000)) == "\xed\x9f\xbf\xee\x80\x80");
  CHECK(octets(Payload::code_points(0xd800, 0xdfff)) == "");
  CHECK(octets(Payload::code_points(0xffff, 0x10000)) == "\xef\xbf\xbf\xf0\x90\x80\x80");
  CHECK(octets(Payload::code_points(0x10ffff, 0x10ffff)) == "\xf4\x8f\xbf\xbf");
  const Payload all = payload_of(R"({"code_points": [0, 1114111]})");
  CHECK(all.length() == 4382592u);
  const auto whole = all.head(4382592);
  const auto starts = std::count_if(whole.begin(), whole.end(),
                                    [](std::uint8_t octet) { return (octet & 0xc0) != 0x80; });
  CHECK(whole.size() == 4382592u);
  CHECK(starts == 1112064);
  CHECK(problem_of(R"({"code_points": [2, 1]})") == "the first code point is above the last");
  CHECK(problem_of(R"({"code_points": [1]})") == "'code_points' takes [first, last]");
  CHECK(problem_of(R"({"code_points": [0, 1114112]})") != "");
}

TEST_CASE("readers give the same octets in chunks of any size") {
  const Payload payloads[] = {
      Payload::code_points(0x70, 0x900),
      Payload::code_points(0xd000, 0x10010),
      Payload::text("hello, world"),
      Payload::repeat(Payload::text("abc"), 3000),
      Payload::cycle(Payload::random(5000, 1), 17001),
      Payload::random(10007, 3),
      Payload::concat({Payload::text("a"), Payload(), Payload::cycle(Payload::text("xyz"), 100),
                       Payload::concat({}), Payload::random(50, 9)}),
      Payload::repeat(Payload::concat({Payload::text("1"), Payload::text("2")}), 4097),
      Payload::json_escaped(Payload::random(9001, 4)),
      Payload(),
  };
  for (const Payload& payload : payloads) {
    const std::string whole = octets(payload);
    CHECK(whole.size() == payload.length());
    for (const std::size_t chunk : {1, 2, 3, 7, 64, 4095, 4096, 4097, 100000}) {
      CHECK((read_in(payload, chunk) == whole));
    }
    for (const std::size_t limit : {0, 1, 5, 1000}) {
      const auto head = payload.head(limit);
      CHECK((std::string(head.begin(), head.end()) == whole.substr(0, limit)));
    }
  }
}

TEST_CASE("a payload of a terabyte costs nothing until it is read") {
  const Payload payload =
      payload_of(R"({"repeat": {"cycle": "ab", "length": 1048576}, "times": 1000000})");
  CHECK(payload.length() == 1048576000000u);
  CHECK(payload.head(3) == wsspec::wire::OctetVector{'a', 'b', 'a'});
}

TEST_CASE("mutate changes exactly one octet or the length by one, the same for the same seed") {
  const std::string original = "The quick brown fox";
  const Payload of = Payload::text(original);
  int longer = 0, shorter = 0, changed = 0, swapped = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::string mutant = octets(Payload::mutate(of, seed));
    CHECK(mutant == octets(Payload::mutate(of, seed)));
    CHECK(mutant != original);
    if (mutant.size() > original.size()) {
      ++longer;
    } else if (mutant.size() < original.size()) {
      ++shorter;
    } else {
      int differences = 0;
      for (std::size_t i = 0; i < mutant.size(); ++i) differences += mutant[i] != original[i];
      CHECK(differences <= 2);
      ++(differences == 2 ? swapped : changed);
    }
  }
  CHECK(longer > 20);
  CHECK(shorter > 20);
  CHECK(changed > 20);
  CHECK(swapped > 20);
  CHECK(Payload::mutate(Payload(), 1).length() == 1);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CHECK(octets(Payload::mutate(Payload::text("a"), seed)) != "a");
  }
}

TEST_CASE("gzip and zlib can be undone and are the same everywhere") {
  const Payload of = Payload::cycle(Payload::text("abc"), 100000);
  const std::string gzip = octets(Payload::gzip(of));
  CHECK((inflated(gzip, 31) == octets(of)));
  CHECK(gzip.substr(0, 10) == std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
  CHECK((inflated(octets(Payload::zlib(of)), 15) == octets(of)));
  CHECK((inflated(octets(payload_of(R"({"gzip": ""})")), 31) == ""));
}

TEST_CASE("slips in payloads") {
  CHECK(problem_of(R"({"hex": "c0 a"})") == "an odd number of hex digits");
  CHECK(problem_of(R"({"hex": "zz"})") == "this is not hex: only the digits 0-9 a-f and spaces");
  CHECK(problem_of(R"({"base64": "%%"})") == "this is not base64");
  CHECK(problem_of(R"({"cycle": "", "length": 3})") == "'cycle' of an empty payload");
  CHECK(problem_of(R"({"cycle": "a"})") == "a 'cycle' payload needs 'length'");
  CHECK(problem_of(R"({"repeat": "a", "times": 2000000000000})") ==
        "this payload is longer than 1 TiB");
  CHECK(problem_of(R"({"gzip": {"cycle": "a", "length": 16777217}})") ==
        "'gzip' takes at most 16 MiB, this has 16777217 octets");
  CHECK(problem_of(R"({"text": "a", "hex": "00"})") ==
        "a payload has one kind, but 'text' and 'hex' stand side by side");
  CHECK(problem_of(R"({"text": "a", "seed": 1})") == "unknown key 'seed' in a 'text' payload");
  CHECK(problem_of("{}").substr(0, 22) == "a payload needs one of");
  CHECK(problem_of("true") ==
        "'binary' must be a payload (a string or an object such as {\"hex\": \"c0 af\"}), not true "
        "or false");
}

TEST_CASE("files: read beside the scenario file, never above its folder") {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() / ("wsspec-payload-" + std::to_string(getpid()));
  fs::create_directories(folder / "suite" / "data");
  std::ofstream(folder / "suite" / "data" / "x.bin", std::ios::binary) << std::string("a\0b", 3);
  std::ofstream(folder / "secret") << "s";
  fs::create_symlink(folder / "secret", folder / "suite" / "link");
  const auto try_file = [&](const std::string& name) {
    return load(input_of(suite_with("{\"send\": {\"binary\": {\"file\": \"" + name + "\"}}}"),
                         (folder / "suite" / "s.json").string()));
  };
  const LoadOutput good = try_file("data/x.bin");
  CHECK(texts(good.problems) == "");
  CHECK(octets(sent(good.scenarios[0], 0).payload) == std::string("a\0b", 3));
  const std::string outside = "the file must lie in the folder of the scenario file, or below it";
  CHECK(try_file("../secret").problems.at(0).what == outside);
  CHECK(try_file((folder / "secret").string()).problems.at(0).what == outside);
  CHECK(try_file("link").problems.at(0).what == outside);
  CHECK(try_file("").problems.at(0).what == outside);
  CHECK(try_file("data/y.bin").problems.at(0).what == "no such file: 'data/y.bin'");
  CHECK(try_file("data").problems.at(0).what == "no such file: 'data'");
  fs::remove_all(folder);
}

TEST_CASE("sized: the length as a number, then the payload") {
  CHECK(payload_of(R"({"sized": "abc", "bytes": 2})").head(9) ==
        wsspec::wire::OctetVector{0, 3, 'a', 'b', 'c'});
  CHECK(payload_of(R"({"sized": "abc", "bytes": 2, "order": "little"})").head(9) ==
        wsspec::wire::OctetVector{3, 0, 'a', 'b', 'c'});
  CHECK(payload_of(R"({"sized": "abc"})").length() == 7);
  CHECK(payload_of(R"({"sized": {"repeat": "a", "times": 300}, "order": "varint"})").head(3) ==
        wsspec::wire::OctetVector{0xac, 2, 'a'});
  CHECK(problem_of(R"({"sized": {"repeat": "a", "times": 300}, "bytes": 1})") ==
        "this payload is too long for a length of 1 octets");
  CHECK(problem_of(R"({"sized": "a", "bytes": 3})") == "'bytes' is 1, 2 or 4");
  CHECK(problem_of(R"({"sized": "a", "order": "middle"})") ==
        "'order' is \"big\", \"little\" or \"varint\"");
}
