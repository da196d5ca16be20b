// A file that claims to be a capture (pcap, pcapng, HAR, the log of tap): it is read to its end or
// to what is wrong with it, the same however it is cut into pieces, and its report has no control
// characters.
//
// Off the end: which kind, three sizes of pieces.
#include "app/inspect_capture.h"
#include "fuzz.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;

namespace {

/// The secrets of a client whose random is zero: what claims to be its TLS is taken apart.
capture::KeyLog known_keys() {
  capture::KeyLog keys;
  for (const char* label :
       {"CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"})
    keys.feed(
        wire::as_octets(label + (" " + std::string(64, '0')) + " " + std::string(64, '1') + "\n"));
  return keys;
}

std::string report_of(CaptureKind kind, const std::vector<wire::OctetVector>& pieces, bool json) {
  std::string out;
  std::size_t at = 0;
  const auto found = inspect_capture(
      kind,
      [&]() -> tl::expected<wire::Octets, std::string> {
        return at < pieces.size() ? wire::Octets(pieces[at++]) : wire::Octets{};
      },
      {.json = json, .width = 80, .keys = known_keys()},
      [&](std::string_view text) { out += text; });
  for (const char c : out)
    expect(c == '\n' || (static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7f),
           "a report has no control characters");
  return out + (!found ? found.error() : *found ? "violations" : "none");
}

}  // namespace

FUZZ_TARGET(capture) {
  constexpr CaptureKind kKinds[] = {CaptureKind::packets, CaptureKind::har, CaptureKind::log};
  const std::uint8_t bits = input.octet();
  const CaptureKind kind = kKinds[(bits & 0x7f) % 3];
  const fuzz::Cuts cuts(input);
  static_cast<void>(capture_kind(input.rest()));
  std::vector<wire::OctetVector> whole, cut;
  if (!input.rest().empty()) whole.push_back(wire::to_vector(input.rest()));
  cuts.cut(input.rest(), [&](wire::Octets piece) {
    if (!piece.empty()) cut.push_back(wire::to_vector(piece));
  });
  const bool json = (bits & 0x80) != 0;
  expect_same(report_of(kind, whole, json), report_of(kind, cut, json),
              "a capture is read the same however it is cut");
}
