#include "payload/detect.h"

#include <algorithm>

#include "payload/detectors.h"

namespace wsspec::payload {
namespace {

constexpr int kLeast = 20;        // percent
constexpr std::size_t kTold = 4;  // looks

}  // namespace

std::vector<Look> detect(const Scan& scan) {
  Looks looks;
  if (scan.size == 0) {
    add(looks, Kind::empty, 99, "no octets");
    return looks;
  }
  for (const auto detector :
       {detect_signature, detect_compressed, detect_msgpack, detect_cbor, detect_protobuf,
        detect_bson, detect_utf16_and_32, detect_surrogates, detect_double_encoded, detect_replaced,
        detect_charset, detect_cut, detect_zeros, detect_base64, detect_mixed, detect_text,
        detect_random})
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
