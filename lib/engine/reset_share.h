// A Close that a reset takes with it is lost by chance: on one connection it comes, on the next it
// does not. So where several connections of a group await the same, all are awaited and counted.
#pragma once

#include <optional>
#include <vector>

#include "judge/judge.h"
#include "result/cause.h"
#include "scenario/model.h"

namespace wsspec::engine {

/// The members of a group that are judged so far do not meet the step; those that are not judged
/// yet are counted too before it fails, because nothing but resets decides.
bool counts_resets(const scenario::ExpectStep& expect, const std::vector<judge::Judgement>& judged);

/// A step that failed, of a group of which all are judged: how many a reset took it from.
/// `close_seen`: on some connection of the scenario a Close came, so that the server does send it.
std::optional<result::Fact> reset_share(const scenario::ExpectStep& expect,
                                        const std::vector<judge::Judgement>& judged,
                                        bool close_seen);

}  // namespace wsspec::engine
