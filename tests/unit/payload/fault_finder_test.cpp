// Every fault of a text, however it is cut, against the slow oracle.
#include "payload/fault_finder.h"

#include <doctest/doctest.h>

#include <random>

#include "../wire/hex.h"
#include "../wire/utf8_oracle.h"

using namespace wsspec;
using namespace wsspec::payload;
using wire::test::hex;

namespace {

struct Range {
  std::uint64_t begin = 0, end = 0;
  bool operator==(const Range&) const = default;
};

/// Unicode's maximal subparts, by asking the oracle again after each of them.
std::vector<Range> oracle_faults(wire::Octets text) {
  std::vector<Range> out;
  std::size_t begin = 0;
  while (const auto fault = wire::test::oracle(text.subspan(begin))) {
    const std::size_t proof = begin + fault->at;
    // The begun character before the proof: the shortest tail that is no whole text.
    std::size_t first = proof;
    for (std::size_t back = 1; back <= 3 && back <= proof - begin; ++back) {
      const auto tail = text.subspan(proof - back, back);
      const auto cut = wire::test::oracle(tail);
      if (cut && cut->truncated) {
        first = proof - back;
        break;
      }
      if (!cut) break;
    }
    const std::size_t end = first < proof ? proof : proof + 1;
    out.push_back({first, end});
    begin = end;
    if (fault->truncated) break;
  }
  return out;
}

std::vector<Range> found(const FaultFinder& finder) {
  std::vector<Range> out;
  for (const Fault& fault : finder.faults())
    out.push_back({fault.offset, fault.offset + fault.count});
  return out;
}

FaultFinder whole(wire::Octets text) {
  FaultFinder finder;
  finder.feed(text);
  finder.finish();
  return finder;
}

}  // namespace

TEST_CASE("fault finder: each fault has its place, its octets and its kind") {
  using Kind = wire::Utf8FaultKind;
  const auto text = hex("61 c3 28 80 ed a0 80 f0 80 f4 90 ff c0 af e2 82");
  const FaultFinder finder = whole(text);
  struct Row {
    std::uint64_t offset, proof;
    std::size_t count;
    Kind kind;
  };
  const Row rows[] = {{1, 2, 1, Kind::character_cut},
                      {3, 3, 1, Kind::continuation_without_start},
                      {4, 5, 1, Kind::surrogate},
                      {5, 5, 1, Kind::continuation_without_start},
                      {6, 6, 1, Kind::continuation_without_start},
                      {7, 8, 1, Kind::overlong},
                      {8, 8, 1, Kind::continuation_without_start},
                      {9, 10, 1, Kind::above_maximum},
                      {10, 10, 1, Kind::continuation_without_start},
                      {11, 11, 1, Kind::never_used},
                      {12, 12, 1, Kind::overlong},
                      {13, 13, 1, Kind::continuation_without_start},
                      {14, 16, 2, Kind::text_cut}};
  REQUIRE(finder.faults().size() == std::size(rows));
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    const Fault& fault = finder.faults()[i];
    CHECK(fault.offset == rows[i].offset);
    CHECK(fault.proof == rows[i].proof);
    CHECK(fault.count == rows[i].count);
    CHECK(fault.cause.kind == rows[i].kind);
    for (std::size_t j = 0; j < fault.count; ++j)
      CHECK(fault.bad()[j] == text[static_cast<std::size_t>(fault.offset) + j]);
  }
}

TEST_CASE("fault finder: all texts of up to four octets, at every cut, as the oracle says") {
  constexpr std::uint8_t kOctets[] = {0x41, 0x80, 0x8f, 0x90, 0xa0, 0xbf, 0xc0, 0xc2,
                                      0xe0, 0xe1, 0xed, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
  constexpr std::size_t kCount = std::size(kOctets);
  for (std::size_t length = 1; length <= 4; ++length) {
    std::size_t total = 1;
    for (std::size_t i = 0; i < length; ++i) total *= kCount;
    for (std::size_t number = 0; number < total; ++number) {
      wire::OctetVector text;
      for (std::size_t i = 0, rest = number; i < length; ++i, rest /= kCount)
        text.push_back(kOctets[rest % kCount]);
      const auto wanted = oracle_faults(text);
      for (std::size_t cut = 0; cut < length; ++cut) {
        FaultFinder finder;
        finder.feed(wire::Octets(text).first(cut));
        finder.feed(wire::Octets(text).subspan(cut));
        finder.finish();
        if (found(finder) != wanted || finder.total() != wanted.size()) {
          CAPTURE(number);
          CAPTURE(cut);
          FAIL("a fault too many, too few, or elsewhere");
        }
      }
    }
  }
}

TEST_CASE("fault finder: faults on either side of long good text, octet by octet too") {
  wire::OctetVector text = hex("e2 82 41");
  const std::string good(1000, 'a');
  text.insert(text.end(), good.begin(), good.end());
  for (const std::uint8_t octet : hex("f0 9f 98 41 ff")) text.push_back(octet);
  text.insert(text.end(), good.begin(), good.end());
  text.push_back(0xf1);
  const std::vector<Range> wanted = oracle_faults(text);
  CHECK(wanted.size() == 4);
  CHECK(found(whole(text)) == wanted);
  FaultFinder slow;
  for (const std::uint8_t& octet : text) slow.feed({&octet, 1});
  slow.finish();
  CHECK(found(slow) == wanted);
}

TEST_CASE("fault finder: more faults than are listed are counted, however they are cut") {
  std::mt19937 random(1007);
  for (int round = 0; round < 40; ++round) {
    wire::OctetVector text;
    while (text.size() < 6000) {
      if (round % 4 == 0 && text.size() > 500)
        text.insert(text.end(), random() % 3000, 'a');  // faults that are far from each other
      else if (round % 2 == 0)
        for (const std::uint8_t octet : hex("f0 9f 98 80")) text.push_back(octet);
      text.push_back(static_cast<std::uint8_t>(random()));
    }
    const auto wanted = oracle_faults(text);
    for (const std::size_t size : {1u, 3u, 100u, 4095u, 4097u, 20000u}) {
      FaultFinder finder;
      for (wire::Octets rest = text; !rest.empty();
           rest = rest.subspan(std::min(size, rest.size())))
        finder.feed(rest.first(std::min(size, rest.size())));
      finder.finish();
      CHECK(finder.total() == wanted.size());
      CHECK(finder.faults().size() == std::min(wanted.size(), FaultFinder::kListed));
    }
  }
}
