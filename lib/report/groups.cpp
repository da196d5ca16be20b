#include "report/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text.h"

namespace wsspec::report {
namespace {

/// Everything that makes two findings one. Separated by line ends, which line() never lets through.
std::string key_of(const result::ScenarioResult& result) {
  const result::Observed& seen = result.observed;
  std::string ending = result::end_name(seen.end);
  if (seen.code) ending = fmt::format("close {}", *seen.code);
  if (seen.http_status) ending += fmt::format(" http {}", *seen.http_status);
  return fmt::format("{}\n{}\n{}\n{}\n{}", result::verdict_name(result.verdict),
                     static_cast<int>(result.cls), expected_text(result), ending, why_text(result));
}

}  // namespace

void FindingGroups::add(const result::ScenarioResult& result) {
  std::string key = key_of(result);
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const FindingGroup& group) { return group.key == key; });
  if (found != groups_.end())
    found->others.push_back(result.name);
  else
    groups_.push_back({result, std::move(key), {}});
}

void ReasonGroups::add(const std::string& reason, const std::string& name) {
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const ReasonGroup& group) { return group.reason == reason; });
  if (found != groups_.end())
    found->names.push_back(name);
  else
    groups_.push_back({reason, {name}});
}

std::vector<std::string> name_lines(const std::vector<std::string>& names, std::size_t limit,
                                    std::size_t width) {
  // One name more costs no more room than "and 1 more".
  const bool cut = limit != 0 && names.size() > limit + 1;
  const std::size_t shown = cut ? limit : names.size();
  std::vector<std::string> lines(1);
  const auto append = [&](const std::string& word) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
      lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  };
  for (std::size_t i = 0; i < shown; ++i) append(line(names[i]) + (i + 1 < shown ? "," : ""));
  if (cut) append(fmt::format("and {} more", names.size() - shown));
  return lines;
}

}  // namespace wsspec::report
