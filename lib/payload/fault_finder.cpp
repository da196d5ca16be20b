#include "payload/fault_finder.h"

#include <algorithm>

namespace wsspec::payload {

namespace {

/// After a fault the next may be near, as in binary data: so many octets go without the validator's
/// fast path, whose start would cost more than it saves.
constexpr std::size_t kWary = 24;

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

void FaultFinder::feed(wire::Octets chunk) {
  std::size_t from = 0;  // the octets after the last fault, whose characters are not known yet
  std::size_t fed = 0;
  bool wary = false;
  while (fed < chunk.size()) {
    const bool begun = !validator_.complete();
    const std::size_t size = wary ? std::min(kWary, chunk.size() - fed) : chunk.size() - fed;
    const auto at = validator_.feed(chunk.subspan(fed, size));
    wary = false;
    if (!at) {
      fed += size;
      continue;
    }
    const std::size_t proof = fed + *at;
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
    from = fed = cause.there > 0 ? proof : proof + 1;
    last_count_ = 0;
    validator_.reset();
    wary = true;
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
  if (!validator_.complete()) {
    const wire::Octets before = wire::Octets(last_).first(last_count_);
    add(size_, before, wire::utf8_fault_cause(before, before.size(), true));
  }
  validator_.reset();
}

}  // namespace wsspec::payload
