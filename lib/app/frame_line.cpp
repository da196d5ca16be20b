#include "app/frame_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/border.h"
#include "report/text.h"
#include "text/escape.h"
#include "text/printable.h"
#include "text/secret_names.h"
#include "wire/close_code.h"
#include "wire/utf8.h"

namespace wsspec {
namespace {

using Direction = result::TranscriptLine::Direction;

constexpr std::size_t kHex = 64;        ///< octets of a payload shown in hex
constexpr std::size_t kBodyLines = 20;  ///< of a refused handshake's body
constexpr std::size_t kBodyLine = 200;

std::string shown(std::string_view raw, const text::Secrets& secrets, std::size_t limit) {
  return text::show(raw, secrets).for_terminal(limit);
}

/// Its two octets of code are in its name, and none of them in its payload.
bool is_close(const result::TranscriptLine& line) {
  return line.what.starts_with("Close");
}

/// The length is that of the frame: of a compressed one it says nothing of the text.
bool is_cut(const result::TranscriptLine& line) {
  const bool compressed = line.what.find(", compressed") != std::string::npos ||
                          line.what.find(", RSV 4") != std::string::npos;
  return !compressed && !is_close(line) && line.octets.size() < line.length &&
         line.octets.size() <= kShownPayload;
}

/// Of a text that is longer than what was kept the last character may be cut.
bool reads_as_text(const result::TranscriptLine& line) {
  if (line.what.starts_with("binary")) return false;
  const auto fault = wire::check_utf8(line.octets);
  return !fault || (fault->truncated && line.octets.size() != line.length);
}

std::string payload_text(const result::TranscriptLine& line, const text::Secrets& secrets) {
  if (reads_as_text(line)) {
    std::string out = "  \"" + shown(wire::as_chars(line.octets), secrets, kShownPayload) + '"';
    return is_cut(line) ? out + " …" : out;
  }
  wire::OctetVector octets = line.octets;
  secrets.mask(octets);
  const std::size_t count = std::min(kHex, octets.size());
  std::string out = ": " + text::hex(wire::Octets(octets).first(count), kHex);
  return is_cut(line) || count < octets.size() ? out + " …" : out;
}

}  // namespace

std::string frame_line(const result::TranscriptLine& line, const text::Secrets& secrets) {
  const char mark = line.direction == Direction::sent       ? '>'
                    : line.direction == Direction::received ? '<'
                                                            : '*';
  std::string out = fmt::format("{} {:>9}  {}", mark, report::duration(line.at_ms),
                                shown(line.what, secrets, kShownPayload));
  if (line.length > 0 && !is_close(line))
    out += fmt::format(", {} octet{}", line.length, line.length == 1 ? "" : "s");
  if (!line.octets.empty()) out += payload_text(line, secrets);
  return out + '\n';
}

std::string ending_line(const session::ExchangeRecord& record, const text::Secrets& secrets) {
  result::ScenarioResult raw;
  raw.observed = session::observed(record);
  raw.observed.sent = 0;
  raw.observed.http_status.reset();
  raw.verdict = result::Verdict::pass;
  std::string out = report::observed_text(report::shown(raw, secrets));
  if (!record.said_goodbye()) return out + '\n';
  if (!record.close_at) return "no Close: the server did not answer our Close 1000\n";
  return fmt::format("no Close from the server until ours; it answered Close {}\n",
                     *record.close_code);
}

std::string answer_lines(const wire::HttpResponse& response, const text::Secrets& secrets,
                         bool show_secrets) {
  std::string out = fmt::format("  {} {} {}\n", shown(response.version, secrets, 40),
                                response.status, shown(response.reason, secrets, kBodyLine));
  for (const auto& [name, value] : response.headers)
    out += fmt::format(
        "  {}: {}\n", shown(name, secrets, kBodyLine),
        shown(show_secrets ? value : text::redact_header(name, value), secrets, kShownPayload));
  std::string_view body = response.body;
  if (body.empty()) return out;
  out += "\n";
  for (std::size_t n = 0; !body.empty(); ++n) {
    if (n == kBodyLines) return out + "  …\n";
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += "  " + shown(line, secrets, kBodyLine) + "\n";
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return out;
}

}  // namespace wsspec
