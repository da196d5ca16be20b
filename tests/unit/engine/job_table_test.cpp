// The jobs that run.
#include "engine/job_table.h"

#include <doctest/doctest.h>

using namespace wsspec::engine;

TEST_CASE("jobs keep their order, and each is taken out once") {
  JobTable table;
  std::vector<const Job*> raw;
  for (int i = 0; i < 5; ++i) {
    auto job = std::make_unique<Job>();
    raw.push_back(job.get());
    table.add(std::move(job));
  }
  const auto third = table.take(raw[2]);
  CHECK(third.get() == raw[2]);
  CHECK(table.take(raw[2]) == nullptr);
  std::vector<const Job*> left;
  for (const auto& job : table) left.push_back(job.get());
  CHECK(left == std::vector<const Job*>{raw[0], raw[1], raw[3], raw[4]});
  CHECK(table.size() == 4);
  table.clear();
  CHECK(table.empty());
  CHECK(table.take(raw[0]) == nullptr);
}
