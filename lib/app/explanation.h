// `wsspec explain`: what a close code or an HTTP status means.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace wsspec {

/// Explains one close code or HTTP status, or compares two. The error is to be printed instead.
tl::expected<std::string, std::string> explanation(const std::vector<std::string>& words, bool json,
                                                   std::size_t width);

}  // namespace wsspec
