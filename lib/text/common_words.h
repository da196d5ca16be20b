// Words that say nothing about a secret: those of the protocol and of our own reports. A value that
// is made of them alone is not searched for, or a header "X-Client: websocket" would blank the word
// in every diagnosis.
#pragma once

#include <string_view>

namespace wsspec::text {

/// The text is made of common words: "websocket", "the connection", and a piece of such a text as a
/// run of eight octets cuts it ("ocketser"). In small letters. So many `digits` in all may stand in
/// or beside the words ("version1", cut from "version: 1.2").
bool common_words(std::string_view text, std::size_t digits = 0);

}  // namespace wsspec::text
