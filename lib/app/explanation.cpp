#include "app/explanation.h"

#include "explain/explain.h"

namespace wsspec {

tl::expected<std::string, std::string> explanation(const std::vector<std::string>& words, bool json,
                                                   std::size_t width) {
  std::vector<int> codes;
  for (const auto& word : words) {
    const auto code = explain::parse_code(word);
    if (!code) return tl::unexpected(code.error());
    codes.push_back(*code);
  }
  if (codes.empty() || codes.size() > 2)
    return tl::unexpected(std::string("one code to explain, or two to compare"));
  if (codes.size() == 1)
    return json ? explain::explain_json(codes[0]) : explain::explain_text(codes[0], width);
  return json ? explain::explain_json(codes[0], codes[1])
              : explain::explain_text(codes[0], codes[1], width);
}

}  // namespace wsspec
