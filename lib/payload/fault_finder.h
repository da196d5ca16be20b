// Every UTF-8 fault of a text, not only the first: after one the search goes on where a new
// character may begin, so the faults are Unicode's maximal ill-formed subparts, and their number is
// that of the U+FFFD that a decoder which repairs text would put there. The text may come in pieces
// of any size.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "wire/octets.h"
#include "wire/utf8.h"
#include "wire/utf8_fault.h"

namespace wsspec::payload {

struct Fault {
  std::uint64_t offset = 0;  ///< of the first octet of what is ill-formed
  std::uint64_t proof = 0;   ///< of the octet that proves it; the text's size where its end does
  std::array<std::uint8_t, 3> octets{};
  std::size_t count = 0;  ///< of `octets`: 1 to 3
  wire::Utf8FaultCause cause;

  wire::Octets bad() const { return wire::Octets(octets).first(count); }
};

class FaultFinder {
 public:
  /// Faults that are kept; all are counted.
  static constexpr std::size_t kListed = 100;

  void feed(wire::Octets chunk);
  /// The text ends here; once, after the last feed().
  void finish();

  const std::vector<Fault>& faults() const { return faults_; }
  std::uint64_t total() const { return total_; }
  std::uint64_t size() const { return size_; }

 private:
  void add(std::uint64_t proof, wire::Octets before, const wire::Utf8FaultCause& cause);
  void only_count(wire::Octets chunk);

  wire::Utf8Validator validator_;
  wire::Utf8FaultCounter counter_;  // goes on where the list is full
  std::vector<Fault> faults_;
  std::uint64_t total_ = 0, size_ = 0;
  // The last octets before the next chunk, none of them from before the last fault.
  std::array<std::uint8_t, 3> last_{};
  std::size_t last_count_ = 0;
};

}  // namespace wsspec::payload
