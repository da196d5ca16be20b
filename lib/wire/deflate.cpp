#include "wire/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace wsspec::wire {
namespace {

constexpr int kMemLevel = 8;
constexpr std::array<std::uint8_t, 4> kTail{0x00, 0x00, 0xff, 0xff};

/// Octets handed to zlib in one go: its counters are of 32 bits.
constexpr std::size_t kSlice = 1u << 30;

// zlib's inflate knows the window that it keeps between two calls, but lets a distance reach all
// that it has put out in this call as well. Only 2^15 is bounded by the format itself. So a smaller
// window is read in parts of a quarter of it: what is let through is a distance of at most 1.25
// windows (1.5 and 2 for 2^9 and 2^8, as ever smaller parts cost ever more).
constexpr std::size_t kMinPart = 256;

std::size_t part_size(int window_bits) {
  const std::size_t window = std::size_t{1} << window_bits;
  return window_bits >= 15 ? Inflater::kMaxPart
                           : std::clamp(window / 4, kMinPart, Inflater::kMaxPart);
}

Bytef* readable(Octets data) {
  return const_cast<Bytef*>(data.data());  // zlib only reads there, whatever its types say
}

}  // namespace

struct Deflater::Stream {
  z_stream z{};
  int level;
  // zlib compresses with a window of 2^9 octets at least. For 2^8 it is kept from referring back
  // at all: Huffman codes alone suit every window.
  Stream(int window_bits, int wanted_level) : level(wanted_level) {
    const int begun = deflateInit2(&z, level, Z_DEFLATED, -std::max(window_bits, 9), kMemLevel,
                                   window_bits < 9 ? Z_HUFFMAN_ONLY : Z_DEFAULT_STRATEGY);
    if (begun != Z_OK) throw std::bad_alloc();
  }
  Stream(Stream& other) : level(other.level) {
    if (deflateCopy(&z, &other.z) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { deflateEnd(&z); }
  Stream& operator=(const Stream&) = delete;
};

Deflater::Deflater(int window_bits, bool takeover)
    : window_bits_(window_bits), takeover_(takeover) {}
Deflater::~Deflater() = default;

std::unique_ptr<Deflater> Deflater::copy() const {
  auto other = std::make_unique<Deflater>(window_bits_, takeover_);
  if (stream_ != nullptr) other->stream_ = std::make_unique<Stream>(*stream_);
  other->message_ = message_;
  other->empty_ = empty_;
  return other;
}

void Deflater::begin(const DeflateMessage& message) {
  if (!message.takeover.value_or(takeover_)) forget();
  if (stream_ == nullptr || stream_->level != message.level)
    stream_ = std::make_unique<Stream>(window_bits_, message.level);
  message_ = message;
  empty_ = true;
}

void Deflater::forget() {
  if (stream_ != nullptr) deflateReset(&stream_->z);
}

void Deflater::run(Octets data, int flush, OctetVector& out) {
  z_stream& z = stream_->z;
  z.next_in = readable(data);
  z.avail_in = static_cast<uInt>(data.size());
  std::array<std::uint8_t, 16 * 1024> buffer;
  do {
    z.next_out = buffer.data();
    z.avail_out = static_cast<uInt>(buffer.size());
    deflate(&z, flush);
    out.insert(out.end(), buffer.data(), z.next_out);
  } while (z.avail_out == 0);
}

void Deflater::add(Octets data, OctetVector& out) {
  while (!data.empty()) {
    empty_ = false;
    const std::size_t n = std::min(data.size(), kSlice);
    run(data.first(n), Z_NO_FLUSH, out);
    data = data.subspan(n);
  }
}

void Deflater::finish(OctetVector& out) {
  if (message_.bfinal) {
    run({}, Z_FINISH, out);
    out.push_back(0x00);
    deflateReset(&stream_->z);
    return;
  }
  // zlib has nothing to flush for an empty message; RFC 7692 7.2.3.6 knows its one octet.
  if (empty_) {
    out.push_back(0x00);
    if (message_.keep_tail) out.insert(out.end(), kTail.begin(), kTail.end());
    return;
  }
  run({}, Z_SYNC_FLUSH, out);
  if (!message_.keep_tail) out.resize(out.size() - kTail.size());
}

struct Inflater::Stream {
  z_stream z{};
  explicit Stream(int window_bits) {
    if (inflateInit2(&z, -window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

Inflater::Inflater(int window_bits, bool takeover)
    : part_size_(part_size(window_bits)), window_bits_(window_bits), takeover_(takeover) {}
Inflater::~Inflater() = default;

void Inflater::begin() {
  // Made when the first compressed message comes: many connections never see one.
  if (stream_ == nullptr) {
    stream_ = std::make_unique<Stream>(window_bits_);
    buffer_ = std::make_unique<std::uint8_t[]>(part_size_);
  } else if (!takeover_ || failed_) {
    inflateReset(&stream_->z);
  } else if (ended_) {
    inflateResetKeep(&stream_->z);  // the window stays
  }
  failed_ = ended_ = over_ = fed_ = false;
  total_ = 0;
  tail_given_ = 0;
  produced_ = 0;
}

void Inflater::remember(Octets octets) {
  if (!takeover_ || octets.empty()) return;
  begin();
  const Octets last = octets.last(std::min<std::size_t>(octets.size(), kWindow));
  inflateSetDictionary(&stream_->z, last.data(), static_cast<uInt>(last.size()));
}

Inflater::State Inflater::fail(std::string problem) {
  failed_ = true;
  problem_ = std::move(problem);
  return failure();
}

// After a message that was not read to its end, a reference to it is not the sender's fault.
Inflater::State Inflater::failure() const {
  return over_ ? State::too_long : cut_ ? State::lost : State::corrupt;
}

Inflater::State Inflater::next(Octets& input) {
  if (failed_) return failure();
  fed_ = fed_ || !input.empty();
  z_stream& z = stream_->z;
  for (;;) {
    if (ended_ && !input.empty()) {
      inflateResetKeep(&z);  // RFC 7692 7.2.3.4: after a final block the message may go on
      ended_ = false;
    }
    const Octets slice = input.first(std::min(input.size(), kSlice));
    z.next_in = readable(slice);
    z.avail_in = static_cast<uInt>(slice.size());
    z.next_out = buffer_.get();
    z.avail_out = static_cast<uInt>(part_size_);
    const int result = ended_ ? Z_BUF_ERROR : inflate(&z, Z_SYNC_FLUSH);
    input = input.subspan(slice.size() - z.avail_in);
    produced_ = part_size_ - z.avail_out;
    if (produced_ > kMaxMessage - total_) {
      // As much is told, however the input was cut; the window has a hole from here on.
      produced_ = static_cast<std::size_t>(kMaxMessage - total_);
      failed_ = over_ = true;
      cut_ = cut_ || takeover_;
    }
    total_ += produced_;
    if (result == Z_STREAM_END) ended_ = true;
    const bool corrupt = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR;
    if (corrupt && !over_) fail(z.msg != nullptr ? z.msg : "not DEFLATE data");
    // What came before the fault first: so it is the same however the data was cut.
    if (produced_ > 0) return State::part;
    if (failed_) return failure();
    if (result == Z_BUF_ERROR || input.empty()) return State::need;
  }
}

Inflater::State Inflater::finish() {
  if (failed_) return failure();
  // A sender that ends with a final block and leaves its padding off has said all there is.
  if (ended_ && tail_given_ == 0) return State::need;
  if (tail_given_ == 0) why_incomplete_ = why_incomplete();
  Octets tail = Octets(kTail).subspan(tail_given_);
  const State state = next(tail);
  tail_given_ = kTail.size() - tail.size();
  if (state != State::need) return state;
  if (ended_ || behind_block()) return State::need;
  return fail(why_incomplete_);
}

// Of the empty block that the tail ends the sender leaves the first bits (7.2.1), so there is at
// least one octet, and no message ends right after a block.
const char* Inflater::why_incomplete() const {
  if (!fed_) return "it has no octet at all, where an empty one has 00";
  return behind_block() ? "it ends right after a block, as if 00 00 ff ff had not been taken off"
                        : "it ends inside a block";
}

// Bit 7 of data_type: right after a block; the low bits: bits of the last octet not yet used.
bool Inflater::behind_block() const {
  const int type = stream_->z.data_type;
  return (type & 128) != 0 && (type & 7) == 0;
}

}  // namespace wsspec::wire
