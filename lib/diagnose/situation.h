// A result boiled down to what a diagnosis depends on: what was wanted, and what words the rules
// may fill in. Internal to lib/diagnose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "result/result.h"

namespace wsspec::diagnose {

/// What the scenario asked of the server, as a diagnosis sees it.
enum class Want : std::uint8_t {
  any,       // in rules: whatever was wanted
  text,      // refuse text that is not UTF-8 (1007)
  reason,    // refuse a Close reason that is not UTF-8 (1007)
  deflate,   // refuse compressed data that is corrupt (1007)
  bad_data,  // in rules: one of the three above
  policy,    // enforce a promised rule (1008 and what the profile declares)
  size,      // enforce a size limit (1009)
  type,      // refuse a type of data (1003)
  protocol,  // refuse a violation of the protocol (1002)
  close,     // any other Close
  take,      // accept, echo or answer what is valid
  stay,      // stay open, or stay silent
  http,      // an answer to the opening handshake
  drop,      // end without a Close
};

struct Situation {
  const result::ScenarioResult& result;
  Want want = Want::any;
  int code = 0;  ///< of the server's Close; 0 = no Close

  explicit Situation(const result::ScenarioResult& from);
  /// What {name} stands for in a rule's words; printable.
  std::string word(std::string_view name) const;
  /// The words with every {name} replaced; what is filled in is not looked at again.
  std::string fill(std::string_view words) const;
};

}  // namespace wsspec::diagnose
