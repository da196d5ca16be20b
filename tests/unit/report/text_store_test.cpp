// Texts that are kept.
#include "report/text_store.h"

#include <doctest/doctest.h>

using wsspec::report::TextStore;

TEST_CASE("what was kept stays as it was, however much follows") {
  TextStore store;
  std::vector<std::string_view> kept;
  std::vector<std::string> plain;
  for (std::size_t i = 0; i < 3000; ++i) {
    plain.push_back(std::string(i % 7 == 0 ? 100000 + i : i % 50, static_cast<char>('a' + i % 26)));
    kept.push_back(store.keep(plain.back()));
  }
  bool same = true;
  for (std::size_t i = 0; i < plain.size(); ++i) same = same && kept[i] == plain[i];
  CHECK(same);
  CHECK(store.keep("").empty());
}
