#include "observe/cut.h"

#include <algorithm>

namespace wsspec::observe {
namespace {

constexpr std::uint64_t kSmallestBlock = 256, kLargestBlock = 65536;
constexpr std::uint64_t kMostReason = 123;

std::size_t length_of(std::uint8_t first) {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 1;
}

}  // namespace

std::optional<Cut> find_cut(wire::Octets before, std::uint64_t at) {
  const std::size_t most = std::min<std::size_t>(before.size(), 3);
  for (std::size_t back = 1; back <= most; ++back) {
    const std::uint8_t octet = before[before.size() - back];
    if ((octet & 0xc0) == 0x80) continue;
    const std::size_t length = length_of(octet);
    if (length <= back) return std::nullopt;
    return Cut{length, back, usual_block(at)};
  }
  return std::nullopt;
}

std::uint64_t usual_block(std::uint64_t size) {
  if (size == kMostReason) return size;
  for (std::uint64_t block = kLargestBlock; block >= kSmallestBlock; block /= 2)
    if (size != 0 && size % block == 0) return block;
  return 0;
}

}  // namespace wsspec::observe
