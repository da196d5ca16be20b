// Which of the server's messages fits a rule: an endpoint may say much that nobody asked for, and
// what others say to it, before the one that is awaited.
#pragma once

#include <cstdint>
#include <map>

#include "engine/session.h"
#include "scenario/outcome.h"

namespace wsspec::engine {

/// How far a rule was compared with the server's messages: none before that fits it. What is long
/// is not read anew at each octet that comes.
using Searched = std::map<const scenario::MessageRule*, std::uint64_t>;

/// The first message with this serial or a later one that the rule fits; null if there is none yet.
/// `searched` may be null.
const Received* find_message(const scenario::MessageRule& rule, const Session& session,
                             std::uint64_t from, Searched* searched);

/// Somebody decoded a text of ours loosely: a message from this serial on holds U+FFFD, and none of
/// ours did.
bool passed_on_repaired(const Session& session, std::uint64_t from);

}  // namespace wsspec::engine
