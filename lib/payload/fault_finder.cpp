#include "payload/fault_finder.h"

#include <algorithm>

namespace wsspec::payload {

namespace {

constexpr std::size_t kCounted = 4096;  // octets that are looked at as one, once no more is listed

}  // namespace

/// `before`: the octets up to the proving one, with it where there is one.
void FaultFinder::add(std::uint64_t proof, wire::Octets before, const wire::Utf8FaultCause& cause) {
  ++total_;
  if (faults_.size() >= kListed) return;
  Fault fault;
  fault.cause = cause;
  fault.proof = proof;
  fault.offset = proof - cause.there;
  fault.count = std::max<std::size_t>(cause.there, 1);
  const bool at_end = cause.kind == wire::Utf8FaultKind::text_cut;
  const std::size_t begin = before.size() - (at_end ? 0 : 1) - cause.there;
  std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(begin), fault.count,
              fault.octets.begin());
  faults_.push_back(fault);
}

/// Where no more is listed, only the number matters.
void FaultFinder::only_count(wire::Octets chunk) {
  while (!chunk.empty()) {
    const wire::Octets piece = chunk.first(std::min(kCounted, chunk.size()));
    chunk = chunk.subspan(piece.size());
    wire::Utf8Validator ahead;
    const bool good = counter_.complete() && !ahead.feed(piece) && ahead.complete();
    if (!good) total_ += counter_.feed(piece);
  }
}

void FaultFinder::feed(wire::Octets chunk) {
  std::size_t from = 0;  // after the last fault
  while (faults_.size() < kListed && from < chunk.size()) {
    const bool begun = !validator_.complete();
    const auto at = validator_.feed(chunk.subspan(from));
    if (!at) break;
    const std::size_t proof = from + *at;
    // The proving octet and up to three before it, none from before the last fault.
    std::array<std::uint8_t, 4> seen;
    std::size_t count = 0;
    const std::size_t here = std::min<std::size_t>(proof - from, 3);
    if (begun && from == 0) {
      const std::size_t older = std::min(last_count_, 3 - here);
      for (std::size_t i = last_count_ - older; i < last_count_; ++i) seen[count++] = last_[i];
    }
    for (std::size_t i = proof - here; i <= proof; ++i) seen[count++] = chunk[i];
    const wire::Octets before = wire::Octets(seen).first(count);
    const auto cause = wire::utf8_fault_cause(before, count - 1, false);
    add(size_ + proof, before, cause);
    // An octet that cut a character short may begin the next one.
    from = cause.there > 0 ? proof : proof + 1;
    last_count_ = 0;
    validator_.reset();
  }
  if (faults_.size() == kListed) only_count(chunk.subspan(from));
  std::array<std::uint8_t, 3> last{};
  std::size_t count = std::min<std::size_t>(chunk.size() - from, 3);
  std::copy(chunk.end() - static_cast<std::ptrdiff_t>(count), chunk.end(), last.begin());
  if (from == 0 && count < 3) {
    const std::size_t older = std::min(last_count_, 3 - count);
    std::copy_backward(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(count),
                       last.begin() + static_cast<std::ptrdiff_t>(count + older));
    std::copy_n(last_.begin() + static_cast<std::ptrdiff_t>(last_count_ - older), older,
                last.begin());
    count += older;
  }
  last_ = last;
  last_count_ = count;
  size_ += chunk.size();
}

void FaultFinder::finish() {
  if (!counter_.complete()) ++total_;
  if (!validator_.complete()) {
    const wire::Octets before = wire::Octets(last_).first(last_count_);
    add(size_, before, wire::utf8_fault_cause(before, before.size(), true));
  }
  validator_.reset();
}

}  // namespace wsspec::payload
