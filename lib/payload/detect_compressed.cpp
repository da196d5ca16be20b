// Compressed data by trial: what inflates to its end is compressed. brotli and raw deflate have no
// magic number, so there what comes out must be text or much longer.
#include <brotli/decode.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "payload/detectors.h"

namespace wsspec::payload {
namespace {

constexpr std::size_t kMostOut = 4u << 20;  // a bomb is not followed further
constexpr std::size_t kKept = 4096;         // octets of the outcome that are looked at

struct Trial {
  bool good = false;   ///< no error before the end of the input, or of the stream
  bool ended = false;  ///< the stream says that it ends here
  std::size_t used = 0;
  std::size_t out = 0;
  wire::OctetVector begin;  ///< of what came out

  bool text() const { return out >= 4 && reads_as_text(begin); }
  std::string inflates() const {
    return fmt::format("it inflates to {}{} octets{}", out >= kMostOut ? "more than " : "", out,
                       text() ? " of text" : "");
  }
  void take(wire::Octets octets) {
    out += octets.size();
    const std::size_t kept = std::min(octets.size(), kKept - begin.size());
    begin.insert(begin.end(), octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(kept));
  }
};

/// `window_bits` as zlib's inflateInit2 takes them: 15 zlib, 31 gzip, -15 raw.
Trial inflate_all(wire::Octets in, int window_bits) {
  Trial trial;
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return trial;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  wire::OctetVector out(64u << 10);
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  while (trial.out < kMostOut) {
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_SYNC_FLUSH);
    trial.take(wire::Octets(out).first(out.size() - stream.avail_out));
    trial.used = in.size() - stream.avail_in;
    trial.ended = result == Z_STREAM_END;
    // Z_BUF_ERROR: all that was there is used.
    trial.good = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
    if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) break;
  }
  return trial;
}

Trial brotli_all(wire::Octets in) {
  Trial trial;
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (state == nullptr) return trial;
  wire::OctetVector out(64u << 10);
  const std::uint8_t* next_in = in.data();
  std::size_t left = in.size();
  while (trial.out < kMostOut) {
    std::uint8_t* next_out = out.data();
    std::size_t room = out.size();
    const auto result =
        BrotliDecoderDecompressStream(state.get(), &left, &next_in, &room, &next_out, nullptr);
    trial.take(wire::Octets(out).first(out.size() - room));
    trial.used = in.size() - left;
    trial.ended = result == BROTLI_DECODER_RESULT_SUCCESS;
    trial.good = result != BROTLI_DECODER_RESULT_ERROR;
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) break;
  }
  return trial;
}

void gzip(const Scan& scan, Looks& looks) {
  const wire::Octets head = scan.head;
  if (head.size() < 3 || head[0] != 0x1f || head[1] != 0x8b || head[2] != 8) return;
  const Trial trial = inflate_all(head, 31);
  if (trial.good)
    add(looks, Kind::gzip, 99, "gzip's magic number 1f 8b 08, and " + trial.inflates());
  else
    add(looks, Kind::gzip, 75, "gzip's magic number 1f 8b 08, but the stream is damaged");
}

void zlib(const Scan& scan, Looks& looks) {
  const wire::Octets head = scan.head;
  if (head.size() < 6 || (head[0] & 0x0f) != 8 || (head[0] * 256 + head[1]) % 31 != 0) return;
  const Trial trial = inflate_all(head, 15);
  if (trial.good && trial.out > 0)
    add(looks, Kind::zlib, 98, "zlib's header with its check bits, and " + trial.inflates());
  else if (head[0] == 0x78 &&
           (head[1] == 0x01 || head[1] == 0x5e || head[1] == 0x9c || head[1] == 0xda))
    add(looks, Kind::zlib, 60, "zlib's usual header, but the stream is damaged");
}

/// RFC 7692 7.2.1: the message without the four octets that end it.
void deflate(const Scan& scan, Looks& looks) {
  if (scan.size < 6) return;
  wire::OctetVector in = scan.head;
  if (scan.whole()) in.insert(in.end(), {0x00, 0x00, 0xff, 0xff});
  const Trial trial = inflate_all(in, -15);
  const bool all = trial.used >= scan.head.size();
  if (!trial.good || !all || trial.out < 4) return;
  if (trial.text())
    add(looks, Kind::deflate, trial.out < 8 ? 65 : 95,
        trial.inflates() + ": a message of permessage-deflate without RSV1");
  else if (scan.size >= 64 && trial.out >= 2 * trial.used)
    add(looks, Kind::deflate, 85, trial.inflates());
}

void brotli(const Scan& scan, Looks& looks) {
  const Trial trial = brotli_all(scan.head);
  if (!trial.good || trial.out < 2 || trial.used < scan.head.size()) return;
  if (scan.whole() && !trial.ended) return;
  if (trial.text())
    add(looks, Kind::brotli, scan.size < 6 ? 70 : 96, trial.inflates());
  else if (scan.size >= 32 && trial.out >= 2 * trial.used)
    add(looks, Kind::brotli, 92, trial.inflates());
  else if (scan.size >= 16)
    add(looks, Kind::brotli, 80, trial.inflates());
}

}  // namespace

void detect_compressed(const Scan& scan, Looks& looks) {
  if (scan.valid() && reads_as_text(scan.head)) return;
  gzip(scan, looks);
  zlib(scan, looks);
  deflate(scan, looks);
  brotli(scan, looks);
}

}  // namespace wsspec::payload
