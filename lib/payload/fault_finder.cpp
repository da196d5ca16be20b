#include "payload/fault_finder.h"

#include <algorithm>

namespace wsspec::payload {

void FaultFinder::add(std::uint64_t proof, wire::Octets excerpt, bool at_end) {
  ++total_;
  if (faults_.size() >= kListed) return;
  Fault fault;
  const std::size_t mark = at_end ? excerpt.size() : excerpt.size() - 1;
  fault.cause = wire::utf8_fault_cause(excerpt, mark, at_end);
  fault.proof = proof;
  fault.offset = proof - fault.cause.there;
  fault.count = std::max<std::size_t>(fault.cause.there, 1);
  std::copy_n(excerpt.begin() + static_cast<std::ptrdiff_t>(mark - fault.cause.there), fault.count,
              fault.octets.begin());
  faults_.push_back(fault);
}

void FaultFinder::feed(wire::Octets chunk) {
  std::size_t from = 0;
  while (from < chunk.size()) {
    const bool begun = !validator_.complete();
    const auto at = validator_.feed(chunk.subspan(from));
    if (!at) break;
    const std::size_t proof = from + *at;
    // The proving octet and up to three before it.
    std::array<std::uint8_t, 4> excerpt;
    std::size_t count = 0;
    const std::size_t here = std::min<std::size_t>(*at, 3);
    if (begun && from == 0) {
      const std::size_t older = std::min(last_count_, 3 - here);
      for (std::size_t i = last_count_ - older; i < last_count_; ++i) excerpt[count++] = last_[i];
    }
    for (std::size_t i = proof - here; i <= proof; ++i) excerpt[count++] = chunk[i];
    const wire::Octets seen = wire::Octets(excerpt).first(count);
    add(size_ + proof, seen, false);
    // An octet that cut a character short may begin the next one.
    from = wire::utf8_fault_cause(seen, count - 1, false).there > 0 ? proof : proof + 1;
    last_count_ = 0;
    validator_.reset();
  }
  from = std::min(from, chunk.size());
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
  if (!validator_.complete()) add(size_, wire::Octets(last_).first(last_count_), true);
  validator_.reset();
}

}  // namespace wsspec::payload
