// A line of somebody's log, made plain for comparisons, and the close codes and HTTP statuses that
// it names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsspec::explain {

/// ASCII letters in lower case, runs of blanks as one, typographic quotes as ' and ", a backslash
/// before a quote and the terminal's control sequences left out.
std::string plain_log_text(std::string_view text);

bool is_word(char c);

/// Its words of four letters or more.
std::vector<std::string> long_words(std::string_view plain);

struct NamedNumber {
  int value = 0;
  std::size_t at = 0;  ///< where it stands in the text
};

/// Numbers that the words before them make a close code or an HTTP status ("closed (1006)",
/// "response code: 403"), in their order. Not ports, durations, sizes and times of day.
std::vector<NamedNumber> named_numbers(std::string_view plain);

}  // namespace wsspec::explain
