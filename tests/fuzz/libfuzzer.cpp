// The entry that libFuzzer calls; one target is linked beside it.
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wsspec::fuzz::targets().front().run(wsspec::fuzz::Input({data, size}));
  return 0;
}
