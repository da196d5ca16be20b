// Octets without any pattern: ciphertext, or compressed data whose header is missing. All 256
// values come equally often; Pearson's test tells how far from that a sample is.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "payload/detectors.h"

namespace wsspec::payload {
namespace {

constexpr std::size_t kSample = 64u << 10;

/// Pearson's chi squared of counts that should be equal; its mean is bins - 1.
template <std::size_t N>
double chi_squared(const std::array<std::size_t, N>& counts, std::size_t all) {
  const double expected = static_cast<double>(all) / N;
  double sum = 0;
  for (const std::size_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    sum += off * off / expected;
  }
  return sum;
}

double entropy(const std::array<std::size_t, 256>& counts, std::size_t all) {
  double bits = 0;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(all);
    bits -= share * std::log2(share);
  }
  return bits;
}

/// Half of random octets are below 80, of a text in whatever script with its punctuation more.
bool too_much_ascii(wire::Octets sample) {
  const auto low =
      std::count_if(sample.begin(), sample.end(), [](std::uint8_t octet) { return octet < 0x80; });
  const auto all = static_cast<double>(sample.size());
  return static_cast<double>(low) > all / 2 + 2.5 * std::sqrt(all) / 2;
}

/// Of the octets below 80, 53 of 128 are letters and the space; in a text nearly all are.
bool too_many_letters(wire::Octets sample) {
  std::size_t low = 0, letters = 0;
  for (const std::uint8_t octet : sample) {
    if (octet >= 0x80) continue;
    ++low;
    if (octet == ' ' || ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'z')) ++letters;
  }
  constexpr double kShare = 53.0 / 128;
  const auto all = static_cast<double>(low);
  return static_cast<double>(letters) > all * kShare + 3 * std::sqrt(all * kShare * (1 - kShare));
}

}  // namespace

void detect_random(const Scan& scan, Looks& looks) {
  const wire::Octets sample = wire::Octets(scan.head).first(std::min(scan.head.size(), kSample));
  if (sample.size() < 12 || scan.valid()) return;
  std::array<std::size_t, 256> octets{};
  std::array<std::size_t, 16> upper{}, lower{};
  for (const std::uint8_t octet : sample) {
    ++octets[octet];
    ++upper[octet >> 4];
    ++lower[octet & 15];
  }
  const std::size_t n = sample.size();
  if (too_much_ascii(sample) || too_many_letters(sample)) return;
  const double size = static_cast<double>(n);
  // Of n equally likely draws from 256 values about 256 (1 - (1 - 1/256)^n) differ.
  const double due = 256 * (1 - std::pow(1 - 1.0 / 256, size));
  const auto distinct =
      static_cast<double>(256 - std::count(octets.begin(), octets.end(), std::size_t{0}));
  const double halves = std::max(chi_squared(upper, n), chi_squared(lower, n));
  if (halves > 15 + 5 * 5.5 || distinct < due - 4 * std::sqrt(due) / 2) return;
  int confidence = n >= 256 ? 84 : n >= 64 ? 74 : n >= 32 ? 62 : 40;
  if (n >= 1024 && chi_squared(octets, n) > 255 + 6 * 22.6) confidence = 55;
  const bool blocks = scan.size % 16 == 0;
  add(looks, Kind::random, confidence,
      fmt::format("{:.0f} of 256 values, {:.2f} bits of entropy an octet (random data of this size "
                  "has {:.0f} values){}",
                  distinct, entropy(octets, n), due,
                  blocks ? "; a multiple of 16 octets, a cipher's block" : ""));
}

}  // namespace wsspec::payload
