// What the figures share: clocks, medians, and the one line a row of the table is made of.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace wsspec::bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Tab-separated for tests/bench/run: what, measured, against what, ratio, target, ok or MISS.
struct Row {
  std::string what, measured, against, ratio, target;
  std::optional<bool> good{};
};

inline void print(const Row& row) {
  fmt::print("{}\t{}\t{}\t{}\t{}\t{}\n", row.what, row.measured, row.against, row.ratio, row.target,
             !row.good   ? ""
             : *row.good ? "ok"
                         : "MISS");
  std::fflush(stdout);
}

/// The ratio of two rates that were measured in turns: the median of the turns' own ratios.
struct Compared {
  double ours = 0, plain = 0;  ///< medians
  double ratio = 0;            ///< of ours to plain
};

template <typename Ours, typename Plain>
Compared compare(int turns, Ours ours, Plain plain) {
  std::vector<double> left, right, ratios;
  for (int turn = 0; turn < turns; ++turn) {
    // Whoever comes first may profit from a cold or a warm machine: take turns in that too.
    const bool plain_first = turn % 2 == 0;
    if (plain_first) right.push_back(plain());
    left.push_back(ours());
    if (!plain_first) right.push_back(plain());
    ratios.push_back(left.back() / right.back());
  }
  return {median(left), median(right), median(ratios)};
}

void utf8();
void frames();
void burst();
void pacing();

}  // namespace wsspec::bench
