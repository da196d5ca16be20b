#include "payload/detect.h"

#include <algorithm>

#include "payload/detectors.h"

namespace wsspec::payload {
namespace {

constexpr int kLeast = 20;        // percent
constexpr std::size_t kTold = 4;  // looks

/// Without the part of a character that a cut left at the end, and likewise at the front.
wire::Octets whole_characters(wire::Octets octets, bool cut_in_front) {
  const auto continues = [](std::uint8_t octet) { return (octet & 0xc0) == 0x80; };
  for (int i = 0; cut_in_front && i < 3 && !octets.empty() && continues(octets.front()); ++i)
    octets = octets.subspan(1);
  for (std::size_t back = 1; back <= 3 && back <= octets.size(); ++back) {
    const std::uint8_t octet = octets[octets.size() - back];
    if (continues(octet)) continue;
    const std::size_t length = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    return length > back ? octets.first(octets.size() - back) : octets;
  }
  return octets;
}

/// What the detectors see of a payload that is longer than its head: where that has no fault, the
/// octets around the first faults stand for it.
Scan sample_of(const Scan& scan) {
  Scan out = scan;
  out.head.clear();
  const auto append = [&out](wire::Octets octets, bool cut_in_front) {
    octets = whole_characters(octets, cut_in_front);
    if (!out.head.empty()) out.head.push_back('\n');
    out.head.insert(out.head.end(), octets.begin(), octets.end());
  };
  if (scan.valid() || scan.faults[0].offset < scan.head.size())
    append(scan.head, false);
  else
    for (const Window& window : scan.windows) append(window.octets, window.begin > 0);
  return out;
}

}  // namespace

std::vector<Look> detect(const Scan& scan) {
  Looks looks;
  if (scan.size == 0) {
    add(looks, Kind::empty, 99, "no octets");
    return looks;
  }
  const Scan cut = scan.whole() ? Scan{} : sample_of(scan);
  const Scan& sample = scan.whole() ? scan : cut;
  for (const auto detector :
       {detect_surrogates, detect_charset, detect_other_charset, detect_mixed})
    detector(sample, looks);
  for (const auto detector :
       {detect_signature, detect_compressed, detect_msgpack, detect_cbor, detect_protobuf,
        detect_bson, detect_utf16_and_32, detect_double_encoded, detect_replaced, detect_cut,
        detect_zeros, detect_base64, detect_text, detect_random})
    detector(scan, looks);
  std::erase_if(looks, [](const Look& look) { return look.confidence < kLeast; });
  std::stable_sort(looks.begin(), looks.end(),
                   [](const Look& a, const Look& b) { return a.confidence > b.confidence; });
  // The first of each kind.
  Looks out;
  for (Look& look : looks)
    if (std::none_of(out.begin(), out.end(), [&](const Look& o) { return o.kind == look.kind; }))
      out.push_back(std::move(look));
  if (out.size() > kTold) out.resize(kTold);
  if (out.empty()) add(out, Kind::unknown, 0, "no format, character set or pattern fits");
  return out;
}

}  // namespace wsspec::payload
