// Samples (length, kind, compressibility, seed) and the windows over them, against a slow oracle.
#include "scenario/sample.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "helpers.h"
#include "scenario/payload_window.h"
#include "wire/utf8.h"

using namespace wsspec;
using namespace wsspec::loader;

namespace {

double ratio_of(const wire::OctetVector& octets) {
  uLongf size = compressBound(static_cast<uLong>(octets.size()));
  wire::OctetVector out(size);
  REQUIRE(compress2(out.data(), &size, octets.data(), static_cast<uLong>(octets.size()), 6) ==
          Z_OK);
  return static_cast<double>(octets.size()) / static_cast<double>(size);
}

std::size_t characters(const wire::OctetVector& octets) {
  return static_cast<std::size_t>(std::count_if(
      octets.begin(), octets.end(), [](std::uint8_t octet) { return (octet & 0xc0) != 0x80; }));
}

std::string text_of(const Payload& payload) {
  return std::string(wire::as_chars(payload.head(std::size_t{1} << 24)));
}

std::string windowed(const std::string& of, std::uint64_t at, std::uint64_t n, WindowUnit unit) {
  const Payload window = window_payload(Payload::text(of), at, n, unit);
  const std::string out = text_of(window);
  CHECK(window.length() == out.size());
  return out;
}

}  // namespace

TEST_CASE("a sample has the length and about the compressibility of the file it stands for") {
  const struct {
    SampleKind kind;
    std::size_t length;
    double least, most;
  } rows[] = {{SampleKind::json, 194056, 5.0, 7.0},
              {SampleKind::bitmap, 263222, 1.1, 1.35},
              {SampleKind::prose, 222218, 2.5, 3.1},
              {SampleKind::html, 263647, 4.5, 5.5},
              {SampleKind::pdf, 1042328, 1.05, 1.2}};
  for (const auto& row : rows) {
    for (const std::uint64_t seed : {1u, 2u, 99u}) {
      CAPTURE(static_cast<int>(row.kind));
      CAPTURE(seed);
      const auto octets = make_sample(row.kind, seed);
      CHECK(octets.size() == row.length);
      CHECK(sample_length(row.kind) == row.length);
      CHECK(ratio_of(octets) > row.least);
      CHECK(ratio_of(octets) < row.most);
    }
  }
}

TEST_CASE("a sample is the same for the same seed, and another for another one") {
  for (const std::string& name : sample_names()) {
    const auto kind = sample_kind(name);
    REQUIRE(kind);
    const auto first = make_sample(*kind, 7);
    CHECK(first == make_sample(*kind, 7));
    CHECK(first != make_sample(*kind, 8));
  }
  // The octets themselves, so that they are the same on every machine.
  CHECK(crc32(0, make_sample(SampleKind::json, 1).data(), 194056) == 0x922b46f2);
  CHECK(crc32(0, make_sample(SampleKind::pdf, 1).data(), 1042328) == 0x38a06506);
}

TEST_CASE("a sample is of its kind") {
  const auto json = make_sample(SampleKind::json, 1);
  CHECK(characters(json) == json.size());
  CHECK(nlohmann::json::parse(wire::as_chars(json)).size() > 300);
  const auto html = make_sample(SampleKind::html, 1);
  CHECK(characters(html) == 263620);
  CHECK(!wire::check_utf8(html));
  CHECK(wire::check_utf8(make_sample(SampleKind::prose, 1)));
  CHECK(wire::as_chars(make_sample(SampleKind::bitmap, 1)).starts_with("BM"));
  CHECK(wire::as_chars(make_sample(SampleKind::pdf, 1)).ends_with("%%EOF\n"));
}

TEST_CASE("a window goes round") {
  CHECK(windowed("abcdef", 0, 3, WindowUnit::octets) == "abc");
  CHECK(windowed("abcdef", 4, 4, WindowUnit::octets) == "efab");
  CHECK(windowed("abcdef", 16, 4, WindowUnit::octets) == "efab");
  CHECK(windowed("abc", 2, 8, WindowUnit::octets) == "cabcabca");
  CHECK(windowed("abc", 2, 0, WindowUnit::octets).empty());
  CHECK(windowed("a\xc3\xbc"
                 "b",
                 1, 1, WindowUnit::octets) == "\xc3");
  CHECK(windowed("a\xc3\xbc"
                 "b",
                 1, 1, WindowUnit::characters) == "\xc3\xbc");
  CHECK(windowed("a\xc3\xbc"
                 "b",
                 2, 3, WindowUnit::characters) == "ba\xc3\xbc");
  CHECK(windowed("a\xc3\xbc"
                 "b",
                 2, 7, WindowUnit::characters) ==
        "ba\xc3\xbc"
        "ba\xc3\xbc"
        "b");
  CHECK(windowed("a\xc3\xbc"
                 "b",
                 3, 3, WindowUnit::characters) ==
        "a\xc3\xbc"
        "b");
}

TEST_CASE("windows of characters over a page, against counting from the beginning") {
  const Payload page = sample_payload(SampleKind::html, 3);
  const std::string text = text_of(page);
  std::vector<std::string> each;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) each.emplace_back();
    each.back() += c;
  }
  for (const std::uint64_t length : {1u, 16u, 255u, 4096u, 131072u}) {
    for (std::uint64_t i = 0; i < 40; ++i) {
      const std::uint64_t at = i * (length + 6500);
      std::string wanted;
      for (std::uint64_t k = 0; k < length; ++k) wanted += each[(at + k) % each.size()];
      const Payload window = window_payload(page, at, length, WindowUnit::characters);
      CHECK(text_of(window) == wanted);
      CHECK(window.length() == wanted.size());
    }
  }
}

TEST_CASE("windows of a repeat share the sample that its suite made") {
  const LoadOutput out = load_text(suite_with(
      R"({"repeat": {"times": 3, "steps": [{"send": {"text":
          {"window": {"sample": "html", "seed": 1}, "at": "${i * 100}", "length": 50,
           "unit": "characters"}}}]}})"));
  REQUIRE(texts(out.problems) == "");
  const auto& repeat = std::get<RepeatStep>(out.scenarios.at(0).steps.at(0).what);
  const std::string page = text_of(sample_payload(SampleKind::html, 1));
  for (const std::int64_t i : {0, 1, 2}) {
    RunValues values;
    values.i = i;
    const auto step = resolve(repeat.steps.at(0), values);
    REQUIRE(step);
    CHECK(text_of(std::get<SendStep>(step->what).items.at(0).payload) ==
          page.substr(static_cast<std::size_t>(i) * 100, 50));
  }
}
