// Recipes are a small tree of immutable nodes. Everything that repeats is a cycle with a length, so
// five kinds of node are enough; what must be built whole (mutate, gzip) becomes plain octets.

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "scenario/payload_node.h"
#include "scenario/random_frames.h"
#include "scenario/splitmix.h"

namespace wsspec::scenario {

namespace {

// No sum of lengths may overflow; no one sends 2^60 octets.
constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 60;

class OctetReader : public PayloadReader {
 public:
  explicit OctetReader(std::shared_ptr<const Block> block) : block_(std::move(block)) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const wire::Octets octets = block_->octets();
    const std::size_t n = std::min(out.size(), octets.size() - at_);
    if (n > 0) std::memcpy(out.data(), octets.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  std::shared_ptr<const Block> block_;
  std::size_t at_ = 0;
};

struct OctetNode : Payload::Node {
  explicit OctetNode(wire::OctetVector value)
      : kept(std::make_shared<const Block>(std::move(value))) {}
  std::uint64_t length() const override { return kept->octets().size(); }
  std::unique_ptr<PayloadReader> open() const override {
    return std::make_unique<OctetReader>(kept);
  }
  std::shared_ptr<const Block> block() const override { return kept; }
  std::shared_ptr<const Block> kept;
};

// A short unit is tiled to a block first: one octet a million times is copied in 4 KiB pieces, not
// in a million calls.
constexpr std::uint64_t kTile = 4096;

class CycleReader : public PayloadReader {
 public:
  CycleReader(Payload of, std::uint64_t length) : of_(std::move(of)), left_(length) {
    if (of_.length() == 0) left_ = 0;
    if (left_ == 0 || of_.length() > kTile) return;
    const wire::OctetVector unit = of_.head(kTile);
    do {
      tile_.insert(tile_.end(), unit.begin(), unit.end());
    } while (tile_.size() + unit.size() <= kTile);
  }

  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size() && left_ > 0) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, left_));
      const std::size_t got =
          tile_.empty() ? from_unit(out.subspan(done, want)) : from_tile(out.subspan(done, want));
      done += got;
      left_ -= got;
    }
    return done;
  }

 private:
  std::size_t from_tile(std::span<std::uint8_t> out) {
    const std::size_t n = std::min(out.size(), tile_.size() - at_);
    std::memcpy(out.data(), tile_.data() + at_, n);
    at_ = (at_ + n) % tile_.size();
    return n;
  }
  std::size_t from_unit(std::span<std::uint8_t> out) {
    if (!reader_) reader_ = of_.open();
    const std::size_t n = reader_->read(out);
    if (n < out.size()) reader_.reset();
    return n;
  }

  Payload of_;
  std::uint64_t left_;
  wire::OctetVector tile_;
  std::size_t at_ = 0;
  std::unique_ptr<PayloadReader> reader_;
};

struct CycleNode : Payload::Node {
  CycleNode(Payload unit, std::uint64_t total) : of(std::move(unit)), size(total) {}
  std::uint64_t length() const override { return size; }
  std::unique_ptr<PayloadReader> open() const override {
    return std::make_unique<CycleReader>(of, size);
  }
  Payload of;
  std::uint64_t size;
};

struct ConcatNode : Payload::Node {
  explicit ConcatNode(std::vector<Payload> list) : parts(std::move(list)) {
    for (const Payload& part : parts) size = std::min(kMaxLength, size + part.length());
  }
  std::uint64_t length() const override { return size; }
  std::unique_ptr<PayloadReader> open() const override;
  std::vector<Payload> parts;
  std::uint64_t size = 0;
};

class ConcatReader : public PayloadReader {
 public:
  explicit ConcatReader(std::vector<Payload> parts) : parts_(std::move(parts)) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size() && next_ <= parts_.size()) {
      if (!reader_) {
        if (next_ == parts_.size()) break;
        reader_ = parts_[next_++].open();
      }
      const std::size_t got = reader_->read(out.subspan(done));
      done += got;
      if (done < out.size()) reader_.reset();
    }
    return done;
  }

 private:
  std::vector<Payload> parts_;
  std::size_t next_ = 0;
  std::unique_ptr<PayloadReader> reader_;
};

std::unique_ptr<PayloadReader> ConcatNode::open() const {
  return std::make_unique<ConcatReader>(parts);
}

