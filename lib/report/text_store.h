// Many texts that are kept to the end of a run, one after the other in large blocks: as many
// strings of their own they would lie between what is freed, and each later allocation would search
// longer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsspec::report {

class TextStore {
 public:
  TextStore() = default;
  TextStore(const TextStore&) = delete;
  TextStore& operator=(const TextStore&) = delete;

  /// The copy; it lives as long as the store.
  std::string_view keep(std::string_view text) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size()) {
      blocks_.emplace_back();
      blocks_.back().reserve(std::max(kBlock, text.size()));
    }
    std::string& block = blocks_.back();
    const std::size_t at = block.size();
    block += text;  // in place: there is room
    return std::string_view(block).substr(at);
  }

 private:
  static constexpr std::size_t kBlock = 1u << 18;
  std::vector<std::string> blocks_;  ///< moving one leaves its octets where they are
};

}  // namespace wsspec::report
