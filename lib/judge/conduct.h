// What a server sends besides what the script asked for: a second answer, an answer to a pong, a
// message that answers none. It is looked for when nothing else was found. A function of the record
// alone.
#pragma once

#include <optional>

#include "judge/judge.h"
#include "result/cause.h"

namespace wsspec::judge {

/// RFC 6455 5.4 keeps the order of fragments and TCP that of messages; a pong earns no answer
/// (5.5.3); an echo server that is not `chatty` sends one message for each of ours. What a policy
/// lets a server say is not judged here.
std::optional<result::Fact> misconduct(const session::ExchangeRecord& record,
                                       const TargetFacts& facts,
                                       const scenario::Scenario& scenario);

}  // namespace wsspec::judge
