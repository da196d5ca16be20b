#include "text/did_you_mean.h"

#include <algorithm>

namespace wsspec::text {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  // A third of the word may be wrong: in "on" two changes would fit anything of two letters.
  const std::size_t most = std::min<std::size_t>(3, (word.size() + 2) / 3);
  if (word.size() > 100) return {};
  std::string best;
  std::size_t best_distance = most + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > word.size() + most || word.size() > candidate.size() + most) continue;
    // Optimal string alignment: a swap of two neighbours counts as one change.
    const std::size_t width = candidate.size() + 1;
    std::vector<std::size_t> before(width), above(width), row(width);
    for (std::size_t k = 0; k < width; ++k) above[k] = k;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (std::size_t k = 1; k < width; ++k) {
        const std::size_t change = word[i - 1] == candidate[k - 1] ? 0 : 1;
        row[k] = std::min({above[k] + 1, row[k - 1] + 1, above[k - 1] + change});
        if (i > 1 && k > 1 && word[i - 1] == candidate[k - 2] && word[i - 2] == candidate[k - 1]) {
          row[k] = std::min(row[k], before[k - 2] + 1);
        }
      }
      before = above;
      above = row;
    }
    if (above[width - 1] < best_distance) {
      best_distance = above[width - 1];
      best = candidate;
    }
  }
  return best;
}

}  // namespace wsspec::text
