#include "app/inspect_capture.h"

#include <fmt/format.h>

#include "app/capture_readers.h"
#include "app/conversation_json.h"
#include "app/conversation_text.h"
#include "capture/har.h"
#include "capture/packets.h"
#include "explain/code_texts.h"
#include "explain/explain.h"
#include "text/wrap.h"

namespace wsspec {

CaptureKind capture_kind(wire::Octets head) {
  if (capture::PacketReader::recognises(head)) return CaptureKind::packets;
  if (capture::is_har(head)) return CaptureKind::har;
  const std::string_view text = wire::as_chars(head);
  const std::string log = fmt::format(R"({{"event":"start","schema":"{}")", kConversationSchema);
  return text.starts_with(log) ? CaptureKind::log : CaptureKind::none;
}

void CaptureReport::line(std::uint64_t connection, double ms, std::string_view text) {
  if (!options_.json) print_(numbered(connection, ms, text));
}

void CaptureReport::json(std::string_view line) {
  if (options_.json) print_(line);
}

void CaptureReport::note(const std::string& text) {
  if (options_.json)
    print_(fmt::format("{{\"event\":\"note\",\"text\":\"{}\"}}\n", text));  // text is ours
  else
    print_(text + "\n");
}

void CaptureReport::closed(std::optional<std::uint16_t> code) {
  codes_.insert(code.value_or(1005));
}

void CaptureReport::finish(const std::string& summary) {
  if (options_.json) return;
  print_("\n" + summary);
  for (const int code : codes_) {
    const explain::CodeText* text = explain::code_text(code);
    if (code == 1000 || code == 1001 || text == nullptr) continue;
    const std::string words = fmt::format("{} {}: {} 'wsspec explain {}' says more.", code,
                                          text->name, text->meaning, code);
    print_("\n" + text::wrapped(words, options_.width, "", "  "));
  }
}

tl::expected<bool, std::string> inspect_capture(
    CaptureKind kind, const std::function<tl::expected<wire::Octets, std::string>()>& next,
    const CaptureOptions& options, const std::function<void(std::string_view)>& print) {
  CaptureReport report(options, print);
  if (kind != CaptureKind::log)
    report.json(fmt::format("{{\"event\":\"start\",\"schema\":\"{}\"}}\n", kConversationSchema));
  switch (kind) {
    case CaptureKind::packets:
      return inspect_packets(next, report, options.keys);
    case CaptureKind::har:
      return inspect_har(next, report);
    case CaptureKind::log:
      return inspect_log(next, report);
    case CaptureKind::none:
      break;
  }
  return tl::unexpected(
      std::string("it is no capture that is known here (pcap, pcapng, HAR, the log of tap)"));
}

}  // namespace wsspec
