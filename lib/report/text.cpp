#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/escape.h"
#include "wire/close_code.h"

namespace wsspec::report {
namespace {

using result::End;

constexpr std::size_t kRow = 16;

std::string after(const std::optional<double>& ms) {
  return ms ? " after " + duration(*ms) : std::string();
}

std::string close_text(const Observed& seen) {
  std::string out = *seen.code == 1005 ? std::string("Close without a code")
                                       : fmt::format("Close {} ({})", *seen.code,
                                                     wire::close_code_name(*seen.code));
  if (!seen.reason.empty()) out += fmt::format(" \"{}\"", seen.reason.for_terminal(kMaxReason));
  out += seen.closer == result::Closer::client ? " by server, answering ours" : " by server";
  out += after(seen.close_ms);
  if (seen.end == End::eof) return out + ", then end of stream";
  if (seen.end == End::reset) return out + ", then a reset";
  return out + ", TCP left open";
}

/// What ended the conversation, or that nothing did.
std::string ending_text(const Observed& seen) {
  if (seen.http_status) {
    std::string out = fmt::format("HTTP {}", *seen.http_status);
    if (!seen.code) return out;
    return out + ", " + close_text(seen);
  }
  if (seen.code) return close_text(seen);
  if (seen.end == End::eof) return "end of stream without a Close" + after(seen.eof_ms);
  if (seen.end == End::reset) return "connection reset without a Close" + after(seen.eof_ms);
  return "no Close, the connection stays open";
}

const char* evidence_text(result::Evidence evidence) {
  switch (evidence) {
    case result::Evidence::none:
      return "";
    case result::Evidence::ping:
      return " (only evidence: a pong)";
    case result::Evidence::message:
      return " (evidence: the reply to the profile's message)";
    case result::Evidence::silence:
      return " (only evidence: the connection stayed open)";
  }
  return "";
}

}  // namespace

std::string duration(double ms) {
  if (!std::isfinite(ms)) return "? ms";
  if (ms < 99.95) return fmt::format("{:.1f} ms", ms);
  if (ms < 999.5) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.2f} s", ms / 1000);
}

std::string expected_text(const Result& result) {
  std::string out;
  for (const Expected& outcome : result.expected)
    out += (out.empty() ? "" : " or ") + outcome.text.for_terminal();
  return out;
}

std::string observed_text(const Result& result) {
  const Observed& seen = result.observed;
  // Nothing was ever connected, so no connection "stays open" either.
  if (result.verdict == result::Verdict::error && !seen.code && !seen.http_status &&
      seen.end == End::open && seen.sent == 0)
    return seen.detail.for_terminal();
  std::string out = ending_text(seen);
  // One message and its Close need no count; a burst, or a silence, does.
  if (seen.sent > 1 || (seen.sent == 1 && !seen.code && !seen.http_status))
    out += fmt::format("; {} of {} message{} answered", seen.answered, seen.sent,
                       seen.sent == 1 ? "" : "s");
  out += evidence_text(seen.evidence);
  if (!seen.detail.empty()) out += "; " + seen.detail.for_terminal();
  return out;
}

std::string tls_text(const Observed& seen) {
  using TlsEnd = result::TlsObserved::End;
  if (!seen.tls) return {};
  std::string out = seen.tls->version.for_terminal();
  if (seen.tls->end == TlsEnd::close_notify) out += ", ended by close_notify";
  if (seen.tls->end == TlsEnd::truncated) out += ", truncated: TCP ended without close_notify";
  return out;
}

const Printable& why_of(const Result& result) {
  return result.diagnosis.empty() ? result.because : result.diagnosis;
}

std::string why_text(const Result& result) {
  return why_of(result).for_terminal();
}

const Printable& reason_of(const Result& result) {
  return result.because.empty() ? result.diagnosis : result.because;
}

