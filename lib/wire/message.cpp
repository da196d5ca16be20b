// The rules in the order of the octets that prove them. A frame is judged when its header is
// complete, by the first rule it breaks; octets of text as they come; a Close at its end.
//
// keep_going reports and reads on. A frame that breaks a framing rule is skipped by its declared
// length. What depended on it must not be blamed in its turn, or one fault would show as many:
//   - the continuations of a message whose first frame was skipped are skipped in silence;
//   - a text with a skipped frame inside it is not judged as UTF-8 any more, for it has a hole;
//   - a message that does not inflate is not told any further.
#include "wire/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/close_code.h"

namespace wsspec::wire {
namespace {

/// A rule that a header alone breaks; `octet` = index within the frame of the one that proves it.
struct HeaderFault {
  ViolationKind kind{};
  std::string what;
  std::string_view section;
  std::uint64_t octet = 0;
};

constexpr auto kContinuation = static_cast<std::uint8_t>(Opcode::continuation);
constexpr auto kText = static_cast<std::uint8_t>(Opcode::text);
constexpr auto kClose = static_cast<std::uint8_t>(Opcode::close);
constexpr auto kPing = static_cast<std::uint8_t>(Opcode::ping);
constexpr std::uint8_t kRsv1 = 4;

/// Unmasked on the way through; small enough to stay in the first cache.
constexpr std::size_t kUnmaskChunk = 4096;

bool is_reserved(std::uint8_t opcode) {
  return (opcode >= 0x3 && opcode <= 0x7) || opcode >= 0xb;
}

std::string rsv_names(std::uint8_t rsv) {
  std::string names;
  for (int bit = 1; bit <= 3; ++bit) {
    if ((rsv >> (3 - bit) & 1) == 0) continue;
    names += fmt::format("{}RSV{}", names.empty() ? "" : " and ", bit);
  }
  return names;
}

/// The first octet: FIN, RSV and opcode. `open` = inside a fragmented message.
std::optional<HeaderFault> first_octet_fault(const FrameHeader& header, std::uint8_t allowed_rsv,
                                             bool open) {
  const std::uint8_t opcode = header.opcode;
  // RFC 7692 6.1: even an extension's bit belongs to the first frame of a data message only.
  const std::uint8_t allowed = is_control(opcode) || opcode == kContinuation ? 0 : allowed_rsv;
  if (const auto bad = static_cast<std::uint8_t>(header.rsv & ~allowed); bad != 0) {
    const char* where = (bad & allowed_rsv) == 0 ? "without an extension that gives it a meaning"
                        : is_control(opcode)     ? "on a control frame"
                                                 : "on a continuation frame";
    return HeaderFault{ViolationKind::rsv, fmt::format("{} set {}", rsv_names(bad), where),
                       "RFC 6455 5.2", 0};
  }
  if (is_reserved(opcode)) {
    return HeaderFault{ViolationKind::reserved_opcode,
                       fmt::format("a frame with the reserved opcode 0x{:x}", opcode),
                       "RFC 6455 5.2", 0};
  }
  if (is_control(opcode) && !header.fin) {
    return HeaderFault{ViolationKind::control_fragmented,
                       fmt::format("a fragmented {} frame (FIN is 0)", opcode_name(opcode)),
                       "RFC 6455 5.5", 0};
  }
  if (opcode == kContinuation && !open) {
    return HeaderFault{ViolationKind::continuation_without_start,
                       "a continuation frame without a message to continue", "RFC 6455 5.4", 0};
  }
  if (opcode != kContinuation && !is_control(opcode) && open) {
    return HeaderFault{
        ViolationKind::data_inside_fragmented,
        fmt::format("a {} frame inside a message that is not finished", opcode_name(opcode)),
        "RFC 6455 5.4", 0};
  }
  return std::nullopt;
}

/// The mask bit and the length.
std::optional<HeaderFault> length_fault(const FrameHeader& header, Role sender) {
  if (header.masked != masks(sender)) {
    return masks(sender) ? HeaderFault{ViolationKind::unmasked,
                                       "a frame from the client without a mask", "RFC 6455 5.1", 1}
                         : HeaderFault{ViolationKind::masked, "a masked frame", "RFC 6455 5.1", 1};
  }
  const bool control = is_control(header.opcode);
  if (control && header.length > 125) {
    return HeaderFault{ViolationKind::control_too_long,
                       fmt::format("a {} frame of {} octets, where a control frame may have 125",
                                   opcode_name(header.opcode), header.length),
                       "RFC 6455 5.5", 1};
  }
  if (header.length >> 63 != 0) {
    return HeaderFault{ViolationKind::length_msb, "a 64-bit length with its top bit set",
                       "RFC 6455 5.2", 2};
  }
  if (!is_shortest(header)) {
    // 16 bits are too many once the second of them is known to be below 126; 64 bits once the
    // upper six octets are all zero; in a control frame the marks 126 and 127 already are.
    const bool wide = header.form == LengthForm::bits64;
    return HeaderFault{
        ViolationKind::length_not_shortest,
        fmt::format("a length of {} written in {} bits", header.length, wide ? 64 : 16),
        "RFC 6455 5.2",
        control ? 1U
        : wide  ? 7U
                : 3U};
  }
  return std::nullopt;
}

/// True when some code with this upper octet may be sent, so that the lower one is the proof.
bool upper_octet_may_be_sent(Role sender, std::uint8_t upper) {
  for (int lower = 0; lower <= 0xff; ++lower) {
    if (may_send(sender, upper * 256 + lower)) return true;
  }
  return false;
}

const char* why_not(int code) {
  if (code < 1000) return "below 1000 no codes are used";
  if (may_travel(code)) return "it is the client's alone";
  if (code == 1004) return "it is reserved";
  if (code == 1005 || code == 1006 || code == 1015) return "it never travels";
  return code < 3000 ? "it is not assigned" : "above 4999 no codes exist";
}

std::string utf8_clause(std::string_view noun, std::uint64_t at, bool truncated) {
  if (truncated) return fmt::format("a {} that ends inside a UTF-8 character", noun);
  return fmt::format("a {} that is not UTF-8, by its octet {}", noun, at);
}

}  // namespace

void MessageReader::allow_deflate(int window_bits, bool takeover) {
  inflater_ = std::make_unique<Inflater>(window_bits, takeover);
  options_.allowed_rsv |= kRsv1;
}

void MessageReader::know(std::uint64_t at, OctetVector window) {
  known_.push_back({at, std::move(window)});
}

std::size_t MessageReader::feed(Octets input) {
  const std::size_t size = input.size();
  while (!stopped_) {
    const FramePiece piece = decoder_.next(input);
    if (piece.kind == FramePiece::Kind::need_more) break;
    if (piece.kind == FramePiece::Kind::header) {
      on_header();
    } else if (piece.kind == FramePiece::Kind::payload) {
      on_payload(piece.payload, piece.payload_offset);
    } else {
      on_end();
    }
  }
  return size - input.size();
}

void MessageReader::on_header() {
  const FrameHeader& header = decoder_.header();
  frame_start_ = decoder_.position() - decoder_.header_size();
  skip_frame_ = refused_ = false;
  control_size_ = 0;
  sink_.on_frame(header, frame_start_);

  if (closed_) {
    skip_frame_ = refused_ = true;
    violate(ViolationKind::after_close, 1002,
            fmt::format("a frame ({}) after a Close frame", opcode_name(header.opcode)),
            "RFC 6455 5.5.1", frame_start_);
    return;
  }
  const bool continuation = header.opcode == kContinuation;
  const bool open = in_message_ || discarding_;
  auto fault = first_octet_fault(header, options_.allowed_rsv, open);
  if (!fault) fault = length_fault(header, options_.sender);
  if (fault) {
    skip_frame_ = refused_ = true;
    if (header.opcode == kClose) closed_ = true;
    if (continuation && open) {
      utf8_off_ = true;
      inflating_ = false;
    }
    if (!continuation && !is_control(header.opcode) && !open && !header.fin) discarding_ = true;
    violate(fault->kind, 1002, std::move(fault->what), fault->section, frame_start_ + fault->octet);
    return;
  }
  if (is_control(header.opcode)) return;
  if (continuation) {
    skip_frame_ = discarding_;
    return;
  }
  in_message_ = true;
  message_length_ = 0;
  utf8_.reset();
  // With the bit of an extension unknown to us the octets are not the text itself.
  compressed_ = inflating_ = inflater_ != nullptr && header.rsv == kRsv1;
  utf8_off_ = header.opcode != kText || (header.rsv != 0 && !compressed_);
  while (!known_.empty() && known_.front().at < frame_start_) known_.pop_front();
  known_now_.reset();
  if (compressed_ && !known_.empty() && known_.front().at == frame_start_) {
    known_now_ = std::move(known_.front());
    known_.pop_front();
    inflating_ = false;
    utf8_off_ = true;
  }
  if (inflating_) inflater_->begin();
  sink_.on_message_begin(static_cast<Opcode>(header.opcode));
}

void MessageReader::on_payload(Octets raw, std::uint64_t offset) {
  if (skip_frame_) {
    if (refused_) on_refused_payload(raw, offset);
    return;
  }
  const FrameHeader& header = decoder_.header();
  if (is_control(header.opcode)) {
    // on_header let no control frame above 125 octets through.
    const auto part = std::span(control_).subspan(control_size_, raw.size());
    std::copy(raw.begin(), raw.end(), part.begin());
    if (header.masked) apply_mask(part, header.key, offset);
    control_size_ += raw.size();
    return;
  }
  if (compressed_ && !inflating_) return;
  std::array<std::uint8_t, kUnmaskChunk> unmasked;
  while (!raw.empty() && !stopped_) {
    Octets data = raw;
    if (header.masked) {
      const std::size_t size = std::min(raw.size(), unmasked.size());
      std::copy_n(raw.begin(), size, unmasked.begin());
      apply_mask(std::span(unmasked).first(size), header.key, offset);
      data = Octets(unmasked).first(size);
    }
    if (compressed_) {
      if (inflating_) inflate(data, false);
    } else {
      on_octets(data, frame_start_ + decoder_.header_size() + offset);
    }
    offset += data.size();
    raw = raw.subspan(data.size());
  }
}

void MessageReader::on_refused_payload(Octets raw, std::uint64_t offset) {
  std::array<std::uint8_t, kUnmaskChunk> unmasked;
  while (!raw.empty()) {
    const std::size_t size = std::min(raw.size(), unmasked.size());
    std::copy_n(raw.begin(), size, unmasked.begin());
    const auto part = std::span(unmasked).first(size);
    if (decoder_.header().masked) apply_mask(part, decoder_.header().key, offset);
    sink_.on_refused_data(part);
    offset += size;
    raw = raw.subspan(size);
  }
}

// Octets of the message itself; `at` is the stream offset of the first.
void MessageReader::on_octets(Octets data, std::uint64_t at) {
  const auto fault = utf8_off_ ? std::nullopt : utf8_.feed(data);
  // The octets first, then what is wrong with them: a transcript then holds the proof, and when
  // reading stops there, the same octets however the stream was cut.
  sink_.on_message_data(fault && !options_.keep_going ? data.first(*fault + 1) : data);
  if (fault) {
    utf8_off_ = true;
    violate(ViolationKind::text_not_utf8, 1007,
            utf8_clause("text message", message_length_ + *fault, false), "RFC 6455 8.1",
            at + (compressed_ ? 0 : *fault), message_length_ + *fault);
  }
  message_length_ += data.size();
}

// `end`: the message's last octet was read.
void MessageReader::inflate(Octets data, bool end) {
  const std::uint64_t at = frame_start_ + decoder_.header_size();
  auto state = Inflater::State::part;
  while (!stopped_ && state == Inflater::State::part) {
    state = end ? inflater_->finish() : inflater_->next(data);
    if (state == Inflater::State::part) on_octets(inflater_->part(), at);
  }
  if (stopped_ || state == Inflater::State::need) return;
  inflating_ = false;
  utf8_off_ = true;
  if (state == Inflater::State::corrupt) {
    violate(ViolationKind::deflate_data, 1007,
            "a compressed message that does not inflate: " + inflater_->problem(), "RFC 7692 7.2.2",
            at, message_length_);
  } else if (state == Inflater::State::too_long) {
    violate(ViolationKind::inflated_too_long, 1009,
            fmt::format("a compressed message of more than {} MiB", Inflater::kMaxMessage >> 20),
            "RFC 6455 10.4", at, message_length_);
  }
}

void MessageReader::on_end() {
  const FrameHeader& header = decoder_.header();
  if (refused_) sink_.on_refused_end(header, decoder_.position());
  if (skip_frame_ && (closed_ || header.opcode != kContinuation)) return;
  if (is_control(header.opcode)) {
    finish_control();
    return;
  }
  if (!header.fin) return;
  discarding_ = false;
  if (!in_message_) return;
  in_message_ = false;
  if (inflating_) inflate({}, true);
  if (known_now_) inflater_->remember(known_now_->window);
  if (stopped_) return;
  if (!utf8_off_ && !utf8_.complete()) {
    violate(ViolationKind::text_not_utf8, 1007, utf8_clause("text message", message_length_, true),
            "RFC 6455 8.1", decoder_.position(), message_length_, true);
    if (stopped_) return;
  }
  sink_.on_message_end(decoder_.position());
}

void MessageReader::finish_control() {
  const Octets payload = Octets(control_).first(control_size_);
  const std::uint64_t end = decoder_.position();
  if (decoder_.header().opcode != kClose) {
    if (decoder_.header().opcode == kPing) {
      sink_.on_ping(payload, end);
    } else {
      sink_.on_pong(payload, end);
    }
    return;
  }
  closed_ = true;
  const std::uint64_t body = end - payload.size();
  std::optional<std::uint16_t> code;
  Octets reason;
  if (payload.size() == 1) {
    violate(ViolationKind::close_body_one_octet, 1002,
            "a Close frame with a body of one octet, where a code needs two", "RFC 6455 5.5.1",
            frame_start_ + 1);
  } else if (!payload.empty()) {
    code = static_cast<std::uint16_t>(payload[0] << 8 | payload[1]);
    reason = payload.subspan(2);
    if (!may_send(options_.sender, *code) && !(may_travel(*code) && code == peers_close_code_)) {
      violate(ViolationKind::close_code_invalid, 1002,
              fmt::format("a Close frame with code {}: {}", *code, why_not(*code)), "RFC 6455 7.4",
              body + (upper_octet_may_be_sent(options_.sender, payload[0]) ? 1 : 0));
    } else if (const auto fault = check_utf8(reason)) {
      violate(ViolationKind::close_reason_not_utf8, 1007,
              utf8_clause("Close reason", fault->at, fault->truncated), "RFC 6455 5.5.1",
              body + 2 + fault->at, fault->at, fault->truncated);
    }
  }
  // Told even when its body is wrong: a report names the code that travelled.
  sink_.on_close(code, as_chars(reason), end);
}

void MessageReader::violate(ViolationKind kind, std::uint16_t code, std::string what,
                            std::string_view section, std::uint64_t at, std::uint64_t at_in_message,
                            bool truncated) {
  if (!options_.keep_going) stopped_ = true;
  sink_.on_violation({kind, code, std::move(what), section, at, at_in_message, truncated});
}

}  // namespace wsspec::wire
