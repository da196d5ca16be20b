// The fingerprint of a message: the same however it is cut, another for any change.
#include "wire/fingerprint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace wsspec::wire;

namespace {

Fingerprint::Sum sum_of(Octets octets) {
  Fingerprint print;
  print.add(octets);
  return print.sum();
}

OctetVector some(std::size_t length) {
  OctetVector out(length);
  for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<std::uint8_t>(i * i + 7 * i);
  return out;
}

}  // namespace

TEST_CASE("a fingerprint is the same at every split point and octet by octet") {
  const auto octets = some(333);
  const auto whole = sum_of(octets);
  Fingerprint single;
  for (const auto& octet : octets) single.add({&octet, 1});
  CHECK(single.sum() == whole);
  for (std::size_t at = 0; at <= octets.size(); ++at) {
    Fingerprint print;
    print.add(Octets(octets).first(at));
    print.sum();  // asking changes nothing
    print.add(Octets(octets).subspan(at));
    CHECK(print.sum() == whole);
  }
  single.reset();
  single.add(octets);
  CHECK(single.sum() == whole);
}

TEST_CASE("a fingerprint differs for every length, for every bit and for swapped blocks") {
  std::set<Fingerprint::Sum> seen;
  std::size_t made = 0;
  const auto note = [&](Octets octets) {
    seen.insert(sum_of(octets));
    ++made;
  };
  const OctetVector zeroes(300, 0);
  for (std::size_t length = 0; length <= zeroes.size(); ++length)
    note(Octets(zeroes).first(length));
  auto octets = some(257);
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] ^ 1u << bit % 8);
    note(octets);
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] ^ 1u << bit % 8);
  }
  for (std::size_t block = 16; block + 16 <= octets.size(); block += 16) {
    auto swapped = octets;
    std::swap_ranges(swapped.begin(), swapped.begin() + 16,
                     swapped.begin() + static_cast<std::ptrdiff_t>(block));
    note(swapped);
  }
  CHECK(seen.size() == made);
}
