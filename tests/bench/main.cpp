// Figures that need the library from inside: wsspec_bench [SUBJECT...], each printing its rows.
#include <cstring>

#include "bench.h"
#include "net/loop.h"

int main(int argc, char** argv) {
  wsspec::net::global_init();
  const struct {
    const char* name;
    void (*run)();
  } subjects[] = {{"burst", wsspec::bench::burst},
                  {"pacing", wsspec::bench::pacing},
                  {"utf8", wsspec::bench::utf8},
                  {"frames", wsspec::bench::frames}};
  for (const auto& subject : subjects) {
    bool wanted = argc == 1;
    for (int i = 1; i < argc; ++i) wanted = wanted || std::strcmp(argv[i], subject.name) == 0;
    if (wanted) subject.run();
  }
}
