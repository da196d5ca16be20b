// What the scenario and the profile target promise alike: problems that point into the file,
// steps that can be run, payloads that are as long as they say.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../unit/wire/utf8_oracle.h"
#include "fuzz.h"
#include "loader/late.h"
#include "loader/load.h"

namespace wsspec::fuzz {

inline bool shown_safely(std::string_view text) {
  const auto control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  return std::none_of(text.begin(), text.end(), control) &&
         !wire::test::oracle(wire::as_octets(text));
}

/// Of the file `name` with this text.
inline void check_problems(const std::vector<scenario::Problem>& problems, const std::string& name,
                           std::string_view text) {
  expect(problems.size() <= 21, "at most 20 problems a file");
  for (const scenario::Problem& problem : problems) {
    expect(!problem.what.empty(), "a problem says what is wrong");
    if (problem.line == 0) continue;
    expect(problem.file == name, "a problem is in the file that has it");
    std::size_t begin = 0;
    for (int line = 1; line < problem.line; ++line) {
      begin = text.find('\n', begin);
      expect(begin != std::string_view::npos, "a problem's line is in the file");
      ++begin;
    }
    const std::size_t size = std::min(text.find('\n', begin), text.size()) - begin;
    expect(problem.column >= 1 && static_cast<std::size_t>(problem.column) <= size + 1,
           "a problem's column is in its line");
    expect(problem.source.size() <= 160 && shown_safely(problem.source), "a shown line is safe");
    expect(problem.caret >= 0 && static_cast<std::size_t>(problem.caret) <= problem.source.size(),
           "the caret is below the line");
    expect(!problem.text().empty(), "a problem can be shown");
  }
}

inline void check_payload(const scenario::Payload& payload) {
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(payload.length(), 3000));
  const wire::OctetVector head = payload.head(length);
  expect(head.size() == length, "a payload has as many octets as it says");
  const auto reader = payload.open();
  wire::OctetVector pieces(length);
  for (std::size_t at = 0; at < length;) {
    const std::size_t wanted = std::min<std::size_t>(7 + at / 2, length - at);
    const std::size_t got = reader->read(std::span(pieces).subspan(at, wanted));
    expect(got == wanted, "a reader stops only at the end");
    at += got;
  }
  expect(pieces == head, "a payload is the same in pieces");
  std::uint8_t more = 0;
  if (length == payload.length()) expect(reader->read({&more, 1}) == 0, "and ends where it ends");
}

inline void check_outcome(const scenario::Outcome& outcome) {
  expect(!outcome.text().empty() && !outcome.json().empty(), "an expectation can be shown");
  for (const scenario::Outcome& one : outcome.any) check_outcome(one);
}

inline void check_items(const std::vector<scenario::Item>& items) {
  for (const scenario::Item& item : items) check_payload(item.payload);
}

inline void check_steps(const std::vector<scenario::Step>& steps);

inline void check_step(const scenario::Step& step) {
  using namespace scenario;
  expect(step.summary.size() <= 400, "a step's summary is short");
  if (const auto* send = std::get_if<SendStep>(&step.what)) check_items(send->items);
  if (const auto* burst = std::get_if<BurstStep>(&step.what)) check_items(burst->items);
  if (const auto* repeat = std::get_if<RepeatStep>(&step.what)) check_steps(repeat->steps);
  if (const auto* wanted = std::get_if<ExpectStep>(&step.what)) {
    check_outcome(wanted->outcome);
    for (const Outcome& one : wanted->tolerate) check_outcome(one);
  }
}

/// As they stand, and worked out with a run's values.
inline void check_steps(const std::vector<scenario::Step>& steps) {
  static const scenario::RunValues kValues{3, 2, {{"x", "\"v\""}, {"w", "{\"a\":[1,null]}"}}};
  for (const scenario::Step& step : steps) {
    check_step(step);
    if (!step.late) continue;
    const auto now = loader::resolve(step, kValues);
    if (now) {
      check_step(*now);
      expect(now->what.index() == step.what.index(), "a step stays what it is");
    } else {
      expect(!now.error().what.empty(), "a step that cannot be run says why");
    }
  }
}

inline std::string show(const std::vector<scenario::Problem>& problems) {
  std::string out;
  for (const scenario::Problem& problem : problems) out += problem.text() + "\n";
  return out;
}

inline std::string show(const std::vector<scenario::Step>& steps) {
  std::string out;
  for (const scenario::Step& step : steps) {
    out += fmt::format("  {} {} {} {} {}\n", step.what.index(), step.on, step.after_close,
                       step.late != nullptr, step.summary);
    if (const auto* repeat = std::get_if<scenario::RepeatStep>(&step.what))
      out += show(repeat->steps);
  }
  return out;
}

inline std::string show(const std::vector<scenario::Scenario>& scenarios) {
  std::string out;
  for (const scenario::Scenario& one : scenarios) {
    std::string needs;
    for (const scenario::Requirement& need : one.requires_) needs += need.text() + " ";
    out += fmt::format("{} {} {} {} {} {} [{}] [{}] {}\n", one.name, one.line, one.title, one.spec,
                       scenario::level_name(one.level), one.weight, fmt::join(one.tags, " "),
                       needs, one.exclusive);
    for (const scenario::Group& group : one.groups)
      out += fmt::format("  {} {}\n", group.name, group.count);
    out += show(one.steps);
  }
  return out;
}

}  // namespace wsspec::fuzz
