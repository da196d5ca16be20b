#include "text/wrap.h"

#include <algorithm>

#include "text/escape.h"

namespace wsspec::text {
namespace {

std::size_t columns_of(std::string_view text) {
  std::size_t out = 0;
  for (; !text.empty(); text.remove_prefix(first_character(text).size)) ++out;
  return out;
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;  // columns of the last line
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const std::size_t columns = columns_of(word);
    if (lines.back().empty()) {
      lines.back() = word;
      used = columns;
    } else if (used + 1 + columns <= width) {
      lines.back() += ' ';
      lines.back() += word;
      used += 1 + columns;
    } else {
      lines.emplace_back(word);
      used = columns;
    }
  }
  return lines;
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view first,
                    std::string_view rest) {
  const std::size_t indent = std::max(first.size(), rest.size());
  std::string out;
  for (const std::string& line : lines_of(text, width > indent + 20 ? width - indent : 20)) {
    out += out.empty() ? first : rest;
    out += line + "\n";
  }
  return out;
}

std::string columns(const std::vector<Cell>& cells) {
  std::vector<std::vector<std::string>> texts;
  std::size_t height = 0;
  for (const Cell& cell : cells) {
    texts.push_back(lines_of(cell.text, cell.width));
    height = std::max(height, texts.back().size());
  }
  std::string out;
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    std::size_t start = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (row < texts[i].size() && !texts[i][row].empty()) {
        line.resize(std::max(line.size() + (line.empty() ? 0 : 1), start), ' ');
        line += texts[i][row];
      }
      start += cells[i].width + 2;
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace wsspec::text
