// Samples are made when the first octet is asked for; windows hold a position in what stands in
// memory and copy nothing.
#include "scenario/payload_window.h"

#include <algorithm>
#include <cstring>

#include "scenario/payload_node.h"

namespace wsspec::scenario {
namespace {

bool begins_character(std::uint8_t octet) {
  return (octet & 0xc0) != 0x80;
}

// Goes round: after the last octet comes the first.
class WindowReader : public PayloadReader {
 public:
  WindowReader(std::shared_ptr<const Block> block, std::uint64_t from, std::uint64_t length)
      : block_(std::move(block)), at_(static_cast<std::size_t>(from)), left_(length) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const wire::Octets octets = block_->octets();
    std::size_t done = 0;
    while (done < out.size() && left_ > 0) {
      const auto n = static_cast<std::size_t>(
          std::min<std::uint64_t>(left_, std::min(out.size() - done, octets.size() - at_)));
      std::memcpy(out.data() + done, octets.data() + at_, n);
      done += n;
      left_ -= n;
      at_ = at_ + n == octets.size() ? 0 : at_ + n;
    }
    return done;
  }

 private:
  std::shared_ptr<const Block> block_;
  std::size_t at_;
  std::uint64_t left_;
};

/// All octets of the payload, shared if they stand in memory anyway.
std::shared_ptr<const Block> all_of(const Payload& payload) {
  auto block = Payload::Node::of(payload).block();
  return block ? block : std::make_shared<const Block>(payload.head(Payload::kMaxBuilt));
}

struct SampleNode : Payload::Node {
  SampleNode(SampleKind sample, std::uint64_t from) : kind(sample), seed(from) {}
  std::uint64_t length() const override { return sample_length(kind); }
  std::unique_ptr<PayloadReader> open() const override {
    return std::make_unique<WindowReader>(block(), 0, length());
  }
  std::shared_ptr<const Block> block() const override {
    std::call_once(made, [this] { kept = std::make_shared<const Block>(make_sample(kind, seed)); });
    return kept;
  }
  SampleKind kind;
  std::uint64_t seed;
  mutable std::once_flag made;
  mutable std::shared_ptr<const Block> kept;
};

// Worked out when it is first needed: a suite that is only loaded makes no samples.
struct WindowNode : Payload::Node {
  WindowNode(Payload payload, std::uint64_t from, std::uint64_t n, WindowUnit counts)
      : of(std::move(payload)), first(from), count(n), unit(counts) {}

  std::uint64_t length() const override {
    if (unit == WindowUnit::octets) return count;
    settle();
    return octets;
  }
  std::unique_ptr<PayloadReader> open() const override {
    settle();
    return std::make_unique<WindowReader>(block_of, offset, octets);
  }

  void settle() const {
    std::call_once(settled, [this] {
      block_of = all_of(of);
      const std::uint64_t size = block_of->octets().size();
      if (unit == WindowUnit::octets) {
        offset = first % size;
        octets = count;
        return;
      }
      const std::uint64_t all = block_of->characters();
      const std::uint64_t begin = first % all;
      const std::uint64_t end = begin + count % all;
      offset = block_of->offset_of(begin);
      octets = count / all * size;
      octets += end <= all ? block_of->offset_of(end) - offset
                           : size - offset + block_of->offset_of(end - all);
    });
  }

  Payload of;
  std::uint64_t first, count;
  WindowUnit unit;
  mutable std::once_flag settled;
  mutable std::shared_ptr<const Block> block_of;
  mutable std::uint64_t offset = 0, octets = 0;
};

}  // namespace

void Block::index() const {
  std::call_once(indexed_, [this] {
    const auto begins = std::count_if(octets_.begin(), octets_.end(), begins_character);
    characters_ = static_cast<std::uint64_t>(begins);
    if (!octets_.empty() && !begins_character(octets_[0])) ++characters_;
    if (characters_ == octets_.size()) return;
    std::uint64_t character = 0;
    for (std::size_t at = 0; at < octets_.size(); ++at) {
      if (at > 0 && !begins_character(octets_[at])) continue;
      if (character++ % kStride == 0) every_.push_back(static_cast<std::uint32_t>(at));
    }
  });
}

std::uint64_t Block::characters() const {
  index();
  return characters_;
}

std::uint64_t Block::offset_of(std::uint64_t character) const {
  index();
  if (every_.empty()) return character;
  if (character >= characters_) return octets_.size();
  std::size_t at = every_[static_cast<std::size_t>(character / kStride)];
  for (std::uint64_t left = character % kStride; left > 0; --left) {
    do ++at;
    while (!begins_character(octets_[at]));
  }
  return at;
}

Payload sample_payload(SampleKind kind, std::uint64_t seed) {
  return Payload::Node::payload(std::make_shared<const SampleNode>(kind, seed));
}

Payload window_payload(Payload of, std::uint64_t at, std::uint64_t length, WindowUnit unit) {
  if (of.length() == 0 || length == 0) return {};
  return Payload::Node::payload(
      std::make_shared<const WindowNode>(std::move(of), at, length, unit));
}

}  // namespace wsspec::scenario
