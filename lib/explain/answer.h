// `wsspec explain WORDS`: decides what the words are (codes, names of codes, a message of a log)
// and answers.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace wsspec::explain {

/// The error is one line, with a hint.
tl::expected<std::string, std::string> answer(const std::vector<std::string>& words, bool json,
                                              std::size_t width);

}  // namespace wsspec::explain
