#include "app/explanation.h"

#include "explain/answer.h"

namespace wsspec {

tl::expected<std::string, std::string> explanation(const std::vector<std::string>& words, bool json,
                                                   std::size_t width) {
  return explain::answer(words, json, width);
}

}  // namespace wsspec
