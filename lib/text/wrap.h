// Prose in a terminal's width: paragraphs with a hanging indent, and columns side by side. The
// texts are our own and ASCII, so an octet is a column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsspec::text {

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
