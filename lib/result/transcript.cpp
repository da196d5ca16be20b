#include "result/transcript.h"

#include <algorithm>

namespace wsspec::result {

void Transcript::add(TranscriptLine::Direction direction, std::string what, wire::Octets octets,
                     std::uint64_t length, double at_ms) {
  if (full()) return;
  TranscriptLine line;
  line.direction = direction;
  line.at_ms = at_ms;
  line.what = std::move(what);
  line.octets = wire::to_vector(octets.first(std::min(octets.size(), kOctets)));
  line.length = length;
  lines_.push_back(std::move(line));
}

void Transcript::add_payload(TranscriptLine::Direction direction, wire::Octets octets) {
  if (lines_.empty() || full()) return;
  auto& line = lines_.back();
  if (line.direction != direction || line.octets.size() >= kOctets) return;
  const auto part = octets.first(std::min(octets.size(), kOctets - line.octets.size()));
  line.octets.insert(line.octets.end(), part.begin(), part.end());
}

void Transcript::name_last(std::string what) {
  if (!lines_.empty() && !full()) lines_.back().what = std::move(what);
}

void Transcript::set_last_payload(wire::Octets octets) {
  if (lines_.empty() || full()) return;
  lines_.back().octets = wire::to_vector(octets.first(std::min(octets.size(), kOctets)));
}

void Transcript::hide_payloads() {
  for (auto& line : lines_) line.octets.clear();
}

}  // namespace wsspec::result
