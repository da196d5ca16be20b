// Text: whole, cut, with the rest of a buffer after it, or base64 of something else.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "payload/detectors.h"
#include "payload/forms.h"
#include "wire/utf8.h"

namespace wsspec::payload {
namespace {

/// Sizes of buffers and packets that cut a text; the largest that fits is named.
constexpr std::uint64_t kBlocks[] = {1048576, 524288, 262144, 131072, 65536, 32768, 16384,
                                     8192,    4096,   2048,   1460,   1448,  1400,  1024,
                                     1000,    512,    500,    256,    128,   125,   100};

/// The block of which `size` is a multiple; 0 if of none.
std::uint64_t block_of(std::uint64_t size) {
  for (const std::uint64_t block : kBlocks)
    if (size > 0 && size % block == 0) return block;
  return 0;
}

/// A fault at the border of a block: its begun character ends there, or its rest begins there.
bool at_border(const Fault& fault, std::uint64_t block) {
  const std::uint64_t after = fault.offset % block;
  return fault.proof % block == 0 || after <= 2;
}

std::string block_text(std::uint64_t size) {
  const std::uint64_t block = block_of(size);
  if (block == 0) return fmt::format("after {}", counted(size, "octet"));
  if (block == size) return fmt::format("after {} octets, a usual size of buffers", size);
  return fmt::format("after {} octets, {} blocks of {}", size, size / block, block);
}

struct Ends {
  std::size_t begin = 0;  ///< octets at the front that belong to a character before
  bool end = false;       ///< the last character is not whole
  std::uint64_t inside = 0;
};

Ends ends_of(const Scan& scan) {
  Ends out;
  for (const Fault& fault : scan.faults) {
    using wire::Utf8FaultKind;
    if (fault.cause.kind == Utf8FaultKind::text_cut)
      out.end = true;
    else if (fault.cause.kind == Utf8FaultKind::continuation_without_start &&
             fault.offset == out.begin && out.begin < 3)
      ++out.begin;
    else
      ++out.inside;
  }
  return out;
}

void cut_inside(const Scan& scan, const TextCounts& counts, Looks& looks) {
  if (scan.fault_count > scan.faults.size() || counts.characters < scan.fault_count) return;
  for (const std::uint64_t block : kBlocks) {
    if (block < 256 || block >= scan.size) continue;
    if (!std::all_of(scan.faults.begin(), scan.faults.end(),
                     [block](const Fault& fault) { return at_border(fault, block); }))
      continue;
    add(looks, Kind::text_cut, 90,
        fmt::format("{} at a multiple of {} octets, and nowhere else",
                    scan.fault_count == 1 ? "the fault is" : "all faults are", block));
    return;
  }
}

bool ends_as_json(wire::Octets tail) {
  const std::string_view text = wire::as_chars(tail);
  const auto last = text.find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && (text[last] == '}' || text[last] == ']');
}

bool looks_json(const Looks& looks) {
  return std::any_of(looks.begin(), looks.end(),
                     [](const Look& look) { return look.kind == Kind::json; });
}

}  // namespace

void detect_cut(const Scan& scan, Looks& looks) {
  if (scan.valid()) return;
  const TextCounts counts = count_text(scan.head);
  if (counts.zeros + counts.controls > 0) return;
  const Ends ends = ends_of(scan);
  if (ends.inside > 0 || scan.fault_count > scan.faults.size()) {
    cut_inside(scan, counts, looks);
    return;
  }
  std::string reason;
  if (ends.begin > 0)
    reason = fmt::format("it begins with the last {} of a character", counted(ends.begin, "octet"));
  if (ends.end)
    reason += fmt::format("{} its last character is cut {}", reason.empty() ? "" : ", and",
                          block_text(scan.size));
  if (reason.starts_with(' ')) reason.erase(0, 1);
  const bool block = ends.end && scan.size >= 256 && block_of(scan.size) > 0;
  // A lone octet above 7F may as well be a letter of Latin-1.
  int confidence = counts.characters >= 2 ? 96 : counts.characters == 1 ? 85 : block ? 80 : 45;
  if (counts.characters == 0 && scan.faults[0].count >= 2) confidence = 75;
  add(looks, Kind::text_cut, confidence, reason);
}

void detect_zeros(const Scan& scan, Looks& looks) {
  const auto first = std::find(scan.head.begin(), scan.head.end(), std::uint8_t{0});
  if (first == scan.head.end() && (scan.trailing_zeros == 0 || scan.whole())) return;
  const auto length = static_cast<std::size_t>(first - scan.head.begin());
  const wire::Octets text = wire::Octets(scan.head).first(length);
  if (text.size() < 2 || !reads_as_text(text)) return;
  // The text's length is known to the octet where the zeros go to the end, or begin in the head.
  const bool to_the_end =
      scan.whole() ? scan.trailing_zeros == scan.size - length
                   : first == scan.head.end() || scan.trailing_zeros == scan.size - length;
  if (to_the_end) {
    const std::uint64_t end = scan.size - scan.trailing_zeros;
    const bool block = block_of(scan.size) > 0;
    add(looks, Kind::zeros_after_text,
        scan.trailing_zeros == 1 ? 88
        : block                  ? 98
                                 : 95,
        fmt::format("{} of text, then {} to the end{}", counted(end, "octet"),
                    counted(scan.trailing_zeros, "zero octet"),
                    block ? fmt::format(" of {} octets, a usual size of buffers", scan.size) : ""));
    return;
  }
  const wire::Octets rest = wire::Octets(scan.head).subspan(length);
  const auto zeros =
      static_cast<std::size_t>(std::count(rest.begin(), rest.end(), std::uint8_t{0}));
  if (text.size() < 4 || zeros * 2 < rest.size()) {
    if (text.size() >= 8 && text.size() * 4 >= scan.head.size())
      add(looks, Kind::zeros_after_text, 55,
          fmt::format("{} of text, a zero octet, then something else", counted(length, "octet")));
    return;
  }
  add(looks, Kind::zeros_after_text, 75,
      fmt::format("{} of text, then mostly zero octets", counted(length, "octet")));
}

void detect_base64(const Scan& scan, Looks& looks) {
  if (!scan.valid() || scan.size < 12) return;
  std::string_view text = wire::as_chars(scan.head);
  if (text.starts_with("data:")) {
    const auto comma = text.substr(0, 200).find(";base64,");
    if (comma == std::string_view::npos) return;
    add(looks, Kind::base64, 97, "a data URL");
    return;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  std::array<std::size_t, 4> of{};  // upper, lower, digits, others of the alphabet
  for (const char c : text)
    ++of[c >= 'A' && c <= 'Z' ? 0 : c >= 'a' && c <= 'z' ? 1 : c >= '0' && c <= '9' ? 2 : 3];
  if (!scan.whole()) text = text.substr(0, text.size() / 4 * 4);
  const auto octets = decode(Form::base64, wire::as_octets(text));
  if (!octets) return;
  const bool padded = text.ends_with('=');
  // Words and numbers are of the alphabet too: all of its kinds must be there.
  const bool mixed = of[0] > 0 && of[1] > 0 && of[2] + of[3] > 0;
  if (!padded && (!mixed || text.size() % 4 != 0)) return;
  if (!mixed && text.size() < 16) return;
  const std::size_t shorter = std::min(std::min(of[0], of[1]), text.size());
  const bool even = shorter * 8 >= text.size();  // as random octets have them
  int confidence = padded ? 92 : even ? 85 : 55;
  if (text.size() >= 64 && mixed) confidence += 5;
  std::string inside = "octets";
  if (reads_as_text(*octets)) inside = "text";
  const auto looks_inside = [&] {
    Looks found;
    const Scan inner = payload::scan(*octets);
    detect_signature(inner, found);
    detect_compressed(inner, found);
    return found;
  }();
  if (!looks_inside.empty() && inside == "octets") {
    inside = looks_inside[0].name;
    confidence = 97;
  }
  add(looks, Kind::base64, confidence,
      fmt::format("only characters of its alphabet; it decodes to {} of {}",
                  counted(octets->size(), "octet"), inside));
}

/// What has good characters above U+007F and faults too, or a few faults in much ASCII.
void detect_mixed(const Scan& scan, Looks& looks) {
  if (scan.valid()) return;
  const TextCounts counts = count_text(scan.head);
  const std::size_t text = counts.printable + counts.spaces + counts.characters;
  if (text < 3 || counts.zeros + counts.controls > 0) return;
  if (counts.characters > counts.bad)
    add(looks, Kind::mixed, counts.characters > 4 * counts.bad ? 80 : 60,
        fmt::format("{} of two to four octets are right, {} not",
                    counted(counts.characters, "character"),
                    counted(counts.bad, "octet") + (counts.bad == 1 ? " is" : " are")));
  else if (counts.bad * 8 < text)
    add(looks, Kind::mixed, 40,
        fmt::format("{} in {} of ASCII", counted(counts.bad, "bad octet"), counted(text, "octet")));
}

void detect_text(const Scan& scan, Looks& looks) {
  if (!scan.valid()) return;
  const TextCounts counts = count_text(scan.head);
  const bool special = std::any_of(looks.begin(), looks.end(),
                                   [](const Look& look) { return look.confidence >= 50; });
  const bool clean = counts.controls + counts.zeros == 0;
  const std::string_view head = wire::as_chars(scan.head);
  const auto begin = head.find_first_not_of(" \t\r\n");
  if (clean && begin != std::string_view::npos && (head[begin] == '{' || head[begin] == '[')) {
    if (scan.whole() && nlohmann::json::accept(head))
      add(looks, Kind::json, special ? 48 : 98, "one JSON value from the first octet to the last");
    else if (!scan.whole() && ends_as_json(scan.tail))
      add(looks, Kind::json, special ? 40 : 90, "it begins and ends as JSON does");
  }
  const std::size_t all = counts.printable + counts.spaces + counts.characters;
  const std::string reason =
      counts.characters == 0
          ? fmt::format("{} of ASCII", counted(scan.size, "octet"))
          : fmt::format("{} of two to four octets among {}",
                        counted(counts.characters, "character"), counted(all, "character"));
  if (clean)
    add(looks, Kind::text, special || looks_json(looks) ? 30 : 95, reason);
  else if (counts.controls + counts.zeros < all / 4)
    add(looks, Kind::text, special ? 25 : 60,
        fmt::format("{} are controls", counted(counts.controls + counts.zeros, "octet")));
}

}  // namespace wsspec::payload
