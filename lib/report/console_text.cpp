#include "report/console_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text.h"
#include "text/escape.h"

namespace wsspec::report {
namespace {

using result::Verdict;

constexpr std::size_t kNames = 8;         // names shown of a group without -v
constexpr std::size_t kBar = 20;          // columns of the progress bar
constexpr std::size_t kLabel = 11;        // columns of "diagnosis  "
constexpr std::size_t kServer = 80;       // octets shown of a Server header
constexpr std::size_t kHead = 16;         // octets of a payload shown in a transcript with -v
constexpr std::size_t kHeadVerbose = 64;  // and with -vv: all that is kept

struct Word {
  std::string_view text;
  Colour colour;
};

Word verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return {"pass", Colour::green};
    case Verdict::tolerated:
      return {"tolerated", Colour::yellow};
    case Verdict::fail:
      return {"FAIL", Colour::red};
    case Verdict::skipped:
      return {"skipped", Colour::cyan};
    case Verdict::error:
      return {"ERROR", Colour::magenta};
  }
  return {"ERROR", Colour::magenta};
}

/// "   expected   Close 1007\n". Further lines stand below the first.
std::string field(const ConsoleStyle& style, std::string_view label,
                  const std::vector<std::string>& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string padded = fmt::format("{:<{}}", i == 0 ? label : "", kLabel);
    out += "   " + paint(style, Colour::dim, padded) + lines[i] + "\n";
  }
  return out;
}

std::string field(const ConsoleStyle& style, std::string_view label, std::string text) {
  return text.empty() ? std::string() : field(style, label, std::vector{std::move(text)});
}

std::size_t name_width(const ConsoleStyle& style) {
  return std::max<std::size_t>(style.width, 40) - 3 - kLabel;
}

std::vector<std::string> transcript_lines(const ConsoleStyle& style,
                                          const result::ScenarioResult& result) {
  std::vector<std::string> lines;
  for (const result::TranscriptLine& entry : result.transcript)
    lines.push_back(transcript_text(entry, style.verbosity >= 2 ? kHeadVerbose : kHead));
  return lines;
}

/// What stands behind the name in a line of its own.
std::string finding_words(const result::ScenarioResult& result) {
  switch (result.verdict) {
    case Verdict::pass:
      return observed_text(result);
    case Verdict::skipped:
      return why_text(result);
    case Verdict::tolerated: {
      // The reason it passes says more than what was wanted.
      const std::string because = line(result.because.empty() ? result.diagnosis : result.because);
      const bool said = because.empty() || result.because == result.observed.detail;
      return observed_text(result) + (said ? "" : "; " + because);
    }
    case Verdict::error: {
      const std::string why = why_text(result);
      return why.empty() ? observed_text(result) : why;
    }
    case Verdict::fail:
      break;
  }
  const std::string expected = expected_text(result);
  return observed_text(result) + (expected.empty() ? "" : "; expected " + expected);
}

}  // namespace

