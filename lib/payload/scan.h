// What is kept of a payload of any size while it passes by: its first and last octets, every fault
// up to a bound, and the octets around the first few. Memory stays below a megabyte.
#pragma once

#include <cstdint>
#include <vector>

#include "payload/fault_finder.h"
#include "wire/octets.h"

namespace wsspec::payload {

/// The octets around one fault, or around several that are near each other.
struct Window {
  std::uint64_t begin = 0;
  wire::OctetVector octets;
};

struct Scan {
  std::uint64_t size = 0;
  std::uint64_t fault_count = 0;
  std::vector<Fault> faults;  ///< the first FaultFinder::kListed
  std::vector<Window> windows;
  wire::OctetVector head;            ///< the first Scanner::kHead octets
  wire::OctetVector tail;            ///< the last Scanner::kTail octets, which may be in `head` too
  std::uint64_t trailing_zeros = 0;  ///< octets 00 at the end

  bool valid() const { return fault_count == 0; }
  /// `head` is all there is.
  bool whole() const { return head.size() == size; }
};

class Scanner {
 public:
  static constexpr std::size_t kHead = 256u << 10, kTail = 16u << 10;
  static constexpr std::size_t kWindows = 5;

  void feed(wire::Octets chunk);
  /// Once, after the last feed().
  Scan finish();

 private:
  void look_around(wire::Octets chunk);
  void fill(wire::Octets chunk);

  FaultFinder finder_;
  std::vector<Window> windows_;
  std::vector<std::uint64_t> ends_;  ///< of the windows: what they shall hold
  std::size_t looked_at_ = 0;        ///< faults that have their window
  wire::OctetVector head_, tail_;
  std::uint64_t trailing_zeros_ = 0;
};

/// Of octets that are all there.
Scan scan(wire::Octets octets);

}  // namespace wsspec::payload
