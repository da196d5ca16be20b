// For hints: which known word was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wsspec::text {

/// The nearest of `known` to `word` by edit distance (at most 3), or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace wsspec::text
