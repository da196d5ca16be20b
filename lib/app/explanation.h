// `wsspec explain`: what a close code or an HTTP status means.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace wsspec {

/// Explains one close code or HTTP status, compares two, or explains a message of a browser or
/// library, given as one text or as its words. The error is to be printed instead.
tl::expected<std::string, std::string> explanation(const std::vector<std::string>& words, bool json,
                                                   std::size_t width);

}  // namespace wsspec
