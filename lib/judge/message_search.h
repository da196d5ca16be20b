// Which of the server's messages fits a rule: an endpoint may send unsolicited messages, and
// what others say to it, before the one that is awaited.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "scenario/model.h"
#include "session/record.h"

namespace wsspec::judge {

/// How far a rule was compared with the server's messages: none before that fits it. What is long
/// is not read anew at each octet that comes.
using Searched = std::map<const scenario::MessageRule*, std::uint64_t>;

bool fits(const scenario::MessageRule& rule, const session::Received& message);
/// What has come of a message that is not complete: octets that `equals` begins with, or in which
/// `matches` is found already. JSON is none before its end.
bool fits_so_far(const scenario::MessageRule& rule, const session::Received& unfinished);

/// The first message with this serial or a later one that the rule fits; null if there is none yet.
/// `searched` may be null. `stream`: the messages are pieces of one stream; what fits may begin and
/// end inside them, and the message in which it ends is the one.
const session::Received* find_message(const scenario::MessageRule& rule,
                                      const session::ExchangeRecord& record, std::uint64_t from,
                                      Searched* searched, bool stream = false);

/// One of the steps asks for more of the server's messages than what they answer: for their type or
/// octets. A step that is worked out when it runs counts as one that does.
bool looks_into_messages(const std::vector<scenario::Step>& steps);

/// Somebody decoded a text of ours loosely: a message from this serial on holds U+FFFD, and none of
/// ours did.
bool passed_on_repaired(const session::ExchangeRecord& record, std::uint64_t from);

}  // namespace wsspec::judge
