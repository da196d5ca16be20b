// 128 bits that tell messages apart, at memory speed: an echo of 16 MiB is compared without being
// kept. Against accidents only; two messages of one fingerprint can be made on purpose.
#pragma once

#include <array>
#include <cstdint>

#include "wire/octets.h"

namespace wsspec::wire {

class Fingerprint {
 public:
  using Sum = std::array<std::uint64_t, 2>;

  Fingerprint() { reset(); }
  void reset();
  /// In pieces of any size: the sum is that of all octets in a row.
  void add(Octets data);
  /// Of what was added so far.
  Sum sum() const;

 private:
  static constexpr std::size_t kBlock = 64;
  void take(const std::uint8_t* block);
  std::array<std::uint64_t, 4> lanes_{};
  std::array<std::uint8_t, kBlock> rest_{};
  std::size_t rest_size_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace wsspec::wire
