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
  /// What is kept at most.
  struct Bounds {
    std::size_t lines = 256;
    std::size_t octets = 64;  ///< of a line
  };
  Transcript() = default;
  explicit Transcript(Bounds bounds) : bounds_(bounds) {}

  /// `length`: of the payload, of which `octets` may be a part. `at_ms`: since the scenario's
  /// start.
  void add(TranscriptLine::Direction direction, std::string what, wire::Octets octets,
           std::uint64_t length, double at_ms);
  /// More of the payload of the newest line in this direction, unless it was taken.
  void add_payload(TranscriptLine::Direction direction, wire::Octets octets);
  /// The newest line in this direction turned out to be this.
  void name_last(TranscriptLine::Direction direction, std::string what);
  void set_last_payload(TranscriptLine::Direction direction, wire::Octets octets);
  void hide_payloads();
  /// Nothing is taken any more.
  bool full() const { return lines_.size() >= bounds_.lines; }
  /// `growing`: the newest lines in these directions have not got their whole payload, and stay.
  std::vector<TranscriptLine> take(const std::vector<TranscriptLine::Direction>& growing = {});

 private:
  TranscriptLine* newest(TranscriptLine::Direction direction);

  Bounds bounds_;
  std::vector<TranscriptLine> lines_;
};

}  // namespace wsspec::result
