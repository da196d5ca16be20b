// Prose in a terminal's width: paragraphs with a hanging indent, and columns side by side. A
// character is a column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsspec::text {

/// The words of a text in lines of at most `width` columns, at least one line. A word longer than
/// that stays whole.
std::vector<std::string> lines_of(std::string_view text, std::size_t width);

/// `first` before the first line, `rest` before the others. A word longer than a line stays whole.
std::string wrapped(std::string_view text, std::size_t width, std::string_view first,
                    std::string_view rest);

struct Cell {
  std::string text;
  std::size_t width = 0;
};
/// One row of a table, each cell wrapped to its width, two spaces between them.
std::string columns(const std::vector<Cell>& cells);

}  // namespace wsspec::text
