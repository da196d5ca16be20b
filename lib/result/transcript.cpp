#include "result/transcript.h"

#include <algorithm>
#include <iterator>

namespace wsspec::result {

void Transcript::add(TranscriptLine::Direction direction, std::string what, wire::Octets octets,
                     std::uint64_t length, double at_ms) {
  if (full()) return;
  TranscriptLine line;
  line.direction = direction;
  line.at_ms = at_ms;
  line.what = std::move(what);
  line.octets = wire::to_vector(octets.first(std::min(octets.size(), bounds_.octets)));
  line.length = length;
  lines_.push_back(std::move(line));
}

void Transcript::add_payload(TranscriptLine::Direction direction, wire::Octets octets) {
  TranscriptLine* line = full() ? nullptr : newest(direction);
  if (line == nullptr || line->octets.size() >= bounds_.octets) return;
  const auto part = octets.first(std::min(octets.size(), bounds_.octets - line->octets.size()));
  line->octets.insert(line->octets.end(), part.begin(), part.end());
}

TranscriptLine* Transcript::newest(TranscriptLine::Direction direction) {
  const auto found = std::find_if(lines_.rbegin(), lines_.rend(),
                                  [&](const auto& line) { return line.direction == direction; });
  return found == lines_.rend() ? nullptr : &*found;
}

// In order: a line that grows holds back those after it.
std::vector<TranscriptLine> Transcript::take(
    const std::vector<TranscriptLine::Direction>& growing) {
  std::size_t whole = lines_.size();
  for (const auto direction : growing)
    if (const TranscriptLine* line = newest(direction))
      whole = std::min(whole, static_cast<std::size_t>(line - lines_.data()));
  std::vector<TranscriptLine> out(
      std::make_move_iterator(lines_.begin()),
      std::make_move_iterator(lines_.begin() + static_cast<std::ptrdiff_t>(whole)));
  lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(whole));
  return out;
}

void Transcript::name_last(TranscriptLine::Direction direction, std::string what) {
  if (TranscriptLine* line = full() ? nullptr : newest(direction)) line->what = std::move(what);
}

void Transcript::set_last_payload(TranscriptLine::Direction direction, wire::Octets octets) {
  if (TranscriptLine* line = full() ? nullptr : newest(direction))
    line->octets = wire::to_vector(octets.first(std::min(octets.size(), bounds_.octets)));
}

void Transcript::hide_payloads() {
  for (auto& line : lines_) line.octets.clear();
}

}  // namespace wsspec::result
