// What follows from a look at a payload: how servers answer it as a text message, and what to
// change at the sender, with the line of code in each language.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "payload/detect.h"

namespace wsspec::payload {

inline constexpr std::size_t kLanguages = 8;

/// A row of the table in remedies.cpp. "{label}" in the code is the character set's name.
struct Remedy {
  Mistake mistake = Mistake::none;
  std::string_view advice;
  std::array<std::string_view, kLanguages> code;
};
/// Every mistake but `none`.
const std::vector<const Remedy*>& remedies();

struct CodeLine {
  std::string_view id;        ///< "node", in JSON
  std::string_view language;  ///< "Node (ws)"
  std::string code;
};

struct Answer {
  int close = 0;  ///< the Close code; 0: the message is accepted
  std::string text;
};

struct Advice {
  Mistake mistake = Mistake::none;
  Answer strict, lax;
  std::string_view change;     ///< what to do at the sender; empty where nothing is wrong
  std::vector<CodeLine> code;  ///< empty likewise
};
/// `looks` as detect() gave them.
Advice advise(const Scan& scan, const std::vector<Look>& looks);

}  // namespace wsspec::payload
