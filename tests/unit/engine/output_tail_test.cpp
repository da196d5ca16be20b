// The end of a program's output, in bounded memory.
#include "engine/output_tail.h"

#include <doctest/doctest.h>

#include <algorithm>

using wsspec::engine::OutputTail;

namespace {

std::span<const std::uint8_t> octets(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("what fits is kept whole, of more the end, whatever the pieces were") {
  std::string all;
  for (int i = 0; i < 40000; ++i) all += std::to_string(i) + "\n";
  for (const std::size_t piece : {7u, 4096u, 65536u, 100000u, 1000000u}) {
    OutputTail tail;
    std::string given;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      const std::string part = all.substr(at, piece);
      tail.add(octets(part));
      given += part;
      const std::size_t kept = std::min(given.size(), OutputTail::kKept);
      REQUIRE(tail.text() == given.substr(given.size() - kept));
    }
    tail.clear();
    CHECK(tail.text().empty());
  }
}
