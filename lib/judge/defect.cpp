#include "judge/defect.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace wsspec::judge {
namespace {

using result::Cause;
using result::Fact;
using session::ExchangeRecord;
using session::LedgerEntry;
using session::Received;
using session::SeenFrame;
using wire::LengthForm;
using wire::Opcode;
using wire::ViolationKind;

constexpr std::uint64_t kLongestControl = 125;
constexpr std::uint64_t kLongestReason = kLongestControl - 2;

bool has(const SeenFrame& frame, Opcode opcode) {
  return frame.header.opcode == static_cast<std::uint8_t>(opcode);
}

Fact made(Cause cause, const char* section, std::string text) {
  Fact out{.cause = cause, .text = std::move(text)};
  out.section = section;
  return out;
}

// --- without an echo to compare
// -------------------------------------------------------------------

bool is_text(std::uint8_t octet) {
  return (octet >= 0x20 && octet <= 0x7e) || octet == '\r' || octet == '\n' || octet == '\t';
}

/// The octets after the 101 as far as they are text. No header of a frame looks like four octets
/// of text, and none like the end of a line: that is a control frame in fragments, or a reserved
/// opcode. A line feed with other octets after it is such a frame.
std::optional<Fact> text_after_upgrade(const ExchangeRecord& record) {
  const wire::OctetVector& first = record.frames.first_octets;
  if (!record.violation || !record.frames.last || record.frames.last->at != 0 || first.empty())
    return std::nullopt;
  const auto end = std::find_if_not(first.begin(), first.end(), is_text);
  const auto size = static_cast<std::size_t>(end - first.begin());
  const bool ends_line =
      (first[0] == '\r' || first[0] == '\n') && (size >= 2 || size == first.size());
  if (size < 4 && !ends_line) return std::nullopt;
  const std::string_view text = wire::as_chars(first).substr(0, size);
  const bool more = size == session::ServerFrames::kFirst;
  return made(Cause::text_after_upgrade, "RFC 6455 5.2",
              fmt::format("text where a frame was due, right after its 101: \"{}\"{}", text,
                          more ? "..." : ""));
}

std::optional<Fact> close_reason_too_long(const ExchangeRecord& record) {
  const auto& frame = record.frames.last;
  if (!record.violation || record.violation->kind != ViolationKind::control_too_long || !frame ||
      !has(*frame, Opcode::close))
    return std::nullopt;
  return made(Cause::close_reason_too_long, "RFC 6455 5.5",
              fmt::format("a Close with a reason of {} octets, {} are allowed",
                          frame->header.length - 2, kLongestReason));
}

/// Two octets that begin an unmasked frame of a server: FIN, no reserved bit, an opcode that is
/// used. A code of 4999 at most, and every code below 0x8100, has other first bits.
bool looks_like_header(int first, int second) {
  constexpr int kFin = 0x80, kMasked = 0x80;
  constexpr std::string_view kOpcodes = "\x1\x2\x8\x9\xa";
  return (first & 0xf0) == kFin &&
         kOpcodes.find(static_cast<char>(first & 0xf)) != std::string_view::npos &&
         (second & kMasked) == 0;
}

std::optional<Fact> two_writers(const ExchangeRecord& record) {
  if (!record.violation || record.violation->kind != ViolationKind::close_code_invalid ||
      !record.close_code)
    return std::nullopt;
  const int first = *record.close_code >> 8, second = *record.close_code & 0xff;
  if (!looks_like_header(first, second)) return std::nullopt;
  return made(
      Cause::two_writers, "RFC 6455 5.4",
      fmt::format("a Close whose code, {}, is the header 0x{:02x} 0x{:02x} of another frame "
                  "({})",
                  *record.close_code, first, second,
                  wire::opcode_name(static_cast<std::uint8_t>(first & 0xf))));
}

/// A text in which the header of another frame stands. Not where a text of ours was bad: it may
/// have been passed on.
std::optional<Fact> frame_in_text(const ExchangeRecord& record) {
  const wire::OctetVector& at = record.frames.at_fault;
  if (!record.violation || record.violation->kind != ViolationKind::text_not_utf8 ||
      record.sent.text_not_utf8 || at.size() < 2 || !looks_like_header(at[0], at[1]))
    return std::nullopt;
  return made(
      Cause::two_writers, "RFC 6455 5.4",
      fmt::format("a text with the header of another frame in its payload, at octet {} "
                  "({}, header 0x{:02x} 0x{:02x})",
                  record.violation->at_in_message, wire::opcode_name(at[0] & 0xf), at[0], at[1]));
}

bool is_ours(const ExchangeRecord& record) {
  return record.sent.close_code && record.close_code == int{*record.sent.close_code};
}

/// The two octets of the server's own code in the wrong order make one that travels. A Close of
/// ours that comes back is another matter.
std::optional<Fact> close_code_swapped(const ExchangeRecord& record) {
  if (!record.violation || record.violation->kind != ViolationKind::close_code_invalid ||
      !record.close_code || is_ours(record))
    return std::nullopt;
  constexpr int kFirst = 1000, kLast = 1014;  // RFC 6455 7.4.1 and what IANA has added
  const int code = (*record.close_code & 0xff) << 8 | *record.close_code >> 8;
  if (code < kFirst || code > kLast) return std::nullopt;
  return made(Cause::close_code_swapped, "RFC 6455 5.5.1",
              fmt::format("a Close whose code, {}, is {} in the wrong order of its octets",
                          *record.close_code, code));
}

std::optional<Fact> close_code_left_out(const ExchangeRecord& record) {
  constexpr std::size_t kShortest = 4;
  if (!record.violation || record.violation->kind != ViolationKind::close_code_invalid ||
      !record.close_code || is_ours(record))
    return std::nullopt;
  std::string payload{static_cast<char>(*record.close_code >> 8),
                      static_cast<char>(*record.close_code & 0xff)};
  payload += record.close_reason;
  if (payload.size() < kShortest || !std::all_of(payload.begin(), payload.end(), [](char c) {
        return is_text(static_cast<std::uint8_t>(c));
      }))
    return std::nullopt;
  return made(Cause::close_code_left_out, "RFC 6455 5.5.1",
              fmt::format("a Close that begins with a text, \"{}\", in place of a code", payload));
}

std::optional<Fact> close_twice(const ExchangeRecord& record) {
  const auto& frame = record.frames.last;
  if (!record.violation || record.violation->kind != ViolationKind::after_close || !frame ||
      !has(*frame, Opcode::close))
    return std::nullopt;
  return made(Cause::close_twice, "RFC 6455 5.5.1", "its Close twice");
}

// --- compared with the echo that was due
// ----------------------------------------------------------

const LedgerEntry* oldest_unanswered(const ExchangeRecord& record) {
  const auto& ledger = record.sent.ledger;
  const auto found = std::find_if(ledger.begin(), ledger.end(), [](const LedgerEntry& entry) {
    return entry.kind == LedgerEntry::Kind::message && !entry.refused && !entry.own_probe &&
           entry.answered < entry.count;
  });
  return found == ledger.end() ? nullptr : &*found;
}

/// How long a program takes the text for: by its characters, or by units of UTF-16 (JavaScript,
/// Java, C#). 0 where the octets are not at hand.
struct Characters {
  std::uint64_t points = 0, units = 0;
};

Characters characters(const LedgerEntry& entry) {
  Characters out;
  if (entry.digest.type() != Opcode::text || entry.payload.size() != entry.digest.length())
    return out;
  for (const std::uint8_t octet : entry.payload) {
    const bool starts = (octet & 0xc0) != 0x80;
    out.points += starts ? 1 : 0;
    out.units += octet >= 0xf0 ? 2 : starts ? 1 : 0;
  }
  return out;
}

/// The octets of a message that equals nothing of ours; null where they were not kept.
const Received* kept(const ExchangeRecord& record, const Received& stray) {
  const auto found = std::find_if(record.received.begin(), record.received.end(),
                                  [&](const Received& one) { return one.serial == stray.serial; });
  return found == record.received.end() ? nullptr : &*found;
}

/// Whether `piece` is what stands in `whole` from `at` on, as far as both are at hand.
bool stands_in(const wire::OctetVector& whole, std::uint64_t at, const wire::OctetVector& piece) {
  if (at >= whole.size()) return true;
  const auto from = whole.begin() + static_cast<std::ptrdiff_t>(at);
  const auto size =
      std::min<std::size_t>(piece.size(), static_cast<std::size_t>(whole.end() - from));
  return std::equal(from, from + static_cast<std::ptrdiff_t>(size), piece.begin());
}

/// The beginning of our message came as a message of its own.
const Received* shortened(const ExchangeRecord& record, const LedgerEntry& ours) {
  if (record.unsolicited.empty() || ours.payload.empty()) return nullptr;
  const Received& first = record.unsolicited.front();
  if (first.length == 0 || first.length >= ours.digest.length()) return nullptr;
  const Received* octets = kept(record, first);
  return octets != nullptr && stands_in(ours.payload, 0, octets->octets) ? octets : nullptr;
}

/// What follows the shortened message is no frame of its own: the rest of ours.
bool rest_is_no_frame(const ExchangeRecord& record, const LedgerEntry& ours,
                      const Received& first) {
  if (!record.violation) return false;
  const auto& after = record.frames.after_fault;
  const auto& header =
      record.violation->kind == ViolationKind::text_not_utf8 ? after : record.frames.last;
  if (!header) return true;
  return header->header.rsv != 0 || header->header.length > ours.digest.length() - first.length ||
         header->header.opcode > static_cast<std::uint8_t>(Opcode::binary);
}

std::optional<Fact> length_in_characters(const ExchangeRecord& record, const LedgerEntry& ours) {
  const Received* first = shortened(record, ours);
  if (first == nullptr) return std::nullopt;
  const auto [points, units] = characters(ours);
  const bool fits = first->length == points || first->length == units;
  if (!fits || !rest_is_no_frame(record, ours, *first)) return std::nullopt;
  return made(Cause::length_in_characters, "RFC 6455 5.2",
              fmt::format("a text of {} octets in a frame whose header says {}, the number of its "
                          "characters",
                          ours.digest.length(), first->length));
}

/// Messages of the server that are ours one piece after the other.
std::optional<Fact> message_split(const ExchangeRecord& record, const LedgerEntry& ours) {
  const Received* first = shortened(record, ours);
  if (first == nullptr) return std::nullopt;
  std::uint64_t at = 0, pieces = 0;
  for (const Received& stray : record.unsolicited) {
    const Received* piece = kept(record, stray);
    if (piece == nullptr || at + piece->length > ours.digest.length() ||
        !stands_in(ours.payload, at, piece->octets))
      break;
    at += piece->length;
    ++pieces;
    if (at == ours.digest.length()) break;
  }
  const bool whole = pieces > 1 && at == ours.digest.length();
  const bool goes_on = pieces == ExchangeRecord::kUnsolicited;
  // A piece that ends inside a character is read no further than the next header.
  const bool cut = record.violation && record.violation->kind == ViolationKind::text_not_utf8 &&
                   record.frames.after_fault && !rest_is_no_frame(record, ours, *first);
  if (!whole && !goes_on && !cut) return std::nullopt;
  return made(Cause::message_split, "RFC 6455 5.4",
              fmt::format("one message of {} octets as several, the first of {}",
                          ours.digest.length(), first->length));
}

/// The size of an unmasked frame that begins at `at`, header and payload; 0: not all of the header
/// is there, or its length takes 64 bits.
std::uint64_t frame_size(const wire::OctetVector& octets, std::size_t at) {
  constexpr std::uint8_t kBits16 = 126;
  if (at + 2 > octets.size() || octets[at + 1] > kBits16) return 0;
  if (octets[at + 1] < kBits16) return 2 + octets[at + 1];
  if (at + 4 > octets.size()) return 0;
  return 4 + (octets[at + 2] << 8 | octets[at + 3]);
}

/// A message as long as ours, with a frame of another writer in its payload; what follows that
/// frame is the rest of ours, as far as the length lets it be.
std::optional<Fact> frame_in_message(const ExchangeRecord& record, const LedgerEntry& ours) {
  if (record.unsolicited.empty() || record.unsolicited.front().length != ours.digest.length())
    return std::nullopt;
  const Received* echo = kept(record, record.unsolicited.front());
  if (echo == nullptr) return std::nullopt;
  const wire::OctetVector& octets = echo->octets;
  const auto differs =
      std::mismatch(octets.begin(), octets.end(), ours.payload.begin(), ours.payload.end());
  if (differs.first == octets.end() || differs.second == ours.payload.end()) return std::nullopt;
  const auto at = static_cast<std::size_t>(differs.first - octets.begin());
  const std::uint64_t size = frame_size(octets, at);
  if (size == 0 || !looks_like_header(octets[at], octets[at + 1])) return std::nullopt;
  const wire::OctetVector rest(octets.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(
                                                    at + size, octets.size())),
                               octets.end());
  // The rest of ours is then read as frames.
  const bool goes_on =
      rest.empty() ? record.violation.has_value() : stands_in(ours.payload, at, rest);
  if (!goes_on) return std::nullopt;
  return made(Cause::two_writers, "RFC 6455 5.4",
              fmt::format("a message of {} octets with another frame in its payload, at octet {} "
                          "({}, header 0x{:02x} 0x{:02x})",
                          ours.digest.length(), at, wire::opcode_name(octets[at] & 0xf), octets[at],
                          octets[at + 1]));
}

