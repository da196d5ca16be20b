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
  style_ = {options_.color,    options_.verbosity,        options_.width,
            options_.terminal, options_.reproduce_prefix, options_.reproduce_run};
}

void ConsoleReport::on_start(const Run& run) {
  state_.selected = run.selected;
  unreachable_ = !run.unreachable.empty();
  if (style_.verbosity >= 0) say(head_line(style_, run));
  if (unreachable_) say(setup_line(style_, run));
}

void ConsoleReport::on_scenario_started(const Printable& name, std::uint64_t running) {
  state_.last_started = name;
  state_.running = running;
  draw_progress(false);
}

void ConsoleReport::on_result(const Result& result) {
  state_.summary.add(result.verdict);
  if (state_.running > 0) --state_.running;
  if (unreachable_) return;  // every scenario is skipped, for the reason that was given
  int shown_from = 1;        // verbosity at which this verdict gets a line
  switch (result.verdict) {
    case Verdict::pass:
      break;
    case Verdict::skipped:
      skipped_.add(why_of(result), result.name);
      break;
    case Verdict::tolerated:
      tolerated_.add(reason_of(result), result.name);
      shown_from = 0;
      break;
    case Verdict::fail:
      failures_.add(result);
      shown_from = -1;
      break;
    case Verdict::error:
      shown_from = errors_.add(result) ? -1 : 1;
      break;
  }
  if (style_.verbosity >= shown_from)
    say(finding_line(style_, result));
  else
    draw_progress(false);
}

void ConsoleReport::on_repeated(const Result& result) {
  failures_.replace(result);
  errors_.replace(result);
}

void ConsoleReport::on_notice(const Printable& text) {
  if (style_.verbosity < 0) return;
  const std::string words = one_line(style_, "note: " + text.for_terminal());
  say(paint(style_, Colour::yellow, words.substr(0, 5)) + words.substr(5) + "\n");
}

namespace {

/// What of the times in a report may be ours.
std::string loop_line(const result::LoopFigures& loop) {
  if (loop.limit_ms == 0) return {};  // there was no run
  return fmt::format(
      "event loop: longest step {:.1f} ms, {} above {} ms; nothing waited for it longer than "
      "{:.1f} ms\n",
      loop.longest_step_ms, loop.long_steps, loop.limit_ms, loop.worst_lag_ms);
}

}  // namespace

void ConsoleReport::on_end(const RunEnd& end) {
  erase_progress();
  options_.progress = false;
  std::string out;
  if (style_.verbosity >= 0) {
    std::size_t number = 0;
    for (const FindingGroups* groups : {&failures_, &errors_}) {
      if (groups->empty()) continue;
      out += "\n";
      out += paint(style_, Colour::bold, groups == &failures_ ? "Failures" : "Errors");
      out += "\n";
      for (const FindingGroup* group : groups->sorted())
        out += finding_block(style_, *group, ++number);
    }
    out += reason_section(style_, "Tolerated", tolerated_);
    out += style_.verbosity >= 1 ? reason_section(style_, "Skipped", skipped_)
                                 : skips_line(style_, skipped_);
    out += "\n";
  }
  const result::Summary& summary = end.summary;
  if (end.interrupted)
    out += fmt::format("interrupted: {} of {} scenarios have a verdict\n", summary.total(),
                       std::max(state_.selected, summary.total()));
  const Colour colour = end.exit_code == 0  ? Colour::green
                        : summary.fail > 0  ? Colour::red
                        : summary.error > 0 ? Colour::magenta
                                            : Colour::yellow;
  out += paint(style_, colour, one_line(style_, summary_text(end))) + "\n";
  if (style_.verbosity >= 2) out += loop_line(summary.loop);
  out += exit_line(style_, end);
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
  // A line that was erased is redrawn immediately; otherwise it flickers.
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
