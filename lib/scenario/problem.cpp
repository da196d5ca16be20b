// How a problem reads on a terminal.
#include "scenario/problem.h"

namespace wsspec::scenario {

std::string Problem::text() const {
  std::string out = file.empty() ? "wsspec" : file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += ": error: " + what;
  if (!source.empty()) {
    // The caret counts characters, not octets: continuation octets take no column.
    std::string pad;
    for (int i = 0; i < caret && i < static_cast<int>(source.size()); ++i) {
      if ((static_cast<unsigned char>(source[static_cast<std::size_t>(i)]) & 0xc0) != 0x80) {
        pad += ' ';
      }
    }
    out += "\n  " + source + "\n  " + pad + "^";
  }
  if (!hint.empty()) out += "\n  hint: " + hint;
  return out;
}

}  // namespace wsspec::scenario
