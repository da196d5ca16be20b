// `wsspec explain CODE [CODE]`: what a close code, a range of codes or the HTTP status of a refused
// upgrade means, where it is seen and how to fix it; and two of them side by side. The texts are in
// code_texts.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "explain/code_texts.h"

namespace wsspec::explain {

enum class CodeKind { close_code, range, http_status };
CodeKind kind_of(const CodeText& text);

/// Every entry: single codes, ranges, HTTP statuses.
std::vector<const CodeText*> all_code_texts();

/// The entry that covers a number, a single code before its range; nullptr outside 0 to 65535.
const CodeText* code_text(int number);

/// The dedicated comparison of two numbers, in either order; nullptr if there is none.
const PairText* pair_text(int a, int b);

/// "1007", or a word of the name that fits one entry alone ("policy"). The error is one line, with
/// a hint.
tl::expected<int, std::string> parse_code(std::string_view word);

/// One number is explained; two are compared, `a` in the left column. Both must have a code_text.
std::string explain_text(int number, std::size_t width);
std::string explain_text(int a, int b, std::size_t width);

/// The same as JSON, with a line end after it.
std::string explain_json(int number);
std::string explain_json(int a, int b);

}  // namespace wsspec::explain
