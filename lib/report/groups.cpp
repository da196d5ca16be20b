#include "report/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/text.h"
#include "text/wrap.h"

namespace wsspec::report {
namespace {

/// Everything that makes two findings one. Separated by line ends, which no text for a terminal
/// holds.
std::string key_of(const Result& result) {
  // One check that is missing, whatever shows that it is.
  if (result.unchecked) return fmt::format("unchecked\n{}", static_cast<int>(*result.unchecked));
  const std::string cause = result.cause.for_terminal();
  if (result.verdict == result::Verdict::error) return cause + "\n" + why_text(result);
  const int cls = static_cast<int>(result.cls);
  // Servers that end in different ways go down for different causes.
  if (result.server_end)
    return fmt::format("{}\n{}\n{}", cls, cause, result.server_end->text.for_terminal());
  // Each part of a request is a check of its own, and has a section of its own.
  static const Printable kAccepted = Printable::of_ours("handshake-accepted");
  if (result.cause == kAccepted)
    return fmt::format("{}\n{}\n{}", cls, cause, result.spec.for_terminal());
  // A Close or a status other than the expected one: which one it is makes the difference.
  const bool told_apart = result.cls == result::Class::other_code || result.cause.empty();
  if (!told_apart) return fmt::format("{}\n{}", cls, cause);
  const Observed& seen = result.observed;
  std::string ending = result::end_name(seen.end);
  if (seen.code) ending = fmt::format("close {}", *seen.code);
  if (seen.http_status) ending += fmt::format(" http {}", *seen.http_status);
  return fmt::format("{}\n{}\n{}\n{}", cls, expected_text(result), ending, why_text(result));
}

}  // namespace

bool FindingGroups::add(const Result& result) {
  const auto [known, fresh] = places_.try_emplace(key_of(result), groups_.size());
  if (fresh) groups_.push_back({result, {}});
  FindingGroup& group = groups_[known->second];
  if (!fresh && result.impact < group.first.impact) {  // graver
    group.others.insert(group.others.begin(), group.first.name);
    group.first = result;
  } else if (!fresh) {
    group.others.push_back(result.name);
  }
  ++group.impacts[static_cast<std::size_t>(result.impact)];
  group.counts = group.counts || result.counts;
  return fresh;
}

void FindingGroups::replace(const Result& result) {
  for (FindingGroup& group : groups_)
    if (group.first.serial == result.serial) group.first = result;
}

std::vector<const FindingGroup*> FindingGroups::sorted() const {
  std::vector<const FindingGroup*> out;
  for (const FindingGroup& group : groups_) out.push_back(&group);
  std::stable_sort(out.begin(), out.end(), [](const FindingGroup* a, const FindingGroup* b) {
    if (a->first.impact != b->first.impact) return a->first.impact < b->first.impact;
    return a->size() > b->size();
  });
  return out;
}

void ReasonGroups::add(const Printable& reason, const Printable& name) {
  const auto [known, fresh] = places_.try_emplace(reason, groups_.size());
  if (fresh) groups_.push_back({reason, {}});
  groups_[known->second].names.push_back(name);
}

std::size_t ReasonGroups::names() const {
  std::size_t out = 0;
  for (const ReasonGroup& group : groups_) out += group.names.size();
  return out;
}

std::vector<std::string> name_lines(const std::vector<Printable>& names, std::size_t limit,
                                    std::size_t width) {
  // One name more costs no more room than "and 1 more".
  const bool cut = limit != 0 && names.size() > limit + 1;
  const std::size_t shown = cut ? limit : names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += names[i].for_terminal() + (i + 1 < shown ? ", " : "");
  if (cut) text += fmt::format(" and {} more", names.size() - shown);
  return text::lines_of(text, width);
}

}  // namespace wsspec::report
