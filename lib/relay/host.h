// The one thing that a relay may change: the name in the Host header of the first request, which
// decides what a target with several names (behind TLS or a reverse proxy) serves.
#pragma once

#include <string>
#include <string_view>

#include "wire/octets.h"

namespace wsspec::relay {

class HostRewriter {
 public:
  static constexpr std::size_t kMaxHead = 64 * 1024;  ///< a longer head passes as it is

  /// `host` as a Host header has it; empty: nothing is changed or held back.
  explicit HostRewriter(std::string host) : host_(std::move(host)), done_(host_.empty()) {}

  /// The next octets that go to the target, which are valid until the next call; none while the
  /// head is not complete.
  wire::Octets take(wire::Octets octets);
  /// What was held back, as it is: no more will come.
  wire::Octets rest();

 private:
  void rewrite(std::size_t head_end);
  std::string host_, held_;
  bool done_;
};

}  // namespace wsspec::relay
