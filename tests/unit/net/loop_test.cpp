#include "net/loop.h"

#include <doctest/doctest.h>

using namespace wsspec::net;

TEST_CASE("a step is to end soon; what is done outside of steps is not") {
  global_init(4096);
  const auto loop = std::move(*Loop::create());
  CHECK(loop->slice_end() == TimePoint::max());
  loop->as_step([&] { CHECK(loop->slice_end() < Clock::now() + Loop::kLongStep); });
}
