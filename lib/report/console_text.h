// What the console says, as pure functions from state to text (golden-tested). Every text ends in a
// line end, except the progress line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "report/groups.h"
#include "report/shown.h"

namespace wsspec::report {

enum class Colour : std::uint8_t { none, bold, dim, red, green, yellow, magenta, cyan };

/// How to render: nothing of it changes what is said, but for the verbosity.
struct ConsoleStyle {
  bool color = false;
  int verbosity = 0;           ///< -1 quiet, 0, 1 (-v), 2 (-vv)
  std::size_t width = 80;      ///< columns; words are wrapped there
  bool terminal = false;       ///< lines of findings are wrapped too; else they stay one line
  Printable reproduce_prefix;  ///< "wsspec run ws://127.0.0.1:9001 "
  Printable reproduce_run;     ///< "wsspec run ws://127.0.0.1:9001 -j 16"
};

/// `text` in a colour, or as it is when colours are off.
std::string paint(const ConsoleStyle& style, Colour colour, std::string_view text);

/// One line of any length, wrapped with an indent where the sink is a terminal; no line end.
std::string one_line(const ConsoleStyle& style, const std::string& text);

/// "wsspec 0.1.0: 312 scenarios against ws://127.0.0.1:9001 (server: uvicorn)".
std::string head_line(const ConsoleStyle& style, const Run& run);

/// "FAIL  utf8/overlong-slash: <observed>, expected Close 1007". One line a scenario; with
/// verbosity 2 its transcript below.
std::string finding_line(const ConsoleStyle& style, const Result& result);

/// "ERROR  <why>": no scenario can be judged.
std::string setup_line(const ConsoleStyle& style, const Run& run);

/// A group of failures or errors: impact, cause and count, then its first scenario whole: what was
/// wanted, what came, why, the octets, how to see it again; and the other names. `number` counts
/// from 1.
std::string finding_block(const ConsoleStyle& style, const FindingGroup& group, std::size_t number);

/// A headline, then each reason with its count and names.
std::string reason_section(const ConsoleStyle& style, std::string_view headline,
                           const ReasonGroups& groups);

/// "Skipped: 312 scenarios, for 5 reasons (-v names them)".
std::string skips_line(const ConsoleStyle& style, const ReasonGroups& groups);

/// "exit 1: 2 findings of impact data"; empty for an exit code that needs no reason.
std::string exit_line(const ConsoleStyle& style, const RunEnd& end);

/// What a progress line shows.
struct ProgressState {
  std::uint64_t selected = 0, running = 0;
  result::Summary summary;
  Printable last_started;  ///< a name
};
/// "[=====>    ] 120/312, 3 failed, 16 running: utf8/overlong-slash", below style.width columns.
std::string progress_line(const ConsoleStyle& style, const ProgressState& state);

}  // namespace wsspec::report