std::string paint(const ConsoleStyle& style, Colour colour, std::string_view text) {
  if (!style.color || colour == Colour::none || text.empty()) return std::string(text);
  const char* code = "0";
  switch (colour) {
    case Colour::none:
      break;
    case Colour::bold:
      code = "1";
      break;
    case Colour::dim:
      code = "2";
      break;
    case Colour::red:
      code = "1;31";
      break;
    case Colour::green:
      code = "32";
      break;
    case Colour::yellow:
      code = "33";
      break;
    case Colour::magenta:
      code = "1;35";
      break;
    case Colour::cyan:
      code = "36";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string head_line(const ConsoleStyle& style, const result::RunInfo& info) {
  std::string out =
      fmt::format("wsspec {}: {} scenario{} against {}", line(info.version), info.selected,
                  info.selected == 1 ? "" : "s", line(text::redact_url(info.url)));
  if (!info.server.empty())
    out += fmt::format(" (server: {})", text::printable(info.server, kServer));
  return paint(style, Colour::bold, out) + "\n";
}

std::string finding_line(const ConsoleStyle& style, const result::ScenarioResult& result) {
  const Word word = verdict_word(result.verdict);
  std::string out =
      paint(style, word.colour, fmt::format("{:<9}", word.text)) + "  " + line(result.name);
  const std::string words = finding_words(result);
  if (!words.empty()) out += ": " + words;
  const std::string tls = tls_text(result.observed);
  if (style.verbosity >= 1 && !tls.empty()) out += (words.empty() ? ": " : "; ") + tls;
  out += "\n";
  if (style.verbosity < 2) return out;
  for (const std::string& entry : transcript_lines(style, result))
    out += "   " + paint(style, Colour::dim, entry) + "\n";
  return out;
}

std::string finding_block(const ConsoleStyle& style, const FindingGroup& group,
                          std::size_t number) {
  const result::ScenarioResult& result = group.first;
  const Word word = verdict_word(result.verdict);
  std::string head = line(result.name);
  if (!result.title.empty()) head += ": " + line(result.title);
  std::string out = fmt::format("\n{}. ", number) + paint(style, word.colour, head) + "\n";

  std::string level = line(result.level);
  if (!result.spec.empty()) level += (level.empty() ? "" : ", ") + line(result.spec);
  const char* class_name = result::class_name(result.cls);
  std::string observed = observed_text(result);
  if (class_name != nullptr && !observed.empty()) observed += fmt::format(" [{}]", class_name);
  // A command that is cut is no use: it is the user's own, so it is shown at any length.
  const std::string reproduce =
      text::printable(style.reproduce_prefix, style.reproduce_prefix.size()) +
      shell_word(line(result.name));
  out += field(style, "level", level);
  out += field(style, "expected", expected_text(result));
  out += field(style, "observed", observed);
  if (style.verbosity >= 1) out += field(style, "tls", tls_text(result.observed));
  out += field(style, "diagnosis", line(result.diagnosis));
  if (result.because != result.diagnosis) out += field(style, "because", line(result.because));
  out += field(style, "octets", excerpt_lines(result.fault));
  out += field(style, "step", line(result.failed_step));
  if (style.verbosity == 1) out += field(style, "transcript", transcript_lines(style, result));
  out += field(style, "reproduce", reproduce);
  if (!group.others.empty()) {
    std::vector<std::string> lines =
        name_lines(group.others, style.verbosity >= 1 ? 0 : kNames, name_width(style));
    lines.insert(lines.begin(), fmt::format("{} more:", group.others.size()));
    out += field(style, "the same", lines);
  }
  return out;
}

std::string reason_section(const ConsoleStyle& style, std::string_view headline,
                           const ReasonGroups& groups) {
  if (groups.all().empty()) return {};
  std::string out = "\n";
  out += paint(style, Colour::bold, headline);
  out += "\n";
  for (const ReasonGroup& group : groups.all()) {
    out +=
        fmt::format("   {} ({})\n", group.reason.empty() ? "no reason given" : line(group.reason),
                    group.names.size());
    for (const std::string& names :
         name_lines(group.names, style.verbosity >= 1 ? 0 : kNames, name_width(style)))
      out += "      " + paint(style, Colour::dim, names) + "\n";
  }
  return out;
}

std::string progress_line(const ConsoleStyle& style, const ProgressState& state) {
  const std::uint64_t done = state.summary.total();
  const std::uint64_t all = std::max(state.selected, done);
  const std::size_t filled = all == 0 ? 0 : static_cast<std::size_t>(done * kBar / all);
  std::string bar(filled, '=');
  if (filled < kBar) bar += '>';
  std::string out = fmt::format("[{:<{}}] {}/{}", bar, kBar, done, all);
  if (state.summary.fail > 0) out += fmt::format(", {} failed", state.summary.fail);
  if (state.summary.error > 0) out += fmt::format(", {} errors", state.summary.error);
  if (state.running > 0) {
    out += fmt::format(", {} running", state.running);
    if (!state.last_started.empty()) out += ": " + line(state.last_started);
  }
  // One column stays free: a full last column makes some terminals wrap. Cut between characters.
  std::size_t columns = 0;
  std::size_t end = 0;
  while (end < out.size() && columns + 1 < style.width) {
    end += text::first_character(std::string_view(out).substr(end)).size;
    ++columns;
  }
  return out.substr(0, end);
}

}  // namespace wsspec::report
