// Finds the messages of message_texts.h in a line of a log. A message is a list of literal pieces
// in their order, with anything up to kLongestGap octets between two of them: no regular
// expressions, so that no input can make the search slow. Case, runs of blanks, typographic quotes
// and backslashes before quotes make no difference.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "explain/message_texts.h"

namespace wsspec::explain {

/// Of a longer text only so much is searched.
inline constexpr std::size_t kLongestText = 16 * 1024;
/// Between two pieces of a message: a URL, an exception's name, header values.
inline constexpr std::size_t kLongestGap = 300;

std::vector<const MessageText*> all_messages();
std::vector<const SituationText*> all_situations();
const SituationText& situation_text(Situation id);

struct MessageMatch {
  const MessageText* message = nullptr;
  std::size_t octets = 0;  ///< of its pieces together; the longest match is the best
};

struct LogLine {
  std::vector<MessageMatch> messages;  ///< the best first; none overlaps another
  std::vector<int> codes;  ///< close codes and HTTP statuses that the text names, at most two
};
LogLine read_log_line(std::string_view text);

/// The message whose words come closest to an unknown text, or nullptr.
const MessageText* similar_message(std::string_view text);

/// "Unexpected response code: ...".
std::string shown_message(const MessageText& message);

}  // namespace wsspec::explain
