// An error in a file somebody wrote: where, what, and what was probably meant.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace wsspec::scenario {

struct Problem {
  std::string file;    ///< as the user named it; "built-in:utf8.json" for what is compiled in
  int line = 0;        ///< from 1; 0 = unknown or the file as a whole
  int column = 0;      ///< from 1, in octets
  std::string what;    ///< one clause: "unknown key 'titel'"
  std::string hint;    ///< "did you mean 'title'?" or empty
  std::string source;  ///< the line of the file, at most 160 octets of it around the column
  int caret = 0;       ///< index into `source` of the octet that `column` names

  /// "file:line:column: error: what", the source line and a caret, then the hint.
  std::string text() const;
};

template <typename T>
using Result = tl::expected<T, Problem>;

}  // namespace wsspec::scenario