std::vector<std::string> excerpt_lines(const FaultExcerpt& fault) {
  std::vector<std::string> lines;
  if (!fault.present) return lines;
  const std::size_t size = fault.octets.size();
  const std::size_t mark = std::min(fault.mark, size);
  // A mark after a full last row stands at that row's end, where the next octet would be.
  const std::size_t marked_row =
      mark == size && size > 0 && size % kRow == 0 ? (size - 1) / kRow : mark / kRow;
  for (std::size_t row = 0; row * kRow < std::max<std::size_t>(size, 1); ++row) {
    const std::size_t from = row * kRow;
    const std::size_t count = std::min(kRow, size - from);
    const wire::Octets octets = wire::Octets(fault.octets).subspan(from, count);
    std::string chars;
    for (const std::uint8_t octet : octets)
      chars += octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
    const std::string head = fmt::format("{:>6}  ", fault.offset + from);
    lines.push_back(head + fmt::format("{:<47}  |{}|", text::hex(octets, kRow), chars));
    if (row != marked_row) continue;
    std::string caret(head.size() + (mark - from) * 3, ' ');
    caret += fault.truncated ? fmt::format("^ the message ends here, after octet {}", fault.at)
                             : fmt::format("^^ octet {}", fault.at);
    if (!fault.why.empty()) caret += ": " + fault.why.for_terminal();
    lines.push_back(caret);
  }
  return lines;
}

std::string transcript_text(const TranscriptLine& entry, std::size_t octet_limit) {
  using Direction = result::TranscriptLine::Direction;
  const char prefix = entry.direction == Direction::sent       ? '>'
                      : entry.direction == Direction::received ? '<'
                                                               : '*';
  std::string out =
      fmt::format("{} {:>9}  {}", prefix, duration(entry.at_ms), entry.what.for_terminal());
  if (entry.length == 0 && entry.octets.empty()) return out;
  out += fmt::format(", {} octet{}", entry.length, entry.length == 1 ? "" : "s");
  if (entry.octets.empty() || octet_limit == 0) return out;
  const wire::Octets head =
      wire::Octets(entry.octets).first(std::min(octet_limit, entry.octets.size()));
  out += ": " + text::hex(head, octet_limit);
  if (head.size() < entry.length) out += " …";
  const std::string_view chars = wire::as_chars(head);
  const std::string shown = text::printable(chars, octet_limit);
  if (shown == chars) out += fmt::format("  \"{}\"", shown);  // readable as it is
  return out;
}

std::string summary_text(const RunEnd& end) {
  const result::Summary& summary = end.summary;
  std::string uncounted;
  for (std::size_t i = 0; i < end.uncounted.size(); ++i) {
    if (end.uncounted[i] == 0) continue;
    const auto impact = static_cast<Impact>(i);
    uncounted += fmt::format("{}{} {}", uncounted.empty() ? "" : ", ", end.uncounted[i],
                             impact == Impact::letter
                                 ? "against the letter"
                                 : fmt::format("of impact {}", scenario::impact_name(impact)));
  }
  if (!uncounted.empty()) uncounted = " (" + uncounted + ")";
  return fmt::format("{} passed, {} tolerated, {} failed{}, {} skipped, {} error{} in {:.2f} s",
                     summary.pass, summary.tolerated, summary.fail, uncounted, summary.skipped,
                     summary.error, summary.error == 1 ? "" : "s",
                     std::isfinite(summary.duration_ms) ? summary.duration_ms / 1000 : 0.0);
}

std::string reproduce_text(const Printable& prefix, const Printable& whole_run,
                           const Result& result) {
  if (result.reproduction.alone == false && result.reproduction.with.empty())
    return whole_run.for_terminal(std::string::npos);
  std::string out = prefix.for_terminal(std::string::npos);
  if (!result.reproduction.with.empty()) out += fmt::format("-j {} ", result.reproduction.jobs);
  out += shell_word(result.name.for_terminal());
  for (const Printable& name : result.reproduction.with)
    out += " " + shell_word(name.for_terminal());
  return out;
}

std::string hidden_text(std::string_view command) {
  if (command.find("***") == std::string_view::npos) return {};
  return "what is hidden in that line has to be put back first";
}

std::vector<std::string> output_lines(const std::optional<ServerEnd>& end) {
  std::vector<std::string> lines;
  if (!end) return lines;
  for (const Printable& line : end->output) lines.push_back(line.for_terminal());
  if (lines.empty()) lines.emplace_back("(the server wrote nothing)");
  return lines;
}

std::string reproduced_text(const Result& result) {
  if (!result.reproduction.alone) return {};
  if (*result.reproduction.alone) return "reproduced alone: yes";
  return result.reproduction.with.empty()
             ? "reproduced alone: no; the line repeats the whole run"
             : "reproduced alone: no; with those that ran at the same time: yes";
}

std::string shell_word(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/-_.:,+=@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

}  // namespace wsspec::report
