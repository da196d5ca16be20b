// The UTF-8 validator against a loop that takes one octet after the other.
#include "wire/utf8.h"

#include <array>

#include "bench.h"

namespace wsspec::bench {
namespace {

constexpr std::size_t kSize = 1 << 20;
constexpr int kTurns = 9, kRounds = 20;

/// The obvious validator: one octet, one transition.
bool octet_loop(wire::Octets text) {
  int due = 0;
  std::uint8_t low = 0x80, high = 0xbf;
  for (const std::uint8_t c : text) {
    if (due > 0) {
      if (c < low || c > high) return false;
      low = 0x80;
      high = 0xbf;
      --due;
    } else if (c < 0x80) {
      continue;
    } else if (c >= 0xc2 && c <= 0xdf) {
      due = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
      due = 2;
      if (c == 0xe0) low = 0xa0;
      if (c == 0xed) high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
      due = 3;
      if (c == 0xf0) low = 0x90;
      if (c == 0xf4) high = 0x8f;
    } else {
      return false;
    }
  }
  return due == 0;
}

wire::OctetVector filled(std::string_view text) {
  wire::OctetVector out;
  while (out.size() + text.size() <= kSize) {
    const auto octets = wire::as_octets(text);
    out.insert(out.end(), octets.begin(), octets.end());
  }
  return out;
}

void measure(const char* what, std::string_view sample, double target) {
  const auto text = filled(sample);
  volatile bool good = true;
  const auto rate = [&](auto validate) {
    const auto start = Clock::now();
    for (int i = 0; i < kRounds; ++i) good = good && validate(text);
    return static_cast<double>(text.size()) * kRounds / seconds_since(start);
  };
  const auto rates = compare(
      kTurns,
      [&] {
        return rate([](wire::Octets octets) {
          wire::Utf8Validator validator;
          return !validator.feed(octets).has_value();
        });
      },
      [&] { return rate(octet_loop); });
  if (!good) std::abort();
  print({what, fmt::format("{:.2f} GB/s", rates.ours / 1e9), "a loop over octets",
         fmt::format("{:.1f}", rates.ratio), fmt::format(">= {:g}", target),
         rates.ratio >= target});
}

}  // namespace

void utf8() {
  measure("UTF-8 validator, ASCII", "The quick brown fox jumps over the lazy dog. ", 5);
  measure("UTF-8 validator, English with a few accents",
          "A na\xc3\xafve fa\xc3\xa7"
          "ade in the caf\xc3\xa9 behind the old railway station; ",
          1);
  measure("UTF-8 validator, characters of 2 to 4 octets",
          "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80 ",
          1);
}

}  // namespace wsspec::bench
