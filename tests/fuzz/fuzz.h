// What every fuzz target uses. A target is one file with one FUZZ_TARGET: a function of an input
// that aborts (by `expect`) when a promise is broken. libfuzzer.cpp runs it on ever new inputs,
// replay.cpp on the checked-in ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/octets.h"

namespace wsspec::fuzz {

/// Octets that decide something are taken off the end, so that the front can be a text or a stream
/// as it is found elsewhere.
class Input {
 public:
  explicit Input(wire::Octets octets) : rest_(octets) {}
  /// 0 when nothing is left.
  std::uint8_t octet() {
    if (rest_.empty()) return 0;
    const std::uint8_t last = rest_.back();
    rest_ = rest_.first(rest_.size() - 1);
    return last;
  }
  wire::Octets rest() const { return rest_; }
  std::string_view text() const { return wire::as_chars(rest_); }

 private:
  wire::Octets rest_;
};

/// Cuts octets into pieces of three sizes that the input chooses, in turn. A piece may be empty.
class Cuts {
 public:
  explicit Cuts(Input& input) {
    for (std::size_t& size : sizes_) size = input.octet();
    if (sizes_[0] + sizes_[1] + sizes_[2] == 0) sizes_[0] = 1;
  }
  template <typename Each>
  void cut(wire::Octets octets, const Each& each) const {
    for (std::size_t i = 0; !octets.empty(); ++i) {
      const wire::Octets piece = octets.first(std::min(sizes_[i % 3], octets.size()));
      octets = octets.subspan(piece.size());
      const wire::OctetVector own = wire::to_vector(piece);  // a read past it shows
      each(wire::Octets(own));
    }
  }

 private:
  std::size_t sizes_[3];
};

inline void expect(bool good, std::string_view promise) {
  if (good) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

/// Both texts are shown when they differ.
inline void expect_same(const std::string& a, const std::string& b, std::string_view promise) {
  if (a == b) return;
  std::fprintf(stderr, "--- one\n%s\n--- other\n%s\n", a.c_str(), b.c_str());
  expect(false, promise);
}

struct Target {
  const char* name;
  void (*run)(Input);
};

/// The targets of this program: one, or all of them for a replay.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

struct Registration {
  explicit Registration(const Target& target) { targets().push_back(target); }
};

}  // namespace wsspec::fuzz

#define FUZZ_TARGET(name)                                                         \
  static void run_##name(wsspec::fuzz::Input input);                              \
  static const wsspec::fuzz::Registration registered_##name({#name, run_##name}); \
  static void run_##name(wsspec::fuzz::Input input)