std::uint64_t swapped(const wire::FrameHeader& header) {
  const std::uint64_t length = header.length;
  if (header.form == LengthForm::bits16) return (length & 0xff) << 8 | length >> 8;
  std::uint64_t out = 0;
  for (int i = 0; i < 64; i += 8) out = out << 8 | (length >> i & 0xff);
  return out;
}

/// The echo's header is another number than its length: more is declared than ever comes, or the
/// number is not in its shortest form.
std::optional<Fact> length_in_wrong_order(const ExchangeRecord& record, const LedgerEntry& ours) {
  const auto& frame = record.frames.last;
  if (!frame || frame->header.form == LengthForm::bits7) return std::nullopt;
  const std::uint64_t declared = frame->header.length, due = ours.digest.length();
  const bool awaited = !record.violation && frame->cut_short() && frame->came >= due;
  const bool refused =
      record.violation && (record.violation->kind == ViolationKind::length_not_shortest ||
                           record.violation->kind == ViolationKind::length_msb);
  if (declared == due || (!awaited && !refused)) return std::nullopt;
  const auto text =
      fmt::format("a message of {} octets in a frame whose header says {}", due, declared);
  constexpr std::uint64_t kLow = 0xffffffff;
  if (frame->header.form == LengthForm::bits64 && (declared & kLow) == 0 &&
      (declared == 0 || declared >> 32 == due))
    return made(Cause::length_low_half_zero, "RFC 6455 5.2", text);
  if (swapped(frame->header) == due) return made(Cause::length_byte_swapped, "RFC 6455 5.2", text);
  return std::nullopt;
}

}  // namespace

std::optional<Fact> defect(const ExchangeRecord& record) {
  for (const auto& rule : {text_after_upgrade, close_reason_too_long, two_writers,
                           close_code_swapped, close_code_left_out, close_twice})
    if (auto found = rule(record)) return found;
  const LedgerEntry* ours = oldest_unanswered(record);
  if (ours == nullptr) return frame_in_text(record);
  for (const auto& rule :
       {length_in_characters, message_split, frame_in_message, length_in_wrong_order})
    if (auto found = rule(record, *ours)) return found;
  return frame_in_text(record);
}

Fact violation_fact(const ExchangeRecord& record) {
  if (auto found = defect(record)) return *found;
  return result::fact_of(*record.violation);
}

}  // namespace wsspec::judge
