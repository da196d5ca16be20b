#include "payload/scan.h"

#include <algorithm>

namespace wsspec::payload {
namespace {

constexpr std::uint64_t kAround = 32;      // octets shown before and after a fault
constexpr std::uint64_t kLongWindow = 96;  // of a window that holds several faults

}  // namespace

/// Opens a window for each new fault, or widens the last one.
void Scanner::look_around(wire::Octets chunk) {
  const auto& faults = finder_.faults();
  for (; looked_at_ < faults.size(); ++looked_at_) {
    const Fault& fault = faults[looked_at_];
    const std::uint64_t end = fault.proof + kAround;
    if (!windows_.empty() && fault.offset < ends_.back() &&
        end <= windows_.back().begin + kLongWindow) {
      ends_.back() = end;
      continue;
    }
    if (!windows_.empty() && fault.offset < ends_.back()) continue;
    if (windows_.size() >= kWindows) continue;
    windows_.push_back({fault.offset - std::min(fault.offset, kAround), {}});
    ends_.push_back(end);
  }
  fill(chunk);
}

/// From the last octets of before, then from this chunk, which ends what the finder has read.
void Scanner::fill(wire::Octets chunk) {
  const std::uint64_t read = finder_.size(), base = read - chunk.size();
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = windows_[i];
    for (std::uint64_t at = window.begin + window.octets.size(); at < std::min(ends_[i], read);
         ++at)
      window.octets.push_back(at < base ? tail_[tail_.size() - static_cast<std::size_t>(base - at)]
                                        : chunk[static_cast<std::size_t>(at - base)]);
  }
}

void Scanner::feed(wire::Octets chunk) {
  if (chunk.empty()) return;
  finder_.feed(chunk);
  look_around(chunk);
  const std::size_t missing = std::min(kHead - head_.size(), chunk.size());
  head_.insert(head_.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(missing));

  const wire::Octets last = chunk.last(std::min(kTail, chunk.size()));
  if (last.size() == kTail) tail_.clear();
  tail_.insert(tail_.end(), last.begin(), last.end());
  if (tail_.size() > 2 * kTail)
    tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(kTail));

  const auto text_end =
      std::find_if(chunk.rbegin(), chunk.rend(), [](std::uint8_t octet) { return octet != 0; });
  if (text_end != chunk.rend()) trailing_zeros_ = 0;
  trailing_zeros_ += static_cast<std::uint64_t>(text_end - chunk.rbegin());
}

Scan Scanner::finish() {
  finder_.finish();
  look_around({});
  Scan out;
  out.size = finder_.size();
  out.fault_count = finder_.total();
  out.faults = finder_.faults();
  out.windows = std::move(windows_);
  out.head = std::move(head_);
  if (tail_.size() > kTail)
    tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(kTail));
  out.tail = std::move(tail_);
  out.trailing_zeros = trailing_zeros_;
  return out;
}

Scan scan(wire::Octets octets) {
  Scanner scanner;
  scanner.feed(octets);
  return scanner.finish();
}

}  // namespace wsspec::payload
