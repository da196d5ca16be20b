// What may be a token must not stand in a report: values that a run captured, and those that the
// profile takes from the environment or declares. They are blotted out of everything a result
// holds, octet for octet.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"

namespace wsspec::engine {

class Secrets {
 public:
  /// Shorter ones are no secrets, and blotting them out would spoil what can be read.
  static constexpr std::size_t kShortest = 6;

  void add(const std::string& text);
  /// All strings and long numbers of a JSON text.
  void add_json(const std::string& json);
  void hide(ScenarioResult& result) const;

 private:
  enum class Cut : bool { at_the_end, at_both_ends };
  template <class Text>
  void blot(Text& text, Cut cut) const;

  std::vector<std::string> secrets_;
};

}  // namespace wsspec::engine
