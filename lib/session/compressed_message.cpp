#include "session/compressed_message.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace wsspec::session {
namespace {

constexpr std::size_t kPiece = 16 * 1024;      ///< of one go
constexpr std::uint64_t kInOneGo = 64 * 1024;  ///< a message that is no longer
constexpr std::size_t kShown = 64;

/// Nothing malformed on purpose: what a peer inflates is the payload.
bool by_the_rules(const wire::DeflateMessage& how) {
  return !how.keep_tail && !how.bfinal && !how.takeover;
}

}  // namespace

CompressedMessage::CompressedMessage(const scenario::Item& item, scenario::Payload payload,
                                     wire::Deflater& deflater)
    : payload_(std::move(payload)),
      how_(item.deflate ? item.deflate->how : wire::DeflateMessage{}),
      deflater_(deflater),
      reader_(payload_.open()),
      left_(payload_.length()),
      piece_(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, payload_.length()))),
      text_(item.kind == scenario::Item::Kind::text),
      good_(by_the_rules(how_)) {
  plain_.digest.begin(text_ ? wire::Opcode::text : wire::Opcode::binary);
  if (payload_.length() > kKept) again_ = deflater_.copy();
  deflater_.begin(how_);
}

bool CompressedMessage::compress_piece(wire::Deflater& deflater) {
  if (left_ > 0) {
    const wire::Octets piece = wire::Octets(piece_).first(reader_->read(piece_));
    deflater.add(piece, octets_);
    left_ -= piece.size();
    if (!complete_) look_at(piece);
  }
  if (left_ > 0) return true;
  deflater.finish(octets_);
  return false;
}

void CompressedMessage::look_at(wire::Octets piece) {
  if (!good_) return;
  if (text_ && utf8_.feed(piece)) good_ = false;
  plain_.digest.add(piece);
  if (plain_.head.empty())
    plain_.head = wire::to_vector(piece.first(std::min(kShown, piece.size())));
  if (!deflater_.takeover()) return;
  wire::OctetVector& window = plain_.window;
  window.insert(window.end(), piece.begin(), piece.end());
  if (window.size() > wire::Inflater::kWindow)
    window.erase(window.begin(),
                 window.end() - static_cast<std::ptrdiff_t>(wire::Inflater::kWindow));
}

bool CompressedMessage::go_on() {
  if (complete_) return true;
  const std::size_t before = octets_.size();
  bool more = compress_piece(deflater_);
  while (more && payload_.length() <= kInOneGo) more = compress_piece(deflater_);
  length_ += octets_.size() - before;
  if (again_ != nullptr && length_ > kKept) kept_ = false;
  if (!kept_) octets_.clear();
  if (more) return false;
  complete_ = true;
  plain_.digest.finish();
  if (kept_) {
    again_.reset();
    return true;
  }
  // The same pieces as before, or zlib might cut its blocks in other places.
  octets_ = {};
  reader_ = payload_.open();
  left_ = payload_.length();
  again_->begin(how_);
  return true;
}

std::size_t CompressedMessage::read(std::span<std::uint8_t> out) {
  if (read_ == octets_.size() && again_ != nullptr) {
    octets_.clear();
    read_ = 0;
    if (!compress_piece(*again_)) again_.reset();
  }
  const std::size_t n = std::min(out.size(), octets_.size() - read_);
  if (n > 0) std::memcpy(out.data(), octets_.data() + read_, n);
  read_ += n;
  return n;
}

std::optional<KnownMessage> CompressedMessage::take_known() {
  if (!complete_ || !good_ || (text_ && !utf8_.complete())) return std::nullopt;
  good_ = false;  // it was taken
  return std::move(plain_);
}

}  // namespace wsspec::session
