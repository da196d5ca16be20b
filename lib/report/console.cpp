#include "report/console.h"

#include <fmt/format.h>

#include <chrono>

#include "report/text.h"

namespace wsspec::report {
namespace {

using result::Verdict;

constexpr double kRedrawMs = 50;
constexpr std::string_view kErase = "\r\x1b[K";  // to the line's start, erase to its end

double steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

}  // namespace

ConsoleReport::ConsoleReport(ConsoleOptions options) : options_(std::move(options)) {
  if (!options_.now_ms) options_.now_ms = steady_ms;
  style_ = {options_.color, options_.verbosity, options_.width, options_.reproduce_prefix};
}

void ConsoleReport::on_start(const result::RunInfo& info) {
  state_.selected = info.selected;
  if (style_.verbosity >= 0) say(head_line(style_, info));
}

void ConsoleReport::on_scenario_started(const std::string& name, std::uint64_t running) {
  state_.last_started = name;
  state_.running = running;
  draw_progress(false);
}

void ConsoleReport::on_result(const result::ScenarioResult& result) {
  state_.summary.add(result.verdict);
  if (state_.running > 0) --state_.running;
  int shown_from = 1;  // verbosity at which this verdict gets a line
  switch (result.verdict) {
    case Verdict::pass:
      break;
    case Verdict::skipped:
      skipped_.add(why_text(result), result.name);
      break;
    case Verdict::tolerated:
      // The stated reason first: it is what the names have in common.
      tolerated_.add(result.because.empty() ? result.diagnosis : result.because, result.name);
      shown_from = 0;
      break;
    case Verdict::fail:
      failures_.add(result);
      shown_from = -1;
      break;
    case Verdict::error:
      errors_.add(result);
      shown_from = -1;
      break;
  }
  if (style_.verbosity >= shown_from)
    say(finding_line(style_, result));
  else
    draw_progress(false);
}

void ConsoleReport::on_notice(const std::string& text) {
  if (style_.verbosity >= 0) say(paint(style_, Colour::yellow, "note:") + " " + line(text) + "\n");
}

void ConsoleReport::on_end(const result::Summary& summary, bool interrupted) {
  erase_progress();
  options_.progress = false;
  std::string out;
  if (style_.verbosity >= 0) {
    std::size_t number = 0;
    for (const FindingGroups* groups : {&failures_, &errors_}) {
      if (groups->all().empty()) continue;
      out += "\n";
      out += paint(style_, Colour::bold, groups == &failures_ ? "Failures" : "Errors");
      out += "\n";
      for (const FindingGroup& group : groups->all()) out += finding_block(style_, group, ++number);
    }
    out += reason_section(style_, "Tolerated", tolerated_);
    out += reason_section(style_, "Skipped", skipped_);
    out += "\n";
  }
  if (interrupted)
    out += fmt::format("interrupted: {} of {} scenarios have a verdict\n", summary.total(),
                       std::max(state_.selected, summary.total()));
  const Colour colour = summary.fail > 0    ? Colour::red
                        : summary.error > 0 ? Colour::magenta
                                            : Colour::green;
  out += paint(style_, colour, summary_text(summary)) + "\n";
  say(out);
}

void ConsoleReport::say(const std::string& text) {
  erase_progress();
  options_.sink(text);
  draw_progress(true);
}

void ConsoleReport::draw_progress(bool now) {
  if (!options_.progress || style_.verbosity < 0) return;
  const double at = options_.now_ms();
  // A line that was erased comes back at once; otherwise it flickers.
  if (!now && drawn_once_ && at - drawn_at_ms_ < kRedrawMs) return;
  options_.sink(std::string(kErase) + paint(style_, Colour::dim, progress_line(style_, state_)));
  drawn_at_ms_ = at;
  drawn_ = drawn_once_ = true;
}

void ConsoleReport::erase_progress() {
  if (!drawn_) return;
  options_.sink(kErase);
  drawn_ = false;
}

}  // namespace wsspec::report
