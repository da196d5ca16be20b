// Four lanes, each folding a product of 64 by 64 bits, as in wyhash (Wang Yi, public domain): the
// lanes do not wait for each other, so a block of 64 octets costs about as much as reading it.
#include "wire/fingerprint.h"

#include <algorithm>
#include <cstring>

namespace wsspec::wire {
namespace {

// Odd, with as many ones as zeroes: digits of pi, sqrt 2, e and the golden ratio.
constexpr std::uint64_t kSalt[4] = {0x243f6a8885a308d3, 0x6a09e667f3bcc909, 0xb7e151628aed2a6b,
                                    0x9e3779b97f4a7c15};

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word(const std::uint8_t* at) {
  std::uint64_t out = 0;
  std::memcpy(&out, at, sizeof out);
  return out;
}

}  // namespace

void Fingerprint::reset() {
  std::copy(std::begin(kSalt), std::end(kSalt), lanes_.begin());
  rest_size_ = 0;
  length_ = 0;
}

void Fingerprint::take(const std::uint8_t* block) {
  // The lane is added after the product too: a factor that happens to be 0 must not erase it.
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t before = lanes_[i];
    lanes_[i] = fold(word(block + 16 * i) ^ kSalt[i], word(block + 16 * i + 8) ^ before) +
                (before << 23 | before >> 41);
  }
}

void Fingerprint::add(Octets data) {
  length_ += data.size();
  if (rest_size_ > 0) {
    const std::size_t n = std::min(data.size(), kBlock - rest_size_);
    std::copy_n(data.begin(), n, rest_.begin() + static_cast<std::ptrdiff_t>(rest_size_));
    rest_size_ += n;
    data = data.subspan(n);
    if (rest_size_ < kBlock) return;
    take(rest_.data());
    rest_size_ = 0;
  }
  for (; data.size() >= kBlock; data = data.subspan(kBlock)) take(data.data());
  std::copy(data.begin(), data.end(), rest_.begin());
  rest_size_ = data.size();
}

Fingerprint::Sum Fingerprint::sum() const {
  Fingerprint last = *this;
  std::fill(last.rest_.begin() + static_cast<std::ptrdiff_t>(rest_size_), last.rest_.end(),
            std::uint8_t{0});
  last.take(last.rest_.data());
  const auto& lane = last.lanes_;
  // The length tells a tail of zeroes from none.
  const std::uint64_t a = fold(lane[0] ^ length_, lane[1] ^ kSalt[2]) ^ lane[2];
  const std::uint64_t b = fold(lane[2] ^ kSalt[3], lane[3] ^ length_) ^ lane[0];
  return {fold(a ^ kSalt[0], b ^ kSalt[1]) ^ lane[3], fold(b ^ kSalt[2], a ^ kSalt[3]) ^ lane[1]};
}

}  // namespace wsspec::wire
