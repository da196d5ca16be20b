// What went over one connection, in both directions, as reports show it: the first lines, and of
// each the first octets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "result/result.h"
#include "wire/frame.h"

namespace wsspec::result {

class Transcript {
 public:
  static constexpr std::size_t kLines = 256;
  static constexpr std::size_t kOctets = 64;  ///< of a line

  /// `length`: of the payload, of which `octets` may be a part. `at_ms`: since the scenario's
  /// start.
  void add(TranscriptLine::Direction direction, std::string what, wire::Octets octets,
           std::uint64_t length, double at_ms);
  /// More of the newest line's payload; dropped if that line has another direction.
  void add_payload(TranscriptLine::Direction direction, wire::Octets octets);
  /// The newest line turned out to be this.
  void name_last(std::string what);
  void set_last_payload(wire::Octets octets);
  void hide_payloads();
  /// Nothing is taken any more.
  bool full() const { return lines_.size() >= kLines; }
  std::vector<TranscriptLine> take() { return std::move(lines_); }

 private:
  std::vector<TranscriptLine> lines_;
};

}  // namespace wsspec::result
