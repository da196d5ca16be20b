// `wsspec inspect CAPTURE`: the conversations in a pcap or pcapng file, in a browser's HAR, or in
// the log of `tap`: every frame judged, and each Close explained.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "capture/key_log.h"
#include "wire/octets.h"

namespace wsspec {

enum class CaptureKind : std::uint8_t { none, packets, har, log };

/// So many octets, or all there are, tell what a file is.
inline constexpr std::size_t kCaptureHead = 256;
CaptureKind capture_kind(wire::Octets head);

struct CaptureOptions {
  bool json = false;  ///< as JSON Lines ("wsspec-conversation/1")
  std::size_t width = 80;
  capture::KeyLog keys{};  ///< of TLS connections
};

/// `next` gives the file piece by piece, from its beginning on, and at its end nothing. `print`
/// gets whole lines as they come. True: there are violations. The error says what cannot be read.
tl::expected<bool, std::string> inspect_capture(
    CaptureKind kind, const std::function<tl::expected<wire::Octets, std::string>()>& next,
    const CaptureOptions& options, const std::function<void(std::string_view)>& print);

}  // namespace wsspec