// SplitMix64, eight octets a step, least significant first: the same on every machine.
class RandomReader : public PayloadReader {
 public:
  RandomReader(std::uint64_t length, std::uint64_t seed) : random_(seed), left_(length) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    for (std::size_t i = 0; i < n; ++i) {
      if (have_ == 0) {
        word_ = random_.next();
        have_ = 8;
      }
      out[i] = static_cast<std::uint8_t>(word_);
      word_ >>= 8;
      --have_;
    }
    left_ -= n;
    return n;
  }

 private:
  SplitMix64 random_;
  std::uint64_t left_;
  std::uint64_t word_ = 0;
  int have_ = 0;
};

struct RandomNode : Payload::Node {
  RandomNode(std::uint64_t n, std::uint64_t s) : size(n), seed(s) {}
  std::uint64_t length() const override { return size; }
  std::unique_ptr<PayloadReader> open() const override {
    return std::make_unique<RandomReader>(size, seed);
  }
  std::uint64_t size;
  std::uint64_t seed;
};

// Code points in order. Within a class all have the same length: no sum over a million of them.
struct CodePointClass {
  std::uint32_t first, last, octets;
};
constexpr CodePointClass kCodePointClasses[] = {
    {0, 0x7f, 1},        {0x80, 0x7ff, 2},
    {0x800, 0xd7ff, 3},  // then the surrogates, which UTF-8 has not
    {0xe000, 0xffff, 3}, {0x10000, Payload::kMaxCodePoint, 4},
};

class CodePointReader : public PayloadReader {
 public:
  CodePointReader(std::uint32_t first, std::uint32_t last) : next_(first), last_(last) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      if (have_ == 0 && !encode_next()) break;
      out[done++] = octets_[4 - have_--];
    }
    return done;
  }

 private:
  // Right-aligned: the octets of one character are octets_[4 - have_] and on.
  bool encode_next() {
    if (next_ >= 0xd800 && next_ <= 0xdfff) next_ = 0xe000;
    if (next_ > last_) return false;
    std::uint32_t rest = next_++;
    have_ = rest < 0x80 ? 1 : rest < 0x800 ? 2 : rest < 0x10000 ? 3 : 4;
    if (have_ == 1) {
      octets_[3] = static_cast<std::uint8_t>(rest);
      return true;
    }
    for (std::size_t i = 3; i > 4 - have_; --i, rest >>= 6)
      octets_[i] = static_cast<std::uint8_t>(0x80 | (rest & 0x3f));
    octets_[4 - have_] = static_cast<std::uint8_t>((0xf00u >> have_) | rest);
    return true;
  }

  std::uint32_t next_;
  std::uint32_t last_;
  std::size_t have_ = 0;
  std::uint8_t octets_[4] = {};
};

struct CodePointNode : Payload::Node {
  CodePointNode(std::uint32_t from, std::uint32_t to) : first(from), last(to) {
    for (const auto& part : kCodePointClasses) {
      const std::uint32_t low = std::max(first, part.first);
      const std::uint32_t high = std::min(last, part.last);
      if (low <= high) size += std::uint64_t{high - low + 1} * part.octets;
    }
  }
  std::uint64_t length() const override { return size; }
  std::unique_ptr<PayloadReader> open() const override {
    return std::make_unique<CodePointReader>(first, last);
  }
  std::uint32_t first;
  std::uint32_t last;
  std::uint64_t size = 0;
};

// RFC 8259 7: what must be escaped in a string. Six octets at most come of one.
class JsonReader : public PayloadReader {
 public:
  explicit JsonReader(std::unique_ptr<PayloadReader> of) : of_(std::move(of)) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      if (next_ == ready_.size() && !refill()) break;
      const std::size_t n = std::min(out.size() - done, ready_.size() - next_);
      std::memcpy(out.data() + done, ready_.data() + next_, n);
      next_ += n;
      done += n;
    }
    return done;
  }

 private:
  bool refill() {
    std::array<std::uint8_t, 4096> piece;
    const std::size_t n = of_->read(piece);
    ready_.clear();
    next_ = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint8_t octet = piece[i];
      if (octet < 0x20) {
        static constexpr char kDigits[] = "0123456789abcdef";
        for (const char c : {'\\', 'u', '0', '0', kDigits[octet >> 4], kDigits[octet & 15]})
          ready_.push_back(static_cast<std::uint8_t>(c));
        continue;
      }
      if (octet == '"' || octet == '\\') ready_.push_back('\\');
      ready_.push_back(octet);
    }
    return n > 0;
  }

  std::unique_ptr<PayloadReader> of_;
  wire::OctetVector ready_;
  std::size_t next_ = 0;
};

