// Every text of exactly four octets, all 2^32, against the oracle of the unit tests; and, with
// --speed, the validator's ASCII path against a loop over octets. Exit code 1 on any difference.
//
// Not part of the test run (minutes in a debug build). By hand, from the root of the checkout:
//   g++ -std=c++20 -O2 -Ilib tests/bench/utf8_exhaustive.cpp lib/wire/utf8.cpp -o utf8_exhaustive
//
// Where the first three octets are faulty already, the fourth cannot change the verdict; both sides
// are asked nevertheless. Only the validator's work is shared: it is copied after the prefix.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "../unit/wire/utf8_oracle.h"

namespace {

using namespace wsspec::wire;

std::uint64_t run_all() {
  std::uint64_t wrong = 0;
  std::array<std::uint8_t, 4> text{};
  for (std::uint32_t prefix = 0; prefix < 1U << 24; ++prefix) {
    text[0] = static_cast<std::uint8_t>(prefix >> 16);
    text[1] = static_cast<std::uint8_t>(prefix >> 8);
    text[2] = static_cast<std::uint8_t>(prefix);
    Utf8Validator behind_three;
    const auto at_three = behind_three.feed(Octets(text).first(3));
    for (unsigned last = 0; last < 256; ++last) {
      text[3] = static_cast<std::uint8_t>(last);
      const auto expected = test::oracle(text);
      Utf8Validator validator = behind_three;
      auto at = at_three;
      if (const auto fault = validator.feed(Octets(text).last(1))) at = 3 + *fault;
      std::optional<Utf8Fault> streamed;
      if (at) {
        streamed = Utf8Fault{*at, false};
      } else if (!validator.complete()) {
        streamed = Utf8Fault{4, true};
      }
      if (test::same(streamed, expected) && test::same(check_utf8(text), expected)) continue;
      if (++wrong <= 10) {
        std::printf("wrong: %02x %02x %02x %02x\n", text[0], text[1], text[2], text[3]);
      }
    }
    if ((prefix & 0xfffff) == 0) {
      std::fprintf(stderr, "\r%3u of 256 lead octets", prefix >> 16);
    }
  }
  std::fprintf(stderr, "\r%30s\r", "");
  return wrong;
}

/// The plain loop that the ASCII path is measured against: no more than one test an octet.
__attribute__((noinline, optimize("no-tree-vectorize"))) bool octet_loop(Octets text) {
  for (const std::uint8_t octet : text) {
    if ((octet & 0x80) != 0) return false;
  }
  return true;
}

template <typename Function>
double gigabytes_per_second(const OctetVector& text, Function function) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 2000;
  bool good = true;
  const auto start = Clock::now();
  for (int i = 0; i < kRounds; ++i) good = function(text) && good;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!good) std::printf("the measured text was refused\n");
  return static_cast<double>(text.size()) * kRounds / seconds / 1e9;
}

void measure() {
  const OctetVector ascii(256 * 1024, 'a');
  const double fast =
      gigabytes_per_second(ascii, [](const OctetVector& text) { return !check_utf8(text); });
  const double loop =
      gigabytes_per_second(ascii, [](const OctetVector& text) { return octet_loop(text); });
  std::printf("ASCII: validator %.2f GB/s, octet loop %.2f GB/s, factor %.1f\n", fast, loop,
              fast / loop);
  OctetVector mixed;
  for (int i = 0; i < 20000; ++i) {
    for (const int octet : {0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xf0, 0x9f, 0x98, 0x80, 0x65}) {
      mixed.push_back(static_cast<std::uint8_t>(octet));
    }
  }
  std::printf("other: validator %.2f GB/s\n",
              gigabytes_per_second(mixed, [](const OctetVector& t) { return !check_utf8(t); }));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--speed") == 0) {
    measure();
    return 0;
  }
  const std::uint64_t wrong = run_all();
  std::printf("4294967296 texts, %llu differ\n", static_cast<unsigned long long>(wrong));
  return wrong == 0 ? 0 : 1;
}
