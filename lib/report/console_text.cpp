#include "report/console_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text.h"
#include "text/escape.h"
#include "text/wrap.h"

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

/// Columns of what stands beside a label.
std::size_t text_width(const ConsoleStyle& style) {
  return std::max<std::size_t>(style.width, 40) - 3 - kLabel;
}

/// Prose, wrapped; nothing where there is none.
std::string prose(const ConsoleStyle& style, std::string_view label, const std::string& text) {
  return text.empty() ? std::string()
                      : field(style, label, text::lines_of(text, text_width(style)));
}

std::vector<std::string> transcript_lines(const ConsoleStyle& style, const Result& result) {
  std::vector<std::string> lines;
  for (const TranscriptLine& entry : result.transcript)
    lines.push_back(transcript_text(entry, style.verbosity >= 2 ? kHeadVerbose : kHead));
  return lines;
}

/// What follows the name in a line of its own.
std::string finding_text(const Result& result) {
  switch (result.verdict) {
    case Verdict::pass:
      return observed_text(result);
    case Verdict::skipped:
      return why_text(result);
    case Verdict::tolerated: {
      // The reason it passes says more than what was wanted.
      const std::string because = reason_of(result).for_terminal();
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

std::string one_line(const ConsoleStyle& style, const std::string& text) {
  if (!style.terminal) return text;
  std::string out = text::wrapped(text, style.width, "", "   ");
  if (!out.empty()) out.pop_back();
  return out;
}

std::string head_line(const ConsoleStyle& style, const Run& run) {
  std::string out = fmt::format("wsspec {}: {} scenario{} against {}", run.version.for_terminal(),
                                run.selected, run.selected == 1 ? "" : "s", run.url.for_terminal());
  if (!run.server.empty()) out += fmt::format(" (server: {})", run.server.for_terminal(kServer));
  return paint(style, Colour::bold, one_line(style, out)) + "\n";
}

namespace {

/// The verdict's word, then the text: one line, or wrapped beside it on a terminal.
std::string verdict_line(const ConsoleStyle& style, Verdict verdict, const std::string& text) {
  const Word word = verdict_word(verdict);
  const std::string head = paint(style, word.colour, fmt::format("{:<9}", word.text)) + "  ";
  if (!style.terminal) return head + text + "\n";
  std::string out;
  for (const std::string& line : text::lines_of(text, text_width(style) + 3))
    out += (out.empty() ? head : std::string(kLabel, ' ')) + line + "\n";
  return out;
}

}  // namespace

std::string setup_line(const ConsoleStyle& style, const Run& run) {
  return verdict_line(style, Verdict::error, run.unreachable.for_terminal()) +
         field(style, "server", output_lines(run.server_end));
}

std::string finding_line(const ConsoleStyle& style, const Result& result) {
  std::string text = result.name.for_terminal();
  const std::string words = finding_text(result);
  if (!words.empty()) text += ": " + words;
  const std::string tls = tls_text(result.observed);
  if (style.verbosity >= 1 && !tls.empty()) text += (words.empty() ? ": " : "; ") + tls;
  std::string out = verdict_line(style, result.verdict, text);
  if (style.verbosity < 2) return out;
  for (const std::string& entry : transcript_lines(style, result))
    out += "   " + paint(style, Colour::dim, entry) + "\n";
  return out;
}

namespace {

/// "impact data, fault-echoed: 148 scenarios"; of several impacts "impact critical (2), data
/// (146)".
std::string group_head(const FindingGroup& group) {
  const Result& result = group.first;
  std::string out;
  for (std::size_t i = 0; i < group.impacts.size(); ++i) {
    if (group.impacts[i] == 0) continue;
    out += fmt::format("{}{}", out.empty() ? "impact " : ", ",
                       scenario::impact_name(static_cast<Impact>(i)));
    if (group.impacts[i] < group.size()) out += fmt::format(" ({})", group.impacts[i]);
  }
  if (result.verdict == Verdict::error) out = "not judged";
  if (!result.cause.empty()) out += ", " + result.cause.for_terminal();
  if (result.verdict == Verdict::fail && !group.counts) out += " (does not count)";
  return out + fmt::format(": {} scenario{}", group.size(), group.size() == 1 ? "" : "s");
}

}  // namespace

std::string finding_block(const ConsoleStyle& style, const FindingGroup& group,
                          std::size_t number) {
  const Result& result = group.first;
  const Word word = verdict_word(result.verdict);
  std::string out =
      fmt::format("\n{}. ", number) + paint(style, word.colour, group_head(group)) + "\n";

  std::string scenario = result.name.for_terminal();
  if (!result.title.empty()) scenario += ": " + result.title.for_terminal();
  std::string level = scenario::level_name(result.level);
  if (!result.spec.empty()) level += (level.empty() ? "" : ", ") + result.spec.for_terminal();
  const char* class_name = result::class_name(result.cls);
  std::string observed = observed_text(result);
  if (class_name != nullptr && !observed.empty()) observed += fmt::format(" [{}]", class_name);
  out += prose(style, "scenario", scenario);
  out += prose(style, "level", level);
  out += prose(style, "expected", expected_text(result));
  out += prose(style, "observed", observed);
  if (style.verbosity >= 1) out += prose(style, "tls", tls_text(result.observed));
  out += prose(style, "diagnosis", result.diagnosis.for_terminal());
  if (result.because != result.diagnosis)
    out += prose(style, "because", result.because.for_terminal());
  out += field(style, "octets", excerpt_lines(result.fault));
  out += prose(style, "step", result.failed_step.for_terminal());
  out += field(style, "server", output_lines(result.server_end));
  if (style.verbosity == 1) out += field(style, "transcript", transcript_lines(style, result));
  // A command that is cut or wrapped is no use: it stays on one line, of any length.
  const std::string command = reproduce_text(style.reproduce_prefix, style.reproduce_run, result);
  out += field(style, "reproduce", {command});
  out += prose(style, "", hidden_text(command));
  out += prose(style, "", reproduced_text(result));
  if (!group.others.empty()) {
    std::vector<std::string> lines =
        name_lines(group.others, style.verbosity >= 1 ? 0 : kNames, text_width(style));
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
    const std::string reason =
        group.reason.empty() ? "no reason given" : group.reason.for_terminal();
    out += text::wrapped(fmt::format("{} ({})", reason, group.names.size()), style.width, "   ",
                         "   ");
    for (const std::string& names :
         name_lines(group.names, style.verbosity >= 1 ? 0 : kNames, text_width(style)))
      out += "      " + paint(style, Colour::dim, names) + "\n";
  }
  return out;
}

std::string skips_line(const ConsoleStyle& style, const ReasonGroups& groups) {
  if (groups.all().empty()) return {};
  const std::size_t reasons = groups.all().size(), names = groups.names();
  return "\n" + paint(style, Colour::bold, "Skipped") +
         fmt::format(": {} scenario{}, for {} reason{} (-v names them)\n", names,
                     names == 1 ? "" : "s", reasons, reasons == 1 ? "" : "s");
}

std::string exit_line(const ConsoleStyle& style, const RunEnd& end) {
  if (end.reason.empty()) return {};
  return one_line(style, fmt::format("exit {}: {}", end.exit_code, end.reason.for_terminal())) +
         "\n";
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
    if (!state.last_started.empty()) out += ": " + state.last_started.for_terminal();
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