struct JsonNode : Payload::Node {
  explicit JsonNode(Payload inner) : of(std::move(inner)) {
    JsonReader all(of.open());
    std::array<std::uint8_t, 4096> piece;
    while (const std::size_t n = all.read(piece)) size += n;
  }
  std::uint64_t length() const override { return size; }
  std::unique_ptr<PayloadReader> open() const override {
    return std::make_unique<JsonReader>(of.open());
  }
  Payload of;
  std::uint64_t size = 0;
};

wire::OctetVector deflated(const Payload& of, int window_bits) {
  z_stream stream{};
  // Level 6 by number: -1 would mean whatever the library's default is.
  if (deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  // No time and "unknown" system, so that the octets are the same everywhere.
  gz_header header{};
  header.os = 255;
  if (window_bits > 15) deflateSetHeader(&stream, &header);
  wire::OctetVector in = of.head(Payload::kMaxBuilt);
  wire::OctetVector out(deflateBound(&stream, static_cast<uLong>(in.size())));
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

Payload::Payload() {
  static const auto empty = std::make_shared<const OctetNode>(wire::OctetVector{});
  node_ = empty;
}

Payload Payload::octets(wire::OctetVector octets) {
  return Payload(std::make_shared<const OctetNode>(std::move(octets)));
}

Payload Payload::text(std::string_view text) {
  return octets(wire::to_vector(text));
}

Payload Payload::repeat(Payload of, std::uint64_t times) {
  const std::uint64_t unit = of.length();
  if (unit == 0 || times == 0) return {};
  return cycle(std::move(of), times > kMaxLength / unit ? kMaxLength : unit * times);
}

Payload Payload::cycle(Payload of, std::uint64_t length) {
  if (of.length() == 0) return {};
  return Payload(std::make_shared<const CycleNode>(std::move(of), std::min(length, kMaxLength)));
}

Payload Payload::concat(std::vector<Payload> parts) {
  return Payload(std::make_shared<const ConcatNode>(std::move(parts)));
}

Payload Payload::random(std::uint64_t length, std::uint64_t seed) {
  return Payload(std::make_shared<const RandomNode>(std::min(length, kMaxLength), seed));
}

Payload Payload::code_points(std::uint32_t first, std::uint32_t last) {
  return Payload(std::make_shared<const CodePointNode>(first, std::min(last, kMaxCodePoint)));
}

Payload Payload::mutate(const Payload& of, std::uint64_t seed) {
  enum : unsigned { flip, drop, insert, swap };
  wire::OctetVector octets = of.head(kMaxBuilt);
  SplitMix64 random(seed);
  unsigned kind = static_cast<unsigned>(random.next() % 4);
  if (octets.empty()) kind = insert;
  if (kind == insert) {
    const auto at = static_cast<std::ptrdiff_t>(random.next() % (octets.size() + 1));
    octets.insert(octets.begin() + at, static_cast<std::uint8_t>(random.next()));
    return Payload::octets(std::move(octets));
  }
  const auto at = static_cast<std::size_t>(random.next() % octets.size());
  // Swapping equal octets, or the last one, would change nothing.
  if (kind == swap && (at + 1 >= octets.size() || octets[at] == octets[at + 1])) kind = flip;
  switch (kind) {
    case drop:
      octets.erase(octets.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case swap:
      std::swap(octets[at], octets[at + 1]);
      break;
    default:
      octets[at] = static_cast<std::uint8_t>(octets[at] ^ (1u << (random.next() % 8)));
  }
  return Payload::octets(std::move(octets));
}

Payload Payload::gzip(const Payload& of) {
  return octets(deflated(of, 15 + 16));
}
Payload Payload::zlib(const Payload& of) {
  return octets(deflated(of, 15));
}

Payload Payload::frames(std::uint64_t count, std::uint64_t seed) {
  return octets(random_frames(std::min(count, kMaxFrames), seed));
}

Payload Payload::json_escaped(const Payload& of) {
  return Payload(std::make_shared<const JsonNode>(of));
}

std::uint64_t Payload::length() const {
  return node_->length();
}
std::unique_ptr<PayloadReader> Payload::open() const {
  return node_->open();
}

wire::OctetVector Payload::head(std::size_t limit) const {
  wire::OctetVector out(static_cast<std::size_t>(std::min<std::uint64_t>(limit, length())));
  if (!out.empty()) out.resize(open()->read(out));
  return out;
}

}  // namespace wsspec::scenario
